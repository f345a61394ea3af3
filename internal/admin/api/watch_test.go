package api_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/prove"
	"orgmodes/internal/token"
)

// event is an event as a client receives it.
type event struct {
	name string
	id   int64
	data struct {
		Kind, ID, Name, Action, Actor, Href string
		Version, Revision                   int64
	}
}

func (e event) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s %d", e.name, e.data.Kind, e.data.Name, e.data.Version))
}

// stream is a client's connection to a watch.
type stream struct {
	t      testing.TB
	events chan event
	close  func()
}

// watch connects to the watch of Acme's library; last is the Last-Event-ID, if it isn't
// empty.
func (s *site) watch(bearer, query, last string) *stream {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+"/api/v1/organizations/"+s.acme.ID.String()+"/watch"+query, http.NoBody)
	require.NoError(s.t, err)
	r.Header.Set("Authorization", "Bearer "+bearer)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(s.t, err)
	require.Equal(s.t, http.StatusOK, response.StatusCode)
	require.Equal(s.t, "text/event-stream", response.Header.Get("Content-Type"))
	c := &stream{t: s.t, events: make(chan event, 10_000), close: sync.OnceFunc(func() { _ = response.Body.Close() })}
	s.t.Cleanup(c.close)
	go func() {
		defer close(c.events)
		lines, e := bufio.NewScanner(response.Body), event{}
		for lines.Scan() {
			field, value, _ := strings.Cut(lines.Text(), ": ")
			switch field {
			case "id":
				e.id, _ = strconv.ParseInt(value, 10, 64)
			case "event":
				e.name = value
			case "data":
				_ = json.Unmarshal([]byte(value), &e.data)
			case "":
				if e.name != "" {
					c.events <- e
				}
				e = event{}
			}
		}
	}()
	return c
}

// next returns the next event.
func (c *stream) next() event {
	c.t.Helper()
	select {
	case e, open := <-c.events:
		require.True(c.t, open, "the stream has ended")
		return e
	case <-time.After(storetest.WaitTimeout):
		require.Fail(c.t, "no event")
		return event{}
	}
}

// ended waits for the end of the stream.
func (c *stream) ended() {
	c.t.Helper()
	deadline := time.After(storetest.WaitTimeout)
	for {
		select {
		case _, open := <-c.events:
			if !open {
				return
			}
		case <-deadline:
			require.Fail(c.t, "the stream did not end")
		}
	}
}

func TestWatchReceivesChangesOfOtherProcesses(t *testing.T) {
	t.Parallel()
	s := newSite(t, withGadgets)
	s.create("docs")
	read := s.token(s.member, s.acme, "read")
	other := s.newServer()
	w := s.watch(read, "", "")
	began := w.next()
	require.Equal(t, "SYNC", began.name)
	require.EqualValues(t, s.count("select revision from organizations where slug = 'acme'"), began.id)

	other.apply(everyKind).ok(200)
	var all []string
	var last event
	for range 4 {
		last = w.next()
		all = append(all, last.String())
		require.Equal(t, last.data.Revision, began.id+1)
		require.Equal(t, len(all) == 4, last.id == began.id+1, "only the last event of a revision ends it")
	}
	require.ElementsMatch(t, []string{"MODIFIED Mode docs 2", "ADDED Gadget two 1", "ADDED Gadget one 1", "ADDED PermissionTemplate Careful 1"}, all)
	require.Equal(t, "olive", last.data.Actor)
	s.do("GET", "!"+last.data.Href, s.write, "").ok(200)

	other.do("DELETE", "/gadgets/two", s.write, "", "If-Match", "*").ok(204)
	deletion := w.next()
	require.Equal(t, "DELETED Gadget two 2", deletion.String())
	other.do("POST", "/gadgets/restorations", s.write, `{"restorations": [{"id": "`+deletion.data.ID+`", "version": 1}]}`).ok(200)
	require.Equal(t, "ADDED Gadget two 3", w.next().String(), "what comes back is new to whoever watches")

	// A client that reconnects receives what it missed, and nothing else.
	again := s.watch(read, "", strconv.FormatInt(last.id, 10))
	require.Equal(t, deletion, again.next())
	require.Equal(t, "ADDED Gadget two 3", again.next().String())
	modes := s.watch(read, "?kinds=modes,templates", strconv.FormatInt(began.id, 10))
	require.Equal(t, "MODIFIED Mode docs 2", modes.next().String())
	require.Equal(t, "ADDED PermissionTemplate Careful 1", modes.next().String())
	s.do("PATCH", "/gadgets/two", s.write, `{"spec": {"mode": null}}`).ok(200)
	s.do("PATCH", "/modes/docs", s.write, `{"name": "Documents"}`).ok(200)
	require.Equal(t, "MODIFIED Mode docs 3", modes.next().String())

	// An id from the future is from before an older backup of the library was restored.
	future := s.watch(read, "", "1000000").next()
	require.Equal(t, "RESET", future.name)
	require.Equal(t, future.id, future.data.Revision)
	s.do("HEAD", "/watch", read, "").ok(200)
	s.do("GET", "/watch?kinds=gadjets", read, "").problem(400, "malformed_query")
	s.do("GET", "/watch?kind=modes", read, "").problem(400, "malformed_query")
	s.do("GET", "/watch", read, "", "Last-Event-ID", "x").problem(400, "malformed_header")
	third := s.organization("third")
	s.do("GET", "/watch", s.token(s.user("theo", third, "owner"), third, "read"), "").problem(404, "organization_not_found")

	// A token that is revoked, or no longer opens the organization, ends its streams.
	secret := s.token(s.owner, s.acme, "read")
	revoked := s.watch(secret, "", "")
	revoked.next()
	found, err := s.db.TokenByHash(t.Context(), token.HashOf([]byte(secret)))
	require.NoError(t, err)
	s.do("DELETE", "/tokens/"+found.ID.String(), s.write, "").ok(200)
	revoked.ended()
	require.NoError(t, s.db.RemoveMember(t.Context(), operator, s.acme.ID, s.member.ID))
	w.ended()
}

