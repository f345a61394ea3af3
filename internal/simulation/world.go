package simulation

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	kgzip "github.com/klauspost/compress/gzip"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fasthttp"

	"orgmodes/internal/modes"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/reader"
	"orgmodes/internal/templates"
	"orgmodes/internal/token"
	"orgmodes/internal/worker"
)

const (
	organizations = 3
	readers       = 3
	editors       = 6
	// chaosDuration is how long faults occur, calmDuration how long the recovery from them
	// can take.
	chaosDuration = 20 * time.Second
	calmDuration  = 30 * time.Second
	// freshnessBound is the limit that a reader promises: an answer marked fresh has every change
	// that was committed longer ago. See docs/promises.md, "Staleness is bounded, and
	// visible".
	freshnessBound = 10 * time.Second
	// maxSkew is the maximum offset of each clock from the true time. Two clocks may differ by
	// twice that; the reader allows for 250 ms.
	maxSkew = 100 * time.Millisecond
	// leaseTime is short, so that leases expire in a run.
	leaseTime = 3 * time.Second
)

var keys = func() *token.Keys {
	k, err := token.ParseKeys("k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE")
	if err != nil {
		panic(err)
	}
	return k
}()

// world is the state of one run.
type world struct {
	t    testing.TB
	seed uint64
	// authMaxStale is how long a token is accepted without news from the log.
	authMaxStale time.Duration

	database *database
	cluster  *cluster
	orgs     []uuid.UUID
	readers  []*readerRun
	editors  []*editor
	log      *slog.Logger

	ctx    context.Context
	actors sync.WaitGroup
	stop   context.CancelFunc

	mu         sync.Mutex
	violations []string
	links      []*link
	workers    []*link
	calmSince  time.Time
	events     []string
}

// newRand returns an actor's own source of randomness.
func (w *world) newRand(actor string, n int) *rand.Rand {
	h := sha256.Sum256(fmt.Appendf(nil, "%s %d", actor, n))
	return rand.New(rand.NewPCG(w.seed, uint64(h[0])|uint64(h[1])<<8|uint64(h[2])<<16|uint64(h[3])<<24))
}

func (w *world) id(kind string, n int) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%s %d", kind, n))
}

// logEvent adds an event to the log of the run, which is shown when a failed run is replayed.
func (w *world) logEvent(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, fmt.Sprintf("%9.3f  ", time.Since(epoch).Seconds())+fmt.Sprintf(format, args...))
}

func (w *world) reportViolation(format string, args ...any) {
	w.logEvent("VIOLATION "+format, args...)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.violations = append(w.violations, fmt.Sprintf(format, args...))
}

// epoch is the start of the simulated time.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// eventWriter writes the programs' logs into the log of the run.
type eventWriter struct{ w *world }

func (l eventWriter) Write(b []byte) (int, error) {
	l.w.logEvent("    %s", strings.TrimSpace(string(b)))
	return len(b), nil
}

func (w *world) newLink(kind string, n int, timeout time.Duration) *link {
	l := &link{
		cluster: w.cluster, timeout: timeout, faults: faults{latency: time.Millisecond}, rands: map[string]*rand.Rand{},
		newRand: func(key string) *rand.Rand { return w.newRand(kind+" "+key, n) },
	}
	w.mu.Lock()
	w.links = append(w.links, l)
	if kind == "worker" {
		w.workers = append(w.workers, l)
	}
	w.mu.Unlock()
	return l
}

