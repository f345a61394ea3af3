package reader

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
)

func (w *world) resyncs(reason cause) float64 {
	return testutil.ToFloat64(w.metrics.resyncs.WithLabelValues(string(reason)))
}

// awaitRevision waits for a revision; revisions must not go back until then.
func (w *world) awaitRevision(org, tok string, want int64) {
	w.t.Helper()
	seen := int64(0)
	w.eventually(func() bool {
		a := w.modes(org, tok)
		require.Equal(w.t, 200, a.status)
		_, got := revisionOf(w.t, a.body)
		require.GreaterOrEqual(w.t, got, seen)
		seen = got
		return got == want
	}, "the revision is visible")
}

func TestPublishedChangeBecomesVisible(t *testing.T) {
	w := newWorld(t)
	org, tok := w.newOrganization()
	first := w.modes(org, tok)
	for revision := int64(2); revision <= 10; revision++ {
		w.publish(org, revision)
		w.awaitRevision(org, tok, revision)
	}
	last := w.modes(org, tok, "If-None-Match", first.header.Get("ETag"))
	assert.Equal(t, 200, last.status)
	assert.NotEqual(t, first.header.Get("ETag"), last.header.Get("ETag"))
	assert.Equal(t, 304, w.modes(org, tok, "If-None-Match", last.header.Get("ETag")).status)
}

// With many changes in a row and many clients polling, no client sees a revision go back,
// and the last one arrives.
func TestRevisionsNeverDecreaseForClients(t *testing.T) {
	w := newWorld(t)
	org, tok := w.newOrganization()
	const last = 40
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			seen, tag := int64(0), ""
			for {
				select {
				case <-stop:
					return
				default:
				}
				a := w.modes(org, tok, "If-None-Match", tag)
				if a.status == 304 {
					time.Sleep(time.Millisecond) // polling without a pause would slow the changes down
					continue
				}
				if !assert.Equal(t, 200, a.status) {
					return
				}
				_, revision := revisionOf(t, a.body)
				assert.GreaterOrEqual(t, revision, seen)
				seen, tag = revision, a.header.Get("ETag")
			}
		})
	}
	for revision := int64(2); revision <= last; revision++ {
		w.publish(org, revision)
	}
	w.awaitRevision(org, tok, last)
	close(stop)
	wg.Wait()
}

func TestDeletedOrganizationIsNotFound(t *testing.T) {
	w := newWorld(t)
	org, tok := w.newOrganization()
	require.Equal(t, 200, w.modes(org, tok).status)
	w.publishDocument(&pubstore.Document{Organization: org, Version: version(2), CommittedAt: time.Now(), Deleted: true})
	w.eventually(func() bool { return w.modes(org, tok).status == 404 }, "it is gone")
}

func TestRevokedTokenIsRefused(t *testing.T) {
	w := newWorld(t)
	org, _ := w.newOrganization()
	other := uuid.NewString()
	w.publish(other, 1)
	tok, rec := w.newToken(org, other)
	require.Equal(t, 200, w.modes(org, tok).status)
	require.Equal(t, 200, w.modes(other, tok).status)

	rec.Organizations, rec.Version = []string{org}, 2 // its user left the other one
	w.publishToken(rec)
	w.eventually(func() bool { return w.modes(other, tok).status == 404 }, "it no longer grants access to the other one")
	assert.Equal(t, 200, w.modes(org, tok).status)

	rec.Revoked, rec.Version = true, 3
	w.publishToken(rec)
	w.eventually(func() bool { return w.modes(org, tok).status == 401 }, "it is refused")
	requireProblem(t, w.modes(org, tok), 401, "token_refused")
}

