package reader

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/listen"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
)

func TestMain(m *testing.M) {
	storetest.Main(m,
		// The clock for the Date header runs as long as the process.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		// The cleaner of a stopped server notices only after its sleep of 10 s.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
	)
}

const testKeys = "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// world is a Redis with published objects, and a reader of it.
type world struct {
	t           testing.TB
	redis       *storetest.RedisServer
	store       *pubstore.Store
	keys        *token.Keys
	incarnation int64
	// serveOnly starts readers that don't follow the log.
	serveOnly bool
	*Reader
	url    string
	client *http.Client
	// stop ends the reader the way a drained process ends.
	stop func()

	clock struct {
		sync.Mutex
		ahead time.Duration
		// stopped is when freeze was called; zero while the clock runs.
		stopped time.Time
	}
}

type option func(*Options)

// newWorld starts a Redis, fills it, and starts a reader that is synced.
func newWorld(t testing.TB, options ...option) *world {
	t.Helper()
	w := &world{t: t, redis: storetest.Redis(t)}
	w.store = w.openWriter()
	w.fill()
	w.start(options)
	w.awaitReady()
	return w
}

// newEmptyWorld starts a Redis that has not been filled, and a reader.
func newEmptyWorld(t testing.TB, options ...option) *world {
	t.Helper()
	w := &world{t: t, redis: storetest.Redis(t)}
	w.store = w.openWriter()
	w.start(options)
	return w
}

func (w *world) start(options []option) {
	t := w.t
	t.Helper()
	var err error
	w.keys, err = token.ParseKeys(testKeys)
	require.NoError(t, err)
	o := Options{
		Log: slog.New(slog.NewTextHandler(testLog{t}, nil)), Store: w.openStore(), LogStore: w.openStore(), Keys: w.keys,
		PollInterval: 5 * time.Minute, CacheBytes: 64 << 20, Metrics: prometheus.NewRegistry(), Clock: w.now,
		AuthMaxStale: 15 * time.Minute, queryTimeout: testTimeout,
	}
	for _, f := range options {
		f(&o)
	}
	w.Reader, err = New(o)
	require.NoError(t, err)
	ln, err := listen.TCP(t.Context(), "127.0.0.1:0", listen.Options{
		Log: slog.New(slog.DiscardHandler), Limits: listen.Limits{Total: 10_000, PerAddress: 10_000},
	})
	require.NoError(t, err)
	w.url = "http://" + ln.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	if !w.serveOnly {
		wg.Go(func() { w.Follow(ctx) })
	}
	wg.Go(func() { _ = w.Serve(ln) })
	w.client = &http.Client{
		Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 16},
		Timeout:   testTimeout,
	}
	w.stop = sync.OnceFunc(func() {
		stop()
		w.client.CloseIdleConnections()
		require.NoError(t, w.Shutdown(context.Background()))
		wg.Wait()
	})
	t.Cleanup(w.stop)
}

// openStore returns a store with a timeout as long as a whole query may take.
func (w *world) openStore() *pubstore.Store {
	s, err := pubstore.Open(w.redis.URL, pubstore.Options{Timeout: testTimeout})
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = s.Close() })
	return s
}

// openWriter returns a store that is as patient as a worker's.
func (w *world) openWriter() *pubstore.Store {
	s, err := pubstore.Open(w.redis.URL, pubstore.Options{Timeout: testTimeout})
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = s.Close() })
	return s
}

var testTimeout = storetest.WaitTimeout

// testLog hides the reader's log unless the test fails.
type testLog struct{ t testing.TB }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

var testStart = time.Now()

// now implements the reader's clock.
func (w *world) now() (time.Time, time.Duration) {
	w.clock.Lock()
	defer w.clock.Unlock()
	now := w.clock.stopped
	if now.IsZero() {
		now = time.Now()
	}
	now = now.Add(w.clock.ahead)
	return now, now.Sub(testStart)
}

// freeze stops the reader's clock, except for advanceClock, so that nothing becomes stale
// only because the machine is slow.
func (w *world) freeze() {
	w.clock.Lock()
	defer w.clock.Unlock()
	w.clock.stopped = time.Now()
}

func (w *world) advanceClock(d time.Duration) {
	w.clock.Lock()
	defer w.clock.Unlock()
	w.clock.ahead += d
}

