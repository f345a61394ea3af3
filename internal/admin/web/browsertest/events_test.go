package browsertest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
	"orgmodes/internal/prove"
)

func TestPagesFollowWhatHappensElsewhere(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	polling := s.polling(s.editor)
	line := s.lineTo(s.url)
	b := s.browser().as(s.owner)
	received := b.eventIDs()
	b.do(navigate(line.url + "/orgs/acme/modes"))
	b.loaded()
	b.until(`document.querySelector("#live.live")`)
	s.mode("other", "Another")
	b.seen("#list", "Another")
	b.seen("#live", "Revision 3 is live")
	b.sound()

	// When the stream is cut, the page shows that it is not connected and since when. It
	// catches up afterwards.
	b.expect("net::ERR_")
	seen := fmt.Sprintf("3.3.false.%d", s.liveSince().UnixMicro())
	// The publication line can be loaded before the event with the same state arrives, so
	// wait for the event.
	s.await(func() error {
		if !received(seen) {
			return errNotYet
		}
		return nil
	})
	require.NotContains(t, line.asked(), "Last-Event-ID")
	line.cut()
	b.seen(".cut-off", "Not connected, as of ")
	b.says(".cut-off").matches(`^Not connected, as of ([01]\d|2[0-3]):[0-5]\d\. `)
	b.pictures("not-connected")
	m := s.mode("third", "Third")
	_, err := s.db.Modes.Update(t.Context(), by(s.admin), s.acme.ID, m.ID.String(), m.Version, func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
		m.Name = "Third, changed"
		return m, nil
	})
	require.NoError(t, err)
	b.untilNot(`document.querySelector("#list").innerText.includes("Third")`)
	line.restore()
	b.seen("#list", "Third, changed")
	b.seen("#live", "Revision 5 is live")
	b.until(`!document.querySelector(".cut-off")`)
	require.Contains(t, line.asked(), "Last-Event-ID: "+seen+"\r\n", "the browser said what it had seen last")
	b.sound()

	// Cut while the publication line is pending: the line continues to update afterwards,
	// though no event announces it.
	s.stopWorker()
	s.mode("fourth", "Fourth")
	b.seen("#live", "Editors still get revision 5: revision 6 has been waiting for ")
	line.cut()
	b.seen(".cut-off", "Not connected, as of ")
	waiting := b.says("#live").now()
	line.restore()
	b.until(`!document.querySelector(".cut-off") && document.querySelector("#live").innerText.replace(/\s+/g, " ").trim() !== ` + quoted(waiting))
	s.startWorker()
	b.seen("#live", "Revision 6 is live")
	s.readerServes("docs-writer", "other", "third", "fourth")
	polling.gets("Third, changed")
}

// Pages without parts that follow events show in the rail whether they are connected. The
// counts in the rail are updated too.
func TestEveryPageSaysWhetherItIsConnected(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	line := s.lineTo(s.url)
	b := s.browser().as(s.owner)
	b.do(navigate(line.url + "/orgs/acme/tokens"))
	b.loaded()
	b.until(`document.querySelector("#connection[data-connection=live]")`)
	b.text("#connection").is("Live")
	b.text("[data-counted]").is("5")
	s.mode("docs-writer", "Docs writer")
	b.until(`document.querySelector("[data-counted]").textContent === "6"`)
	b.sound()

	b.expect("net::ERR_")
	line.cut()
	b.seen("#connection", "Not connected, as of ")
	b.hears("Not connected, as of ")
	b.untilNot(`document.querySelector(".cut-off")`, "there is nothing below that would be old")
	b.pictures("tokens-not-connected")
	line.restore()
	b.until(`document.querySelector("#connection[data-connection=live]")`)
	b.text("#connection").is("Live")
	b.hears("Connected again")
	s.readerServes("docs-writer")
}

// A page that isn't visible holds no connection: a browser allows six per server.
func TestPagesThatNobodySeesHoldNoStream(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().as(s.owner)
	var mu sync.Mutex
	open := map[network.RequestID]bool{}
	chromedp.ListenTarget(b.ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			if e.Type == network.ResourceTypeEventSource {
				open[e.RequestID] = true
			}
		case *network.EventLoadingFailed:
			delete(open, e.RequestID)
		case *network.EventLoadingFinished:
			delete(open, e.RequestID)
		}
	})
	streams := func(n int) {
		t.Helper()
		s.await(func() error {
			mu.Lock()
			defer mu.Unlock()
			if len(open) != n {
				return fmt.Errorf("%d streams are open, not %d", len(open), n)
			}
			return nil
		})
	}
	b.open("/orgs/acme/modes")
	b.until(`document.querySelector("#connection[data-connection=live]")`)
	streams(1)
	b.hide(true)
	streams(0)
	s.mode("docs-writer", "Docs writer")
	b.hide(false)
	streams(1)
	b.seen("#list", "Docs writer")
	s.readerServes("docs-writer")
	b.quiet()
}

// hide makes the page believe that it is hidden, or visible again. A hidden page follows no
// events.
func (b *browser) hide(hidden bool) {
	b.s.t.Helper()
	b.js(fmt.Sprintf(`Object.defineProperty(document, "hidden", { configurable: true, get: () => %t }); document.dispatchEvent(new Event("visibilitychange"))`, hidden))
}