// A token that was refused because it wasn't published yet is accepted once it is.
func TestRefusedTokenIsAcceptedOncePublished(t *testing.T) {
	w := newWorld(t)
	org, _ := w.newOrganization()
	w.eventually(func() bool {
		return testutil.ToFloat64(w.metrics.entries.WithLabelValues("token")) == 1
	}, "the entry of the other token was applied")
	tok := w.keys.Mint()
	require.Equal(t, 401, w.modes(org, tok).status)
	loads := testutil.ToFloat64(w.metrics.tokenLoads.absent)
	for range 20 {
		require.Equal(t, 401, w.modes(org, tok).status)
	}
	assert.Equal(t, loads, testutil.ToFloat64(w.metrics.tokenLoads.absent), "it is remembered")
	w.publishToken(recordOf(tok, org))
	w.eventually(func() bool { return w.modes(org, tok).status == 200 }, "it is accepted")
}

// positionedRedis is a Redis that answers each query from a position set by the test.
type positionedRedis struct {
	logStore
	tail, tokenVersions, tokens, versions pubstore.Position
	// version is the version of all tokens.
	version int64
}

func (r *positionedRedis) Tail(context.Context) (pubstore.Position, *pubstore.Watermark, error) {
	return r.tail, &pubstore.Watermark{AsOf: time.Now().Add(time.Second)}, nil
}

func (r *positionedRedis) TokenVersions(_ context.Context, hashes []token.Hash) ([]pubstore.Version, pubstore.Position, error) {
	return slices.Repeat([]pubstore.Version{{Epoch: 1, Revision: r.version}}, len(hashes)), r.tokenVersions, nil
}

func (r *positionedRedis) Tokens(context.Context, []token.Hash) (map[token.Hash]*pubstore.Token, pubstore.Position, error) {
	return nil, r.tokens, nil
}

func (r *positionedRedis) Versions(context.Context, []string) (map[string]pubstore.Version, pubstore.Position, error) {
	return nil, r.versions, nil
}

// If another server, one that lags, answers a part of the comparison, the comparison fails
// and no watermark counts.
func TestComparisonFailsIfLaggingServerAnswers(t *testing.T) {
	at, before := pubstore.Position{Incarnation: 1, N: 10}, pubstore.Position{Incarnation: 1, N: 9}
	for name, c := range map[string]struct {
		redis positionedRedis
		want  error
	}{
		"one server":         {positionedRedis{nil, at, at, at, at, 1}, nil},
		"it has moved on":    {positionedRedis{nil, before, at, at, at, 2}, nil},
		"tokens lag":         {positionedRedis{nil, at, before, at, at, 1}, errInconsistent},
		"newer tokens lag":   {positionedRedis{nil, at, at, before, at, 2}, errInconsistent},
		"no token is newer":  {positionedRedis{nil, at, at, before, at, 1}, nil}, // so no record is requested
		"documents lag":      {positionedRedis{nil, at, at, at, before, 1}, errInconsistent},
		"of another filling": {positionedRedis{nil, at, at, at, pubstore.Position{Incarnation: 2, N: 10}, 1}, errInconsistent},
	} {
		r, _, _ := newOfflineReader(t, time.Now)
		old := r.freshness.lease.Load()
		f := &follower{
			log: r.log, redis: &c.redis, documents: r.documents, tokens: r.tokens, freshness: r.freshness, metrics: r.metrics, clock: r.clock,
		}
		_, err := f.sync(t.Context())
		require.ErrorIs(t, err, c.want, name)
		assert.Equal(t, c.want == nil, r.freshness.lease.Load() != old, name)
	}
}

// A client was served by a reader that is ahead of this one, and the log does not
// announce the version: after one recheck, the newer version is there.
func TestClientWithNewerTagCausesRecheck(t *testing.T) {
	w := newWorld(t)
	org, tok := w.newOrganization()
	w.modes(org, tok)
	d := documentOf(t, org, version(7))
	newer := d.Representations[1].Tag.ETag(pubstore.Identity)

	// Redis has nothing newer: answer 304 rather than go back.
	a := w.modes(org, tok, "If-None-Match", newer)
	assert.Equal(t, 304, a.status)
	assert.Equal(t, newer, a.header.Get("ETag"))
	assert.Equal(t, "private, max-age=0, stale-if-error=86400", a.header.Get("Cache-Control"))

	// Redis has it, and the reader learns of it only from that client: a write in
	// a reconciliation isn't logged.
	rec, _, err := w.store.BeginReconcile(t.Context(), w.incarnation+1)
	require.NoError(t, err)
	w.publishDocument(d, rec)
	w.advanceClock(time.Second) // the reload interval has passed
	a = w.modes(org, tok, "If-None-Match", newer)
	assert.Equal(t, 304, a.status)
	a = w.modes(org, tok)
	_, revision := revisionOf(t, a.body)
	assert.Equal(t, int64(7), revision)
	newest := documentOf(t, org, version(9)).Representations[1].Tag.ETag(pubstore.Identity)
	w.publishDocument(documentOf(t, org, version(10)), rec)
	w.advanceClock(time.Second)
	a = w.modes(org, tok, "If-None-Match", newest)
	require.Equal(t, 200, a.status)
	_, revision = revisionOf(t, a.body)
	assert.Equal(t, int64(10), revision)
}