// fill reconciles Redis, calling each write in between.
func (w *world) fill(write ...func(pubstore.Reconciliation)) {
	w.t.Helper()
	w.incarnation++
	rec, status, err := w.store.BeginReconcile(w.t.Context(), w.incarnation)
	require.NoError(w.t, err)
	require.Equal(w.t, pubstore.Published, status)
	for _, f := range write {
		f(rec)
	}
	out, err := w.store.FinishReconcile(w.t.Context(), rec, 1)
	require.NoError(w.t, err)
	require.Equal(w.t, pubstore.Published, out.Status)
	w.writeWatermark(pubstore.Watermark{})
}

// writeWatermark logs a watermark, as a leading worker does once a second. AsOf defaults to
// now.
func (w *world) writeWatermark(m pubstore.Watermark) {
	w.t.Helper()
	if m.AsOf.IsZero() {
		m.AsOf, _ = w.now()
	}
	out, err := w.store.PublishWatermark(w.t.Context(), w.incarnation, m)
	require.NoError(w.t, err)
	require.Equal(w.t, pubstore.Published, out.Status)
}

func (w *world) awaitReady() {
	w.t.Helper()
	w.eventually(func() bool { return w.Ready() == nil }, "the reader is ready")
}

func (w *world) eventually(f func() bool, what string) {
	w.t.Helper()
	require.Eventually(w.t, f, testTimeout, 2*time.Millisecond, what)
}

// representationTypes holds the representations of these tests' documents, with their media types.
var representationTypes = map[string]string{
	"modes.json": "application/json", "modes.yaml": "application/yaml; charset=utf-8",
	"organization.yaml": "application/yaml; charset=utf-8", "marketplace.yaml": "application/yaml; charset=utf-8",
	"permission-templates.json": "application/json",
}

// representationPaths returns the paths at which the representations are served.
func representationPaths(org string) map[string]string {
	base := "/api/organizations/" + org + "/"
	return map[string]string{
		base + "modes": "modes.json", base + "modes.yaml": "modes.yaml",
		base + "organization.yaml": "organization.yaml", base + "marketplace.yaml": "marketplace.yaml",
		base + "templates": "permission-templates.json",
	}
}

// bodyOf returns the body of a representation at a revision. It contains the organization,
// the name, the revision, and enough text to make compression worthwhile.
func bodyOf(org, name string, revision int64) []byte {
	return fmt.Appendf(nil, "# %s %s revision=%d\n%s", org, name, revision, strings.Repeat("customModes: []\n", 50))
}

func documentOf(t testing.TB, org string, v pubstore.Version) *pubstore.Document {
	t.Helper()
	d := &pubstore.Document{Organization: org, Version: v, CommittedAt: time.UnixMilli(1_700_000_000_000)}
	for _, name := range []string{"modes.json", "modes.yaml", "organization.yaml", "marketplace.yaml", "permission-templates.json"} {
		body := bodyOf(org, name, v.Revision)
		sum, hash := pubstore.SumOf(body)
		encoded, err := pubstore.Encode(body)
		require.NoError(t, err)
		d.Representations = append(d.Representations, pubstore.Representation{
			Name: name, ContentType: representationTypes[name], Sum: sum, Length: len(body), Encoded: encoded,
			Tag: pubstore.Tag{Epoch: v.Epoch, Revision: v.Revision, Hash: hash},
		})
	}
	return d
}

func version(revision int64) pubstore.Version {
	return pubstore.Version{Epoch: 1, Revision: revision, Edition: 1}
}

// publish publishes a revision of an organization; without rec it is an ordinary
// publication.
func (w *world) publish(org string, revision int64, rec ...pubstore.Reconciliation) {
	w.t.Helper()
	w.publishDocument(documentOf(w.t, org, version(revision)), rec...)
}

func (w *world) publishDocument(d *pubstore.Document, rec ...pubstore.Reconciliation) {
	w.t.Helper()
	out, err := w.store.PublishDocument(w.t.Context(), d, append(rec, pubstore.Reconciliation{})[0])
	require.NoError(w.t, err)
	require.Equal(w.t, pubstore.Published, out.Status)
}

// newToken mints a token that grants access to organizations, and publishes it.
func (w *world) newToken(orgs ...string) (string, *pubstore.Token) {
	w.t.Helper()
	tok := w.keys.Mint()
	rec := recordOf(tok, orgs...)
	w.publishToken(rec)
	return tok, rec
}

func recordOf(tok string, orgs ...string) *pubstore.Token {
	return &pubstore.Token{
		Hash: token.HashOf([]byte(tok)), ID: uuid.NewString(), User: "u", Organizations: orgs,
		Scopes: []string{"read"}, Epoch: 1, Version: 1,
	}
}

