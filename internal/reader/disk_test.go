package reader

import (
	"io/fs"
	"log/slog"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
)

// withSnapshotDir makes a reader store its resident values in a directory.
func withSnapshotDir(dir string) option {
	return func(o *Options) { o.SnapshotDir, o.SnapshotInterval = dir, time.Hour }
}

// restart starts another reader of the same Redis, after the first one has ended
// and has written its file.
func (w *world) restart(options ...option) *world {
	w.t.Helper()
	w.stop()
	next := &world{t: w.t, redis: w.redis, store: w.store, incarnation: w.incarnation}
	next.clock.ahead = w.clock.ahead
	next.start(options)
	return next
}

func TestStartWithoutRedisServesSnapshotOnDisk(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t, withSnapshotDir(dir))
	x := w.newWarmOrganization()
	cold, _ := w.newOrganization()
	bytes := map[string][]byte{}
	for path := range representationPaths(x.org) {
		for _, coding := range []string{"", "gzip", "br", "zstd"} {
			bytes[path+coding] = w.get(path, x.tok, "Accept-Encoding", coding).body
		}
	}
	revoked, rec := w.newToken(x.org)
	require.Equal(t, 200, w.modes(x.org, revoked).status)
	rec.Revoked, rec.Version = true, 2
	w.publishToken(rec)
	w.eventually(func() bool { return w.modes(x.org, revoked).status == 401 }, "it is refused")
	w.redis.Kill()
	w.stop()
	w.advanceClock(14 * time.Minute) // the file has that age, too

	r := w.restart(withSnapshotDir(dir))
	r.awaitReady()
	require.NoError(t, r.Started())
	r.requireServed(x)
	assert.Equal(t, staleHit, r.status(x.org, x.tok), "it is recent, but was not compared")
	for path := range representationPaths(x.org) {
		for _, coding := range []string{"", "gzip", "br", "zstd"} {
			assert.Equal(t, bytes[path+coding], r.get(path, x.tok, "Accept-Encoding", coding).body)
		}
	}
	assert.Equal(t, 401, r.modes(x.org, revoked).status)
	requireProblem(t, r.modes(cold, x.tok), 404, "organization_unknown")
	requireProblem(t, r.modes(x.org, r.keys.Mint()), 503, "unavailable")
	// Its tokens are trusted no longer than they would have been.
	r.advanceClock(time.Minute)
	requireProblem(t, r.modes(x.org, x.tok), 503, "unavailable")

	// It was never synced, so it leaves the file as it is. The next reader gets newer
	// values from Redis.
	r.redis.Restart()
	last := r.restart(withSnapshotDir(dir))
	last.awaitReady()
	last.fill(func(rec pubstore.Reconciliation) {
		last.publish(x.org, 2, rec)
		last.publishToken(recordOf(x.tok, x.org), rec)
	})
	last.eventually(func() bool { return last.modes(x.org, x.tok).status == 200 }, "its token counts again")
	last.awaitRevision(x.org, x.tok, 2)
	last.eventually(func() bool { return last.status(x.org, x.tok) == freshHit }, "fresh again")
}

// A request that arrives while a reader starts waits for the file: it gets no 503 for a
// document that is in there.
func TestFirstRequestWaitsForTheSnapshotOnDisk(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t, withSnapshotDir(dir))
	x := w.newWarmOrganization()
	w.redis.Kill()
	w.stop()

	r := &world{t: t, redis: w.redis, store: w.store, incarnation: w.incarnation, serveOnly: true}
	r.start([]option{withSnapshotDir(dir)})
	require.Equal(t, 200, r.modes(x.org, x.tok).status)
	require.Equal(t, staleHit, r.status(x.org, x.tok))
}

// If Redis has something newer than the file, the newer version is served.
func TestStartPrefersNewerRedisOverSnapshotOnDisk(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t, withSnapshotDir(dir))
	x := w.newWarmOrganization()
	gone, rec := w.newToken(x.org)
	require.Equal(t, 200, w.modes(x.org, gone).status)
	w.stop()
	w.publish(x.org, 2)
	rec.Revoked, rec.Version = true, 2
	w.publishToken(rec)
	w.writeWatermark(pubstore.Watermark{})

	r := w.restart(withSnapshotDir(dir))
	r.awaitReady()
	_, revision := revisionOf(t, r.modes(x.org, x.tok).body)
	assert.Equal(t, int64(2), revision)
	assert.Equal(t, freshHit, r.status(x.org, x.tok))
	assert.Equal(t, 401, r.modes(x.org, gone).status)
}

// A value that was already loaded is not replaced by the one in the file.
func TestSnapshotOnDiskReplacesNoResidentValue(t *testing.T) {
	w := newWorld(t)
	org, tok := w.newOrganization()
	w.publish(org, 2)
	require.Equal(t, 200, w.modes(org, tok).status)
	id, _ := parseOrganization(org)
	have, ok := w.documents.resident(modesOf(id))
	require.True(t, ok)
	older := collectionDocuments(t, w.Reader, id, documentOf(t, org, version(1)))[modesOf(id)]
	storeIfAbsent(&w.documents.cache, modesOf(id), older)
	now, _ := w.documents.resident(modesOf(id))
	assert.Same(t, have, now)
	another, _ := parseOrganization(uuid.NewString())
	storeIfAbsent(&w.documents.cache, modesOf(another), older)
	now, ok = w.documents.resident(modesOf(another))
	require.True(t, ok)
	assert.Same(t, older, now)
}

