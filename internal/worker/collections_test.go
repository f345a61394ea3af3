package worker_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/reader"
	"orgmodes/internal/render"
	"orgmodes/internal/resource/resourcetest"
	"orgmodes/internal/templates"
	"orgmodes/internal/worker"
)

// startCounting starts a worker that counts what it renders and compresses.
func (w *world) startCounting() (rendered func() map[string]int, encoded func() int) {
	w.t.Helper()
	db, store := w.connect()
	db.Register(resourcetest.Kind{})
	metrics := worker.NewMetrics()
	bodies := make(chan struct{}, 10_000)
	running := worker.New(worker.Config{
		DB: db, Redis: store, Log: testLogger(w.t), Builtins: modes.Builtins(), Metrics: metrics,
		Encode: func(ctx context.Context, body []byte) ([]pubstore.Encoded, error) {
			bodies <- struct{}{}
			return pubstore.EncodeContext(ctx, body)
		},
	})
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- running.Run(ctx) }()
	w.t.Cleanup(func() { cancel(); require.NoError(w.t, <-done) })
	rendered = func() map[string]int {
		counts := map[string]int{}
		for _, name := range []string{"modes", "templates", "gadgets"} {
			counts[name] = int(testutil.ToFloat64(metrics.Rendered.WithLabelValues(name)))
		}
		return counts
	}
	return rendered, func() int { return len(bodies) }
}

// A change renders its own collection and no other.
func TestChangeRendersOnlyItsCollection(t *testing.T) {
	w := newWorld(t)
	w.db.Register(resourcetest.Kind{})
	rendered, encoded := w.startCounting()
	for _, slug := range []string{"docs", "tests"} {
		w.create(slug)
	}
	before := w.waitPublished()
	counts, bodies := rendered(), encoded()
	since := func(what func(), changed ...string) (*pubstore.Document, map[string]int) {
		what()
		d := w.waitPublished()
		diff, want := map[string]int{}, map[string]int{}
		now := rendered()
		for name, n := range now {
			if n != counts[name] {
				diff[name] = n - counts[name]
			}
		}
		for _, name := range changed {
			want[name] = 1
		}
		require.Equal(t, want, diff)
		compressed := encoded() - bodies
		counts, bodies = now, encoded()
		return d, map[string]int{"compressed": compressed}
	}
	sandbox := func(edit func(*templates.Template)) func() {
		return func() {
			_, err := w.db.Templates.Update(t.Context(), ada, w.org.ID, "Safe Sandbox", 0, func(o templates.OrganizationTemplate) (templates.OrganizationTemplate, error) {
				edit(&o.Template)
				return o, nil
			})
			require.NoError(t, err)
		}
	}
	d, cost := since(sandbox(func(o *templates.Template) { o.Description = new("Another one") }), "templates")
	require.Equal(t, 1, cost["compressed"])
	for _, name := range []string{render.ModesJSON, render.ModesYAML, render.OrganizationYAML, render.MarketplaceYAML} {
		require.Equal(t, before.Find(name), d.Find(name), name)
	}
	require.Contains(t, body(t, d, render.TemplatesJSON), "Another one")

	gadget := func(name string) func() {
		return func() {
			_, err := w.db.Objects("gadget").Create(t.Context(), ada, w.org.ID, resourcetest.Gadget{Name: name})
			require.NoError(t, err)
		}
	}
	since(gadget("one"), "gadgets")
	d, cost = since(gadget("two"), "gadgets")
	require.Equal(t, 1, cost["compressed"], "one stays as it is")
	require.Equal(t, `{"name":"one"}`, body(t, d, "gadgets/one.json"))
	require.Equal(t, `{"name":"two"}`, body(t, d, "gadgets/two.json"))

	d, _ = since(func() { w.create("more") }, "modes")
	require.Contains(t, body(t, d, render.ModesYAML), "You are more")
	require.Equal(t, `{"name":"two"}`, body(t, d, "gadgets/two.json"))

	d, _ = since(func() {
		_, err := w.db.Objects("gadget").Delete(t.Context(), ada, w.org.ID, "one", 0)
		require.NoError(t, err)
	}, "gadgets")
	require.Nil(t, d.Find("gadgets/one.json"))

	// Of the other objects that it shows, only changes of their names matter.
	_, err := w.db.Modes.Update(t.Context(), ada, w.org.ID, "docs", 0, func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
		m.Config.PermissionTemplate = "Safe Sandbox"
		return m, nil
	})
	require.NoError(t, err)
	w.waitPublished()
	counts, bodies = rendered(), encoded()
	since(sandbox(func(o *templates.Template) { o.Description = new("And another") }), "templates")
	d, _ = since(sandbox(func(o *templates.Template) { o.Name = "Sandbox" }), "templates", "modes")
	require.NotContains(t, body(t, d, render.ModesJSON), "Safe Sandbox")
	require.Contains(t, body(t, d, render.ModesJSON), "Sandbox")
}