// A comparison finds every missed change: documents, revoked tokens, and tokens that are
// gone.
func TestResyncFindsMissedChanges(t *testing.T) {
	w := newWorld(t)
	w.freeze() // silence is another reason to compare
	orgs, toks := map[int]string{}, map[int]string{}
	for i := range 20 {
		orgs[i], toks[i] = w.newOrganization()
		require.Equal(t, 200, w.modes(orgs[i], toks[i]).status)
	}
	revoked, rec := w.newToken(orgs[0])
	require.Equal(t, 200, w.modes(orgs[0], revoked).status)
	rec.Revoked, rec.Version = true, 2
	// A reader that queries the log's end at that moment sees another incarnation.
	compared := func() float64 { return w.resyncs(causeResync) + w.resyncs(causeIncarnation) }
	before := compared()
	w.fill(func(r pubstore.Reconciliation) {
		for i := range 20 {
			w.publish(orgs[i], 2, r)
		}
		w.publishToken(rec, r)
	})
	w.eventually(func() bool { return compared() == before+1 }, "it resyncs")
	for i := range 20 {
		a := w.modes(orgs[i], toks[i])
		_, revision := revisionOf(t, a.body)
		assert.Equal(t, int64(2), revision)
		assert.Regexp(t, anyHit, a.header.Get("Cache-Status"))
	}
	assert.Equal(t, 401, w.modes(orgs[0], revoked).status)
}

// If the log loses entries, the reader detects the gap.
func TestLogGapCausesResync(t *testing.T) {
	w := newWorld(t)
	w.freeze() // silence is another reason to compare
	org, tok := w.newOrganization()
	require.Equal(t, 200, w.modes(org, tok).status)
	gaps := w.resyncs(causeGap)
	// An entry that was counted but does not exist.
	w.redis.Do("HINCRBY", "{om}:meta", "n", "1")
	w.publish(org, 2)
	w.eventually(func() bool { return w.resyncs(causeGap) == gaps+1 }, "it sees the gap")
	w.awaitRevision(org, tok, 2)
}

func TestLogRegressionCausesResync(t *testing.T) {
	w := newWorld(t)
	w.freeze() // silence is another reason to compare
	org, tok := w.newOrganization()
	require.Equal(t, 200, w.modes(org, tok).status)
	before := w.resyncs(causeRegression)
	w.redis.Do("HINCRBY", "{om}:meta", "n", "-2")
	w.eventually(func() bool { return w.resyncs(causeRegression) > before }, "it sees that")
	assert.Equal(t, 200, w.modes(org, tok).status)
}

func TestLogEntriesForAbsentKeysLoadNothing(t *testing.T) {
	w := newWorld(t)
	loads := testutil.ToFloat64(w.metrics.documentLoads.ok)
	org, tok := uuid.NewString(), w.keys.Mint()
	w.publish(org, 1)
	w.publishToken(recordOf(tok, org))
	w.eventually(func() bool {
		return testutil.ToFloat64(w.metrics.entries.WithLabelValues("token")) == 1
	}, "the entries were applied")
	assert.Equal(t, loads, testutil.ToFloat64(w.metrics.documentLoads.ok), "it was not requested")
	_, ok := w.tokens.backend.peek(token.HashOf([]byte(tok)))
	assert.False(t, ok)
}