func (w *world) publishToken(rec *pubstore.Token, r ...pubstore.Reconciliation) {
	w.t.Helper()
	out, err := w.store.PublishToken(w.t.Context(), rec, append(r, pubstore.Reconciliation{})[0])
	require.NoError(w.t, err)
	require.Equal(w.t, pubstore.Published, out.Status)
}

// newOrganization publishes an organization at revision 1, and a token for it.
func (w *world) newOrganization() (org, tok string) {
	w.t.Helper()
	org = uuid.NewString()
	w.publish(org, 1)
	tok, _ = w.newToken(org)
	return org, tok
}

// answer is the response to a request.
type answer struct {
	status int
	header http.Header
	body   []byte
	length int64
}

// get makes a GET request; headers are name, value, name, value...
func (w *world) get(path, tok string, headers ...string) answer {
	w.t.Helper()
	return w.request("GET", path, tok, headers...)
}

func (w *world) request(method, path, tok string, headers ...string) answer {
	w.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, w.url+path, http.NoBody)
	require.NoError(w.t, err)
	if tok != "" {
		req.Header.Set("Authorization", "Bearer "+tok)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header[headers[i]] = append(req.Header[headers[i]], headers[i+1])
	}
	res, err := w.client.Do(req)
	require.NoError(w.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(w.t, err)
	return answer{res.StatusCode, res.Header, body, res.ContentLength}
}

// modes requests the modes.yaml of an organization.
func (w *world) modes(org, tok string, headers ...string) answer {
	w.t.Helper()
	return w.get("/api/organizations/"+org+"/modes.yaml", tok, headers...)
}

// digestOf returns the expected Repr-Digest of b.
func digestOf(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

// revisionOf returns the organization and the revision that a body contains.
func revisionOf(t testing.TB, body []byte) (org string, revision int64) {
	t.Helper()
	var name string
	line, _, _ := bytes.Cut(body, []byte("\n"))
	_, err := fmt.Sscanf(string(line), "# %s %s revision=%d", &org, &name, &revision)
	require.NoError(t, err, string(line))
	return org, revision
}

// modesOf returns the key of an organization's modes.
func modesOf(id organizationID) documentKey { return documentKey{organization: id} }

// collectionDocuments returns the collections of a document, as a reader has them in memory.
func collectionDocuments(t testing.TB, r *Reader, id organizationID, d *pubstore.Document) map[documentKey]*document {
	t.Helper()
	out := map[documentKey]*document{}
	for i, c := range r.documents.collections {
		part := *d
		part.Representations = nil
		for _, name := range c.part.Names {
			part.Representations = append(part.Representations, *d.Find(name))
		}
		ready, err := prepareDocument(&part, nil, 0)
		require.NoError(t, err)
		out[documentKey{id, collectionIndex(i)}] = ready
	}
	return out
}

// newOfflineReader returns a Reader without Redis, follower and listener, with documents put into
// its memory: for tests of a single request.
func newOfflineReader(t testing.TB, now func() time.Time) (r *Reader, org, tok string) {
	t.Helper()
	keys, err := token.ParseKeys(testKeys)
	require.NoError(t, err)
	// Nothing listens there, so every query to Redis fails.
	nowhere, err := pubstore.Open("redis://127.0.0.1:1", pubstore.Options{})
	require.NoError(t, err)
	r, err = New(Options{
		Log: slog.New(slog.DiscardHandler), Store: nowhere, LogStore: nowhere, Keys: keys,
		PollInterval: 5 * time.Minute, CacheBytes: 64 << 20, Metrics: prometheus.NewRegistry(),
		AuthMaxStale: 15 * time.Minute, Clock: func() (time.Time, time.Duration) { return now(), now().Sub(testStart) },
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = r.Shutdown(context.Background())
		_ = nowhere.Close()
	})
	org, tok = uuid.NewString(), keys.Mint()
	id, _ := parseOrganization(org)
	for k, d := range collectionDocuments(t, r, id, documentOf(t, org, version(1))) {
		r.documents.backend.set(k, d.markVerified(1))
	}
	rec := recordOf(tok, org)
	r.tokens.backend.set(rec.Hash, prepareRecord(rec, 0).markVerified(1))
	r.freshness.lease.Store(newLease(&pubstore.Watermark{AsOf: now()}, 1, r.clock.mono(), nil))
	r.freshness.synced.Store(true)
	return r, org, tok
}
