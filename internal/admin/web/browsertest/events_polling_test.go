package browsertest

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/postgres"
	"orgmodes/internal/prove"
)

// Polling replaces the stream of events when the server refuses it, until a stream
// can be opened again.
func TestPagePollsWhileStreamIsRefused(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	s.readerServes("docs-writer")
	closeStreams := s.exhaustStreams(s.owner)
	b := s.browser().signIn(s.owner)
	b.expectConsole("status of 429")
	b.recordTimers()
	refused := b.countRefusedStreams()
	b.open("/orgs/acme/modes")
	s.await(func() error {
		if refused.Load() == 0 {
			return errNotYet
		}
		return nil
	})

	s.createModeByAPI("other", "Another")
	b.waitForText("#list", "Another")
	b.waitForText("#publication-line", "Revision 3 is live")
	s.createModeByAPI("third", "Third")
	b.waitForText("#list", "Third")
	b.text("#connection").is("Live, up to 30 s late")
	b.waitForNot(`document.querySelector(".offline-notice")`, "what the page shows is true")
	b.checkA11yAndConsole()
	b.checkAndScreenshot("polling")

	// The stream is opened again when the tab becomes visible...
	closeStreams()
	b.setHidden(true)
	b.setHidden(false)
	b.waitFor(`document.querySelector("#connection[data-connection=live]")`)
	b.text("#connection").is("Live")
	s.createModeByAPI("fourth", "Fourth")
	b.waitForText("#list", "Fourth")

	// ... and, in a tab that stays visible, after some minutes, which this test shortens.
	b.do(navigate("about:blank")) // closes the page's own stream
	closeStreams = s.exhaustStreams(s.owner)
	b.open("/orgs/acme/modes")
	b.waitFor(`document.querySelector("#connection[data-connection=polling]")`)
	closeStreams()
	b.js(`hurry()`)
	b.waitFor(`document.querySelector("#connection[data-connection=live]")`)
	s.createModeByAPI("fifth", "Fifth")
	b.waitForText("#list", "Fifth")
	s.readerServes("docs-writer", "other", "third", "fourth", "fifth")
	b.checkA11yAndConsole()
}

// A hidden tab doesn't poll, and catches up when it becomes visible.
func TestHiddenPageDoesNotPoll(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	defer s.exhaustStreams(s.owner)()
	front, back := s.newPollProxy(), s.newPollProxy()
	hidden, visible := s.browser().signIn(s.owner), s.browser().signIn(s.owner)
	for b, proxy := range map[*browser]*pollProxy{hidden: back, visible: front} {
		b.expectConsole("status of 429")
		b.do(navigate(proxy.url + "/orgs/acme/modes"))
		b.waitForLoad()
		b.waitFor(`document.querySelector("#connection[data-connection=polling]")`)
	}
	hidden.setHidden(true)
	before := back.polls.Load()
	for _, slug := range []string{"one", "two", "three", "four", "five"} {
		s.createModeByAPI(slug, "Mode "+slug)
		visible.waitForText("#list", "Mode "+slug)
	}
	require.LessOrEqual(t, back.polls.Load(), before+1, "one may have been under way")
	hidden.waitForNot(`document.querySelector("#list").innerText.includes("Mode one")`)
	hidden.setHidden(false)
	hidden.waitForText("#list", "Mode five")
	s.readerServes("docs-writer", "one", "two", "three", "four", "five")
	hidden.checkA11yAndConsole()
}

// A page that can't poll reports that it is not connected. It waits as long as Retry-After
// asks, whether or not its tab was hidden.
func TestPollingWaitsForRetryAfter(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	defer s.exhaustStreams(s.owner)()
	proxy := s.newPollProxy()
	b := s.browser().signIn(s.owner)
	b.expectConsole("status of 429", "status of 503")
	b.recordTimers()
	b.do(navigate(proxy.url + "/orgs/acme/modes"))
	b.waitForLoad()
	b.waitFor(`document.querySelector("#connection[data-connection=polling]")`)
	proxy.unavailable.Store(true)
	b.waitForText(".offline-notice", "Not connected, as of ")
	b.waitFor(`timers().some((ms) => ms >= 900_000)`, "as long as Retry-After asks")
	polls := proxy.polls.Load()
	proxy.unavailable.Store(false)
	b.setHidden(true)
	b.waitForNot(`timers().some((ms) => ms >= 800_000)`)
	b.setHidden(false)
	b.waitFor(`timers().some((ms) => ms >= 800_000)`, "the rest of it")
	require.Equal(t, polls, proxy.polls.Load(), "no poll before that")
	s.createMode("other", "Another")
	b.js(`hurry()`)
	b.waitForText("#list", "Another")
	b.waitForNot(`document.querySelector(".offline-notice")`)
	b.text("#connection").is("Live, up to 30 s late")
	s.readerServes("docs-writer", "other")
	b.checkA11yAndConsole()
}

