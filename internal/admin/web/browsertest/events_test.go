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

func TestPagesFollowEventsAfterReconnect(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	polling := s.pollingEditor(s.editorToken)
	proxy := s.newCuttableProxy(s.url)
	b := s.browser().signIn(s.owner)
	received := b.eventIDs()
	b.do(navigate(proxy.url + "/orgs/acme/modes"))
	b.waitForLoad()
	b.waitFor(`document.querySelector("#publication-line.publication-line")`)
	s.createMode("other", "Another")
	b.waitForText("#list", "Another")
	b.waitForText("#publication-line", "Revision 3 is live")
	b.checkA11yAndConsole()

	// When the stream is cut, the page shows that it is not connected and since when. It
	// catches up afterwards.
	b.expectConsole("net::ERR_")
	lastID := fmt.Sprintf("3.3.false.%d", s.liveSince().UnixMicro())
	// The publication line can be loaded before the event with the same state arrives, so
	// wait for the event.
	s.await(func() error {
		if !received(lastID) {
			return errNotYet
		}
		return nil
	})
	require.NotContains(t, proxy.requests(), "Last-Event-ID")
	proxy.cut()
	b.waitForText(".offline-notice", "Not connected, as of ")
	b.innerText(".offline-notice").matches(`^Not connected, as of ([01]\d|2[0-3]):[0-5]\d\. `)
	b.checkAndScreenshot("not-connected")
	m := s.createMode("third", "Third")
	_, err := s.db.Modes.Update(t.Context(), byUser(s.admin), s.acme.ID, m.ID.String(), m.Version, func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
		m.Name = "Third, changed"
		return m, nil
	})
	require.NoError(t, err)
	b.waitForNot(`document.querySelector("#list").innerText.includes("Third")`)
	proxy.restore()
	b.waitForText("#list", "Third, changed")
	b.waitForText("#publication-line", "Revision 5 is live")
	b.waitFor(`!document.querySelector(".offline-notice")`)
	require.Contains(t, proxy.requests(), "Last-Event-ID: "+lastID+"\r\n", "the browser sent the last id that it received")
	b.checkA11yAndConsole()

	// Cut while the publication line is pending: the line continues to update afterwards,
	// though no event announces it.
	s.stopWorker()
	s.createMode("fourth", "Fourth")
	b.waitForText("#publication-line", "Editors still get revision 5: revision 6 has been waiting for ")
	proxy.cut()
	b.waitForText(".offline-notice", "Not connected, as of ")
	waiting := b.innerText("#publication-line").current()
	proxy.restore()
	b.waitFor(`!document.querySelector(".offline-notice") && document.querySelector("#publication-line").innerText.replace(/\s+/g, " ").trim() !== ` + quoteJS(waiting))
	s.startWorker()
	b.waitForText("#publication-line", "Revision 6 is live")
	s.readerServes("docs-writer", "other", "third", "fourth")
	polling.waitForText("Third, changed")
}

// Pages without parts that follow events show in the sidebar whether they are connected. The
// counts in the sidebar are updated too.
func TestEveryPageShowsConnectionState(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	proxy := s.newCuttableProxy(s.url)
	b := s.browser().signIn(s.owner)
	b.do(navigate(proxy.url + "/orgs/acme/tokens"))
	b.waitForLoad()
	b.waitFor(`document.querySelector("#connection[data-connection=live]")`)
	b.text("#connection").is("Live")
	b.text("[data-nav-count]").is("5")
	s.createMode("docs-writer", "Docs writer")
	b.waitFor(`document.querySelector("[data-nav-count]").textContent === "6"`)
	b.checkA11yAndConsole()

	b.expectConsole("net::ERR_")
	proxy.cut()
	b.waitForText("#connection", "Not connected, as of ")
	b.waitForAnnouncement("Not connected, as of ")
	b.waitForNot(`document.querySelector(".offline-notice")`, "there is nothing below that would be old")
	b.checkAndScreenshot("tokens-not-connected")
	proxy.restore()
	b.waitFor(`document.querySelector("#connection[data-connection=live]")`)
	b.text("#connection").is("Live")
	b.waitForAnnouncement("Connected again")
	s.readerServes("docs-writer")
}

// A page that isn't visible holds no connection: a browser allows six per server.
func TestHiddenPagesCloseStream(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().signIn(s.owner)
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
	b.waitFor(`document.querySelector("#connection[data-connection=live]")`)
	streams(1)
	b.setHidden(true)
	streams(0)
	s.createMode("docs-writer", "Docs writer")
	b.setHidden(false)
	streams(1)
	b.waitForText("#list", "Docs writer")
	s.readerServes("docs-writer")
	b.checkConsole()
}