func TestStartWithoutRedisAndSnapshotIsNotReady(t *testing.T) {
	dir := t.TempDir()
	w := newEmptyWorld(t, withSnapshotDir(dir))
	w.redis.Kill()
	requireProblem(t, w.modes(uuid.NewString(), w.keys.Mint()), 503, "unavailable")
	require.Error(t, w.Ready())
	require.Error(t, w.Started())
	// It stores nothing, so as not to overwrite the file of another run.
	w.stop()
	_, err := os.Stat(filepath.Join(dir, diskFile))
	assert.ErrorIs(t, err, fs.ErrNotExist)
}

// logBuffer collects log output.
type logBuffer struct {
	sync.Mutex
	strings.Builder
}

func (l *logBuffer) Write(b []byte) (int, error) {
	l.Lock()
	defer l.Unlock()
	return l.Builder.Write(b)
}

// An incomplete file is treated as absent, and that is logged once.
func TestDamagedSnapshotOnDiskIsIgnored(t *testing.T) {
	dir := t.TempDir()
	r, org, _ := newOfflineReader(t, time.Now)
	d := &disk{
		log: r.log, dir: dir, documents: r.documents, tokens: r.tokens, freshness: r.freshness, clock: r.clock, metrics: r.metrics,
	}
	d.save()
	name := filepath.Join(dir, diskFile)
	whole, err := os.ReadFile(name)
	require.NoError(t, err)
	info, err := os.Stat(name)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode())
	id, _ := parseOrganization(org)

	restore := func(b []byte) (other *Reader, ok bool, output string) {
		require.NoError(t, os.WriteFile(name, b, 0o600))
		var log logBuffer
		other, _, _ = newOfflineReader(t, time.Now)
		other.freshness.lease.Store(nil)
		od := &disk{
			log: slog.New(slog.NewTextHandler(&log, nil)), dir: dir, documents: other.documents, tokens: other.tokens,
			freshness: other.freshness, clock: other.clock, metrics: other.metrics,
		}
		return other, od.load(), log.String()
	}
	other, ok, _ := restore(whole)
	require.True(t, ok)
	_, there := other.documents.resident(modesOf(id))
	require.True(t, there)
	assert.Equal(t, r.freshness.lease.Load().asOf.UnixMicro(), other.freshness.lease.Load().asOf.UnixMicro())

	flipped := make([]byte, len(whole))
	for at := 0; at < len(whole); at += 97 {
		copy(flipped, whole)
		flipped[at] ^= 0x10
		other, ok, output := restore(flipped)
		require.False(t, ok, at)
		_, there := other.documents.resident(modesOf(id))
		require.False(t, there, "nothing of it is used")
		require.Nil(t, other.freshness.lease.Load())
		require.Equal(t, 1, strings.Count(output, "\n"), output)
	}
	for _, b := range [][]byte{{}, []byte("x"), []byte(diskMagic), whole[:len(whole)/2], whole[:len(whole)-1], append(whole, 0), []byte(strings.Repeat("x", 1000))} {
		_, ok, output := restore(b)
		require.False(t, ok)
		require.Equal(t, 1, strings.Count(output, "\n"), output)
	}
	require.NoError(t, os.Remove(name))
	var log logBuffer
	d.log = slog.New(slog.NewTextHandler(&log, nil))
	assert.False(t, d.load())
	assert.Empty(t, log.String())
	// A failure to write is logged, and has no other effect.
	d.dir = filepath.Join(dir, "nowhere")
	d.save()
	assert.Contains(t, log.String(), "writing snapshot to disk failed")
}

// A value that may be outdated when it is written is no better when it is read.
func TestDiskRestoreKeepsUnverifiedUnverified(t *testing.T) {
	dir := t.TempDir()
	r, org, tok := newOfflineReader(t, time.Now)
	id, _ := parseOrganization(org)
	hash := token.HashOf([]byte(tok))
	doc, _ := r.documents.backend.peek(modesOf(id))
	r.documents.backend.set(modesOf(id), doc.markOutdated(version(2)))
	rec, _ := r.tokens.backend.peek(hash)
	r.tokens.backend.set(hash, rec.markVerified(unverified))
	d := &disk{log: r.log, dir: dir, documents: r.documents, tokens: r.tokens, freshness: r.freshness, clock: r.clock, metrics: r.metrics}
	d.save()
	other, _, _ := newOfflineReader(t, time.Now)
	d.documents, d.tokens, d.freshness = other.documents, other.tokens, other.freshness
	require.True(t, d.load())
	got, ok := other.documents.resident(modesOf(id))
	require.True(t, ok)
	assert.True(t, got.outdated())
	assert.Equal(t, uint64(unverified), got.verified)
	_, ok = other.tokens.resident(hash)
	assert.False(t, ok)
}

func TestCanaryAgeIsExported(t *testing.T) {
	registry := prometheus.NewRegistry()
	canary := uuid.NewString()
	w := newWorld(t, func(o *Options) { o.Canary, o.Metrics = canary, registry })
	age := func() float64 {
		all, err := registry.Gather()
		require.NoError(t, err)
		for _, f := range all {
			if f.GetName() == "orgmodes_reader_canary_age_seconds" {
				return f.GetMetric()[0].GetGauge().GetValue()
			}
		}
		return -1
	}
	assert.True(t, math.IsNaN(age()), "there is none")
	publishCanary := func(revision int64, at time.Time) {
		d := documentOf(t, canary, version(revision))
		d.CommittedAt, d.Representations = at, d.Representations[:1]
		w.publishDocument(d)
	}
	publishCanary(1, time.Now().Add(-time.Hour))
	w.eventually(func() bool { return age() > 3600 }, "it is loaded without a request")
	publishCanary(2, time.Now())
	w.eventually(func() bool { return age() < 60 }, "and kept up to date")
	assert.Equal(t, http.StatusUnauthorized, w.modes(canary, "").status)
}