// A part that can't be loaded is loaded later: the event that announced it isn't repeated.
func TestPartThatFailedToLoadIsLoadedLater(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	s.readerServes("docs-writer")
	proxy := s.newPollProxy()
	b := s.browser().signIn(s.owner)
	b.expectConsole("status of 503")
	b.recordTimers()
	b.do(navigate(proxy.url + "/orgs/acme/modes"))
	b.waitForLoad()
	b.waitFor(`document.querySelector("#connection[data-connection=live]")`)
	b.waitForText("#publication-line", "Revision 2 is live")
	proxy.partsUnavailable.Store(true)
	s.createModeByAPI("other", "Another")
	s.await(func() error {
		if proxy.refusedParts.Load() < 2 {
			return errNotYet
		}
		return nil
	})
	b.waitFor(`timers().some((ms) => ms >= 900_000)`, "as long as Retry-After asks")
	proxy.partsUnavailable.Store(false)
	b.js(`hurry()`)
	b.waitForText("#list", "Another")
	b.waitForText("#publication-line", "Revision 3 is live")
	s.readerServes("docs-writer", "other")
	b.checkA11yAndConsole()
}

// exhaustStreams opens as many streams of events as a user can have.
func (s *site) exhaustStreams(u postgres.User) (closeAll func()) {
	s.t.Helper()
	var open []func()
	for _, n := range []int{12, 8} {
		session := s.createSession(u)
		for range n {
			s.await(func() error { // streams closed just now can still count
				status, lines, done := s.openStream(s.t.Context(), session, "")
				if status != http.StatusOK {
					done()
					return errNotYet
				}
				require.True(s.t, lines.Scan())
				open = append(open, done)
				return nil
			})
		}
	}
	status, _, done := s.openStream(s.t.Context(), s.createSession(u), "")
	done()
	require.Equal(s.t, http.StatusTooManyRequests, status)
	return sync.OnceFunc(func() {
		for _, done := range open {
			done()
		}
	})
}

// createModeByAPI adds a mode to Acme through the API.
func (s *site) createModeByAPI(slug, name string) {
	s.t.Helper()
	writer := s.keys.Mint()
	_, err := s.db.CreateToken(s.t.Context(), operator, postgres.NewToken{
		Token: writer, Name: "writer " + slug, User: s.owner.ID, Scopes: []string{"read", "write"}, Organizations: []uuid.UUID{s.acme.ID},
	})
	require.NoError(s.t, err)
	body := `{"slug":"` + slug + `","name":"` + name + `","config":{"roleDefinition":"You are ` + name + `.","groups":["read"]}}`
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/api/v1/organizations/acme/modes", strings.NewReader(body))
	require.NoError(s.t, err)
	req.Header.Set("Authorization", "Bearer "+writer)
	req.Header.Set("Content-Type", "application/json")
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	require.NoError(s.t, res.Body.Close())
	require.Equal(s.t, http.StatusCreated, res.StatusCode)
}

// countRefusedStreams counts the responses to EventSource that are not a stream.
func (b *browser) countRefusedStreams() *atomic.Int64 {
	n := &atomic.Int64{}
	chromedp.ListenTarget(b.ctx, func(event any) {
		if e, ok := event.(*network.EventResponseReceived); ok && e.Type == network.ResourceTypeEventSource && e.Response.Status != http.StatusOK {
			n.Add(1)
		}
	})
	return n
}

// recordTimers adds two functions to pages: timers() returns the delays of the pending
// timers, and hurry() fires those longer than a minute at once.
func (b *browser) recordTimers() {
	b.s.t.Helper()
	b.do(onNewDocument(`{
		const set = window.setTimeout, clear = window.clearTimeout, pending = new Map();
		window.setTimeout = (run, ms, ...rest) => {
			const id = set(() => { pending.delete(id); run(...rest); }, ms);
			pending.set(id, { run, ms });
			return id;
		};
		window.clearTimeout = (id) => { pending.delete(id); clear(id); };
		window.timers = () => [...pending.values()].map(({ ms }) => ms);
		window.hurry = () => {
			for (const [id, { run, ms }] of [...pending]) if (ms > 60_000) { clearTimeout(id); run(); }
		};
	}`))
}

// pollProxy forwards requests to admin, counts the polls of pages, and answers 503 to some
// requests on demand.
type pollProxy struct {
	url string
	// polls and refusedParts count requests.
	polls, refusedParts atomic.Int64
	// unavailable refuses polls; partsUnavailable refuses parts of pages.
	unavailable, partsUnavailable atomic.Bool
}

func (s *site) newPollProxy() *pollProxy {
	s.t.Helper()
	to, err := url.Parse(s.url)
	require.NoError(s.t, err)
	p := &pollProxy{}
	pass := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }, FlushInterval: -1}
	pass.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refused := false
		switch {
		case strings.HasSuffix(r.URL.Path, "/publication") && strings.HasPrefix(r.URL.Path, "/api/"):
			p.polls.Add(1)
			refused = p.unavailable.Load()
		case r.Header.Get("X-Requested-With") == "events":
			if refused = p.partsUnavailable.Load(); refused {
				p.refusedParts.Add(1)
			}
		}
		if refused {
			w.Header().Set("Retry-After", "900")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		pass.ServeHTTP(w, r)
	}))
	s.t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	p.url = server.URL
	return p
}