func TestWatchesPerTokenAreLimited(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for range 12 {
		require.Equal(t, "SYNC", s.watch(s.write, "", "").next().name)
	}
	p := s.do("GET", "/watch", s.write, "").problem(429, "too_many_streams")
	require.Contains(t, p["detail"], "12 event streams")
}

// Whatever happens to their connections, all watchers end with the current library,
// having received each change once and in order.
func TestWatchersConvergeDespiteDisconnects(t *testing.T) {
	t.Parallel()
	watchers, changes := 12, 120
	if prove.Enabled() {
		watchers, changes = 200, 2000
	}
	s := newSite(t, withGadgets)
	sites := []*site{s, s.newServer(), s.newServer()}
	done := make(chan struct{}) // closed once last is known
	var last int64
	var watching, ending sync.WaitGroup
	watching.Add(watchers)
	library := make([]map[string]int64, watchers)
	for i := range watchers {
		w := &watcher{bearer: s.token(s.user(fmt.Sprint("w", i), s.acme, "member"), s.acme, "read"), objects: map[string]int64{}}
		library[i] = w.objects
		ending.Go(func() {
			begun := sync.OnceFunc(watching.Done)
			defer begun() // even if an assertion below fails
			for connection := 0; ; connection++ {
				w.stream = sites[(i+connection)%len(sites)].watch(w.bearer, "", w.id)
				if connection == 0 {
					w.receive(t, w.stream.next())
					begun()
				}
				if w.follow(t, time.After(rand.N(2*time.Second)), done, &last) {
					return
				}
			}
		})
	}
	watching.Wait()
	for n := range changes {
		at, name := sites[n%len(sites)], fmt.Sprint("g", n%7)
		switch n % 10 {
		case 8:
			at.do("DELETE", "/gadgets/g0", s.write, "", "If-Match", "*")
		case 9:
			at.apply(fmt.Sprintf("kind: Gadget\nmetadata: {name: g0}\nspec: {mode: m%d}\n---\nkind: Gadget\nmetadata: {name: g1}\nspec: {mode: m%d}\n", n, n)).ok(200)
		default:
			at.apply(fmt.Sprintf("kind: Gadget\nmetadata: {name: %s}\nspec: {mode: m%d}\n", name, n)).ok(200)
		}
	}
	last = int64(s.count("select revision from organizations where slug = 'acme'"))
	close(done)
	ending.Wait()
	all, err := s.db.Objects("gadget").List(t.Context(), s.acme.ID)
	require.NoError(t, err)
	want := map[string]int64{}
	for _, o := range all {
		want[o.ID.String()] = o.Version
	}
	for i := range library {
		require.Equal(t, want, library[i], "watcher %d", i)
	}
}

// watcher maintains a copy of the versions of a library's objects by watching it.
type watcher struct {
	bearer  string
	stream  *stream
	objects map[string]int64
	// id is the id of the last event that had one. pending are the events since then, of
	// an incomplete revision.
	id      string
	pending []event
}

// follow receives events until the stream ends or is cut. It reports whether the
// library was complete in the end, which is known once done is closed.
func (w *watcher) follow(t *testing.T, cut <-chan time.Time, done <-chan struct{}, last *int64) bool {
	defer w.stream.close()
	w.pending = nil
	for {
		select {
		case e, open := <-w.stream.events:
			if !open {
				return false
			}
			w.receive(t, e)
		case <-cut:
			return false
		case <-done:
			done = nil
		}
		if done == nil && w.id == strconv.FormatInt(*last, 10) {
			return true
		}
	}
}

func (w *watcher) receive(t *testing.T, e event) {
	if w.pending = append(w.pending, e); e.id == 0 {
		return
	}
	for _, e := range w.pending {
		previous, exists := w.objects[e.data.ID]
		switch {
		case e.name == "SYNC" && w.id == "":
		case e.name == "ADDED" && !exists:
			w.objects[e.data.ID] = e.data.Version
		case e.name == "MODIFIED" && e.data.Version == previous+1:
			w.objects[e.data.ID] = e.data.Version
		case e.name == "DELETED" && e.data.Version == previous+1:
			delete(w.objects, e.data.ID)
		default:
			t.Errorf("%v (revision %d) after version %d and id %s", e, e.data.Revision, previous, w.id)
		}
	}
	w.id, w.pending = strconv.FormatInt(e.id, 10), nil
}