// A representation that Redis has lost is rendered and sent again, even if its collection
// did not change.
func TestUnchangedCollectionLostByRedisIsSentAgain(t *testing.T) {
	w := newWorld(t)
	w.db.Register(resourcetest.Kind{})
	w.startCounting()
	w.create("docs")
	_, err := w.db.Objects("gadget").Create(t.Context(), ada, w.org.ID, resourcetest.Gadget{Name: "one"})
	require.NoError(t, err)
	key := "{om}:doc:" + w.org.ID.String()
	for name, spoil := range map[string]func(){
		"the document":    func() { w.redis.Do("DEL", key) },
		"the index":       func() { w.redis.Do("HDEL", key, "index") },
		"a payload":       func() { w.redis.Do("HDEL", key, "modes.yaml:gzip") },
		"part of one":     func() { w.redis.Do("HSET", key, "modes.yaml:gzip", "x") },
		"named documents": func() { w.redis.Do("HDEL", key, "index:gadgets") },
	} {
		t.Run(name, func(t *testing.T) {
			before := w.waitPublished()
			spoil()
			_, err := w.db.Templates.Create(t.Context(), ada, w.org.ID, templates.Template{Name: name, PermissionMode: templates.Plan})
			require.NoError(t, err)
			after := w.waitPublished()
			for _, r := range before.Representations {
				if r.Name != render.TemplatesJSON {
					require.Equal(t, r, *after.Find(r.Name), r.Name)
				}
			}
			require.Contains(t, body(t, after, render.TemplatesJSON), name)
		})
	}
}

// A release with another collection publishes it although no object changed.
func TestNewCollectionRaisesEdition(t *testing.T) {
	w := newWorld(t)
	w.db.Register(resourcetest.Kind{})
	_, err := w.db.Objects("gadget").Create(t.Context(), ada, w.org.ID, resourcetest.Gadget{Name: "one"})
	require.NoError(t, err)
	_, stop := w.startWorker()
	require.Nil(t, w.waitPublished().Find("gadgets/one.json"))
	stop()
	w.startCounting()
	w.await(func() error {
		if w.waitPublished().Find("gadgets/one.json") == nil {
			return errors.New("it is not published")
		}
		return nil
	})
}

// A kind only needs to be registered for readers to serve it.
func TestRegisteredKindIsServed(t *testing.T) {
	w := newWorld(t)
	w.db.Register(resourcetest.Kind{})
	w.startCounting()
	keys := w.keys()
	_, store := w.connect()
	_, log := w.connect()
	r, err := reader.New(reader.Options{
		Log: testLogger(t), Store: store, LogStore: log, Keys: keys, PollInterval: time.Minute, CacheBytes: 1 << 20,
		Metrics: prometheus.NewRegistry(), AuthMaxStale: time.Minute, Collections: []string{resourcetest.Kind{}.Names().Plural},
	})
	require.NoError(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	followed, served := make(chan struct{}), make(chan struct{})
	go func() { defer close(followed); r.Follow(ctx) }()
	go func() { defer close(served); _ = r.Serve(ln) }()
	t.Cleanup(func() {
		stop()
		<-followed
		require.NoError(t, r.Shutdown(context.WithoutCancel(t.Context())))
		<-served
	})
	whole, _ := w.mintToken(keys, w.member("bob@example.com"))
	client := &http.Client{}
	t.Cleanup(client.CloseIdleConnections)
	get := func(name, tag string) (status int, etag string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("http://%s/api/organizations/%s/gadgets/%s", ln.Addr(), w.org.ID, name), http.NoBody)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+whole)
		req.Header.Set("If-None-Match", tag)
		res, err := client.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		return res.StatusCode, res.Header.Get("ETag")
	}
	_, err = w.db.Objects("gadget").Create(t.Context(), ada, w.org.ID, resourcetest.Gadget{Name: "one"})
	require.NoError(t, err)
	w.waitPublished()
	var tag string
	w.await(func() error {
		var status int
		if status, tag = get("one.json", `"none"`); status != http.StatusOK {
			return fmt.Errorf("status %d", status)
		}
		return nil
	})
	status, _ := get("one.json", tag)
	require.Equal(t, http.StatusNotModified, status)
	status, _ = get("two.json", "")
	require.Equal(t, http.StatusNotFound, status)
	w.create("docs")
	w.waitPublished()
	status, _ = get("one.json", tag)
	require.Equal(t, http.StatusNotModified, status, "a mode does not affect it")
	_, err = w.db.Objects("gadget").Delete(t.Context(), ada, w.org.ID, "one", 0)
	require.NoError(t, err)
	w.await(func() error {
		if status, _ := get("one.json", tag); status != http.StatusNotFound {
			return fmt.Errorf("status %d", status)
		}
		return nil
	})
}