// eventIDs records the ids of the events that the browser receives. contains reports
// whether an id is among them.
func (b *browser) eventIDs() (contains func(id string) bool) {
	var mu sync.Mutex
	ids := map[string]bool{}
	chromedp.ListenTarget(b.ctx, func(event any) {
		if e, ok := event.(*network.EventEventSourceMessageReceived); ok {
			mu.Lock()
			defer mu.Unlock()
			ids[e.EventID] = true
		}
	})
	return func(id string) bool {
		mu.Lock()
		defer mu.Unlock()
		return ids[id]
	}
}

// line is a TCP proxy to a server, whose connections can be cut.
type line struct {
	url string
	mu  sync.Mutex
	off bool
	up  map[net.Conn]struct{}
	// said holds the bytes that browsers have sent.
	said guarded
}

func (l *line) asked() string { return l.said.String() }

// lineTo starts a line to a server.
func (s *site) lineTo(server string) *line {
	s.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(s.t, err)
	l := &line{url: "http://" + ln.Addr().String(), up: map[net.Conn]struct{}{}}
	s.background(func(ctx context.Context) error {
		go func() { <-ctx.Done(); l.cut(); _ = ln.Close() }()
		for {
			conn, err := ln.Accept()
			if err != nil {
				return nil //nolint:nilerr // closed, as the test ends
			}
			go l.carry(conn, strings.TrimPrefix(server, "http://"))
		}
	})
	return l
}

func (l *line) carry(conn net.Conn, to string) {
	defer func() { _ = conn.Close() }()
	other, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer func() { _ = other.Close() }()
	l.mu.Lock()
	if l.off {
		l.mu.Unlock()
		return
	}
	l.up[conn], l.up[other] = struct{}{}, struct{}{}
	l.mu.Unlock()
	ended := make(chan struct{}, 2)
	go func() { _, _ = io.Copy(conn, other); ended <- struct{}{} }()
	go func() { _, _ = io.Copy(io.MultiWriter(other, &l.said), conn); ended <- struct{}{} }()
	<-ended
	_ = conn.Close()
	_ = other.Close()
	<-ended
}

func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.off = true
	for conn := range l.up {
		_ = conn.Close()
	}
	l.up = map[net.Conn]struct{}{}
}

func (l *line) restore() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.off = false
}

// stream opens a stream of events as a browser does. seen is the Last-Event-ID to send, if
// any.
func (s *site) stream(ctx context.Context, session, seen string) (status int, lines *bufio.Scanner, done func()) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/orgs/acme/events", nil)
	require.NoError(s.t, err)
	req.AddCookie(&http.Cookie{Name: "orgmodes", Value: session})
	req.Header.Set("Accept", "text/event-stream")
	if seen != "" {
		req.Header.Set("Last-Event-ID", seen)
	}
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	return res.StatusCode, bufio.NewScanner(res.Body), func() { _ = res.Body.Close() }
}

// id reads up to the next event, and returns its id.
func id(t *testing.T, lines *bufio.Scanner) string {
	t.Helper()
	for lines.Scan() {
		if id, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
			return id
		}
	}
	t.Fatalf("the stream ended: %v", lines.Err())
	return ""
}

func TestEventsSayWhatWasMissedAndNothingTwice(t *testing.T) {
	s := newSite(t)
	session := s.session(s.owner)
	s.mode("one", "One")
	s.readerServes("one")
	s.published()
	status, lines, done := s.stream(t.Context(), session, "")
	require.Equal(t, http.StatusOK, status)
	first := id(t, lines)
	require.Regexp(t, `^2\.2\.false\.\d+$`, first)
	s.mode("two", "Two")
	last := ""
	for !strings.HasPrefix(last, "3.3.false.") {
		last = id(t, lines)
	}
	done()

	// Reconnected with the last id: nothing comes until something changes.
	_, lines, done = s.stream(t.Context(), session, last)
	s.mode("three", "Three")
	require.True(t, strings.HasPrefix(id(t, lines), "4."))
	done()
	// Reconnected with an older id: the current state comes at once.
	_, lines, done = s.stream(t.Context(), session, first)
	require.True(t, strings.HasPrefix(id(t, lines), "4."))
	done()

	status, _, done = s.stream(t.Context(), s.session(s.stranger), "")
	done()
	require.Equal(t, http.StatusNotFound, status)
	_, lines, done = s.stream(t.Context(), "nobody", "")
	require.True(t, lines.Scan())
	require.Equal(t, "<!doctype html>", lines.Text(), "to sign in, which is no stream")
	done()
	s.readerServes("one", "two", "three")
}

// A page that is being left can still load a part because of an event. That response must
// not contain the toast, which is for the next page.
func TestToastIsForThePageThatComes(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes/deletions?mode=docs-writer")
	b.js(`(async () => {
		const form = document.querySelector("[data-confirm]").form;
		await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
		await fetch("/orgs/acme/modes", { headers: { "X-Requested-With": "events" } });
	})()`)
	s.readerServes()
	b.open("/orgs/acme/modes")
	b.text(".said").has("Docs writer is deleted")
	b.open("/orgs/acme/modes")
	b.untilNot(`document.querySelector(".said")`, "once")
}