// setHidden makes the page believe that it is hidden, or visible again. A hidden page
// follows no events.
func (b *browser) setHidden(hidden bool) {
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

// cuttableProxy is a TCP proxy to a server, whose connections can be cut.
type cuttableProxy struct {
	url   string
	mu    sync.Mutex
	down  bool
	conns map[net.Conn]struct{}
	// received holds the bytes that browsers have sent.
	received syncBuffer
}

func (l *cuttableProxy) requests() string { return l.received.String() }

// newCuttableProxy starts a proxy to a server.
func (s *site) newCuttableProxy(server string) *cuttableProxy {
	s.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(s.t, err)
	l := &cuttableProxy{url: "http://" + ln.Addr().String(), conns: map[net.Conn]struct{}{}}
	s.background(func(ctx context.Context) error {
		go func() { <-ctx.Done(); l.cut(); _ = ln.Close() }()
		for {
			conn, err := ln.Accept()
			if err != nil {
				return nil //nolint:nilerr // closed, as the test ends
			}
			go l.forward(conn, strings.TrimPrefix(server, "http://"))
		}
	})
	return l
}

func (l *cuttableProxy) forward(conn net.Conn, to string) {
	defer func() { _ = conn.Close() }()
	other, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer func() { _ = other.Close() }()
	l.mu.Lock()
	if l.down {
		l.mu.Unlock()
		return
	}
	l.conns[conn], l.conns[other] = struct{}{}, struct{}{}
	l.mu.Unlock()
	ended := make(chan struct{}, 2)
	go func() { _, _ = io.Copy(conn, other); ended <- struct{}{} }()
	go func() { _, _ = io.Copy(io.MultiWriter(other, &l.received), conn); ended <- struct{}{} }()
	<-ended
	_ = conn.Close()
	_ = other.Close()
	<-ended
}

func (l *cuttableProxy) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = true
	for conn := range l.conns {
		_ = conn.Close()
	}
	l.conns = map[net.Conn]struct{}{}
}

func (l *cuttableProxy) restore() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = false
}

// openStream opens a stream of events as a browser does. lastEventID is the Last-Event-ID
// to send, if any.
func (s *site) openStream(ctx context.Context, session, lastEventID string) (status int, lines *bufio.Scanner, done func()) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/orgs/acme/events", nil)
	require.NoError(s.t, err)
	req.AddCookie(&http.Cookie{Name: "orgmodes", Value: session})
	req.Header.Set("Accept", "text/event-stream")
	if lastEventID != "" {
		req.Header.Set("Last-Event-ID", lastEventID)
	}
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	return res.StatusCode, bufio.NewScanner(res.Body), func() { _ = res.Body.Close() }
}

// nextEventID reads up to the next event, and returns its id.
func nextEventID(t *testing.T, lines *bufio.Scanner) string {
	t.Helper()
	for lines.Scan() {
		if id, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
			return id
		}
	}
	t.Fatalf("the stream ended: %v", lines.Err())
	return ""
}

func TestEventStreamResumesFromLastEventID(t *testing.T) {
	s := newSite(t)
	session := s.createSession(s.owner)
	s.createMode("one", "One")
	s.readerServes("one")
	s.waitForPublished()
	status, lines, done := s.openStream(t.Context(), session, "")
	require.Equal(t, http.StatusOK, status)
	first := nextEventID(t, lines)
	require.Regexp(t, `^2\.2\.false\.\d+$`, first)
	s.createMode("two", "Two")
	last := ""
	for !strings.HasPrefix(last, "3.3.false.") {
		last = nextEventID(t, lines)
	}
	done()

	// Reconnected with the last id: nothing comes until something changes.
	_, lines, done = s.openStream(t.Context(), session, last)
	s.createMode("three", "Three")
	require.True(t, strings.HasPrefix(nextEventID(t, lines), "4."))
	done()
	// Reconnected with an older id: the current state comes at once.
	_, lines, done = s.openStream(t.Context(), session, first)
	require.True(t, strings.HasPrefix(nextEventID(t, lines), "4."))
	done()

	status, _, done = s.openStream(t.Context(), s.createSession(s.stranger), "")
	done()
	require.Equal(t, http.StatusNotFound, status)
	_, lines, done = s.openStream(t.Context(), "nobody", "")
	require.True(t, lines.Scan())
	require.Equal(t, "<!doctype html>", lines.Text(), "to sign in, which is no stream")
	done()
	s.readerServes("one", "two", "three")
}

// A page that is being left can still load a part because of an event. That response must
// not contain the toast, which is for the next page.
func TestFlashShownOnce(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes/deletions?mode=docs-writer")
	b.js(`(async () => {
		const form = document.querySelector("[data-confirm]").form;
		await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
		await fetch("/orgs/acme/modes", { headers: { "X-Requested-With": "events" } });
	})()`)
	s.readerServes()
	b.open("/orgs/acme/modes")
	b.text(".flash").has("Docs writer is deleted")
	b.open("/orgs/acme/modes")
	b.waitForNot(`document.querySelector(".flash")`, "once")
}