// newWorld creates a world and starts its workers and readers.
func newWorld(t testing.TB, seed uint64) *world {
	w := &world{t: t, seed: seed, cluster: newCluster()}
	w.log = slog.New(slog.NewTextHandler(eventWriter{w}, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
	rng := w.newRand("world", 0)
	w.authMaxStale = []time.Duration{15 * time.Minute, 15 * time.Minute, 20 * time.Second, 0}[rng.IntN(4)]
	w.database = newDatabase(time.Duration(rng.Int64N(int64(2*maxSkew))) - maxSkew)
	w.ctx, w.stop = context.WithCancel(context.Background())
	for i := range organizations {
		w.orgs = append(w.orgs, w.id("organization", i))
		w.database.createOrg(w.orgs[i])
	}
	for i := range editors {
		w.editors = append(w.editors, w.newEditor(i))
	}
	for i := range 2 {
		w.startWorker(i)
	}
	for i := range readers {
		w.readers = append(w.readers, w.startReader(i, 0))
	}
	return w
}

// readerRun is one run of a reader, from its start to its stop.
type readerRun struct {
	n       int
	handler fasthttp.RequestHandler
	reader  *reader.Reader
	stop    func()
	// warm holds the keys that this reader has already answered: token and organization.
	warm map[string]bool
}

// startReader starts a reader with its own clock.
func (w *world) startReader(n, life int) *readerRun {
	rng := w.newRand("clock", 100*n+life)
	off := time.Duration(rng.Int64N(int64(2*maxSkew))) - maxSkew
	// Within the reader's assumption: a quartz clock is accurate to some 100 ppm.
	rate := 1 + (rng.Float64()-.5)*2e-4
	started := time.Now()
	loads, log := w.newLink("loads", 100*n+life, 200*time.Millisecond), w.newLink("log", 100*n+life, 2*time.Second)
	loads.stale, log.stale = n == 0, n == 0
	r, err := reader.New(reader.Options{
		Log: w.log, Store: loads.store(), LogStore: log.store(), Keys: keys, PollInterval: time.Minute, CacheBytes: 64 << 20,
		Metrics: prometheus.NewRegistry(), AuthMaxStale: w.authMaxStale,
		Clock: func() (time.Time, time.Duration) {
			now := time.Now()
			return now.Add(off), time.Duration(float64(now.Sub(started)) * rate)
		},
	})
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithCancel(w.ctx)
	var following sync.WaitGroup
	following.Go(func() { r.Follow(ctx) })
	e := &readerRun{n: n, reader: r, handler: r.Handler(), warm: map[string]bool{}}
	e.stop = func() {
		cancel()
		following.Wait()
		if err := r.Shutdown(context.Background()); err != nil {
			w.reportViolation("reader %d did not end: %v", n, err)
		}
	}
	return e
}

// startWorker starts a publisher that leads from time to time. Two leaders may overlap,
// which must be harmless.
func (w *world) startWorker(n int) {
	p := w.publisher(n)
	rng := w.newRand("leader", n)
	w.actors.Go(func() {
		for w.ctx.Err() == nil {
			if n == 0 || rng.IntN(3) == 0 {
				leading, cancel := context.WithTimeout(w.ctx, time.Duration(1+rng.IntN(20_000))*time.Millisecond)
				_ = p.Lead(leading)
				cancel()
			}
			_ = sleep(w.ctx, time.Duration(1+rng.IntN(1000))*time.Millisecond)
		}
	})
}

func (w *world) publisher(n int) *worker.Publisher {
	return worker.NewPublisher(worker.PublisherConfig{
		Store: &storeConn{w.database, func(key string) *rand.Rand { return w.newRand("desk "+key, n) }, map[string]*rand.Rand{}}, Redis: w.newLink("worker", n, 2*time.Second).store(), Log: w.log, Edition: 1, Parallel: 1,
		Encode: encodeStored, Codings: []pubstore.Coding{pubstore.Gzip}, LeaseTime: leaseTime,
	})
}

// encodeStored is a gzip encoder that doesn't compress, to save time.
func encodeStored(_ context.Context, body []byte) ([]pubstore.Encoded, error) {
	var buf bytes.Buffer
	zw, err := kgzip.NewWriterLevel(&buf, kgzip.StatelessCompression)
	if err != nil {
		return nil, err
	}
	if _, err := zw.Write(body); err != nil {
		return nil, err
	}
	if err := zw.Close(); err != nil {
		return nil, err
	}
	return []pubstore.Encoded{{Coding: pubstore.Gzip, Digest: sha256.Sum256(buf.Bytes()), Bytes: buf.Bytes()}}, nil
}

func gunzip(b []byte) ([]byte, error) {
	zr, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(zr)
}

// startAdmins makes changes and has them published by jobs, which run late, twice or not at all.
func (w *world) startAdmins() {
	jobs := w.publisher(2)
	for i, org := range w.orgs {
		w.actors.Go(func() {
			rng := w.newRand("admin", i)
			w.runJob(rng, func(ctx context.Context) error { return jobs.PublishOrganization(ctx, org) })
			for {
				pause := time.Duration(1+rng.IntN(3000)) * time.Millisecond
				if rng.IntN(3) == 0 {
					pause = time.Duration(1+rng.IntN(30)) * time.Millisecond // a burst
				}
				takes := time.Duration(1 + rng.Int64N(int64(20*time.Millisecond)))
				if sleep(w.ctx, pause) != nil || time.Since(epoch) > chaosDuration {
					return
				}
				document := documentNames[rng.IntN(len(documentNames))]
				revision, err := w.database.changeOrg(w.ctx, org, takes, document, func(o *orgRow, revision int64) {
					setContent(o, rng, document, revision)
				})
				if err != nil {
					return
				}
				w.logEvent("organization %d is at revision %d: %s", i, revision, document)
				w.runJob(rng, func(ctx context.Context) error { return jobs.PublishOrganization(ctx, org) })
			}
		})
	}
	w.actors.Go(func() {
		rng := w.newRand("revocations", 0)
		for i := range w.editors {
			e := w.editors[i]
			w.runJob(rng, func(ctx context.Context) error { return jobs.PublishToken(ctx, e.id) })
		}
		for i := range editors / 3 {
			if sleep(w.ctx, time.Duration(1+rng.IntN(int(chaosDuration/time.Millisecond)/2))*time.Millisecond) != nil {
				return
			}
			e := w.editors[i]
			w.database.revoke(e.id)
			w.logEvent("the token of editor %d is revoked", i)
			w.runJob(rng, func(ctx context.Context) error { return jobs.PublishToken(ctx, e.id) })
		}
	})
}

// runJob runs a job as River does: late, twice or not at all, and again after an error.
func (w *world) runJob(rng *rand.Rand, do func(context.Context) error) {
	if rng.IntN(20) == 0 {
		return // lost: the sweep must handle it
	}
	times := 1
	if rng.IntN(10) == 0 {
		times = 2
	}
	for range times {
		delay := time.Duration(1 + rng.Int64N(int64(15*time.Millisecond)))
		if rng.IntN(10) == 0 {
			delay = time.Duration(1 + rng.Int64N(int64(5*time.Second)))
		}
		pause := time.Duration(1 + rng.Int64N(int64(time.Second)))
		w.actors.Go(func() {
			if sleep(w.ctx, delay) != nil {
				return
			}
			for range 5 {
				ctx, cancel := context.WithTimeout(w.ctx, 15*time.Second)
				err := do(ctx)
				cancel()
				if err == nil || sleep(w.ctx, pause) != nil {
					return
				}
			}
		})
	}
}

// documentNames lists the documents that editors request and admins change.
var documentNames = []string{"modes.yaml", "templates"}

// setContent writes the new revision into the organization's only mode or template.
func setContent(o *orgRow, rng *rand.Rand, document string, revision int64) {
	text, padding := fmt.Sprintf("organization %s revision %d", o.id, revision), strings.Repeat("x", rng.IntN(200))
	if document == "templates" {
		o.templates = []templates.OrganizationTemplate{{ID: o.id, OrganizationID: o.id, Version: revision, Template: templates.Template{
			Name: "Only", PermissionMode: templates.Plan, AllowedTools: []string{"read"}, Description: &text, DefaultSystemPrompt: &padding,
		}}}
		return
	}
	o.modes = []modes.OrganizationMode{{ID: o.id, OrganizationID: o.id, Version: revision, Mode: modes.Mode{Slug: "only", Name: "Only", Config: modes.Config{
		RoleDefinition: text, Groups: []modes.Group{{Name: "read"}}, CustomInstructions: padding,
	}}}}
}
