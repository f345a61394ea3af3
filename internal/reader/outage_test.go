package reader

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/prove"
	"orgmodes/internal/pubstore"
)

// warmOrganization is a resident organization, with a token for it and the tag of its modes.
type warmOrganization struct{ org, tok, tag string }

func (w *world) newWarmOrganization() warmOrganization {
	w.t.Helper()
	org, tok := w.newOrganization()
	a := w.modes(org, tok, "Accept-Encoding", "gzip")
	require.Equal(w.t, 200, a.status)
	return warmOrganization{org, tok, a.header.Get("ETag")}
}

// requireServed checks that a warm document is served as if nothing had happened.
func (w *world) requireServed(x warmOrganization) {
	w.t.Helper()
	a := w.modes(x.org, x.tok, "Accept-Encoding", "gzip", "If-None-Match", x.tag)
	require.Equal(w.t, 304, a.status)
	a = w.modes(x.org, x.tok)
	require.Equal(w.t, 200, a.status)
	org, _ := revisionOf(w.t, a.body)
	require.Equal(w.t, x.org, org)
}

// A document that is missing from a Redis that claims to have everything stays: only a
// tombstone removes a document.
func TestDocumentMissingFromRedisStays(t *testing.T) {
	w := newWorld(t)
	w.freeze() // silence is another reason to compare
	x := w.newWarmOrganization()
	w.redis.Do("DEL", "{om}:doc:"+x.org)
	w.redis.Do("HDEL", "{om}:revs", x.org)
	w.advanceClock(time.Second)                                               // past the reload interval
	ahead := w.modes(x.org, x.tok, "If-None-Match", `"1.9.0123456789abcdef"`) // triggers a recheck
	require.Equal(t, 304, ahead.status)
	w.requireServed(x)
	before := w.resyncs(causeGap)
	w.redis.Do("HINCRBY", "{om}:meta", "n", "1")
	w.publish(uuid.NewString(), 1)
	w.eventually(func() bool { return w.resyncs(causeGap) > before }, "it has compared")
	w.requireServed(x)
	assert.Regexp(t, anyHit, w.status(x.org, x.tok))
}

func TestWarmReaderSurvivesKilledRedis(t *testing.T) {
	w := newWorld(t)
	x := w.newWarmOrganization()
	cold := uuid.NewString()
	w.publish(cold, 1)
	coldTok, _ := w.newToken(x.org, cold)
	w.redis.Kill()
	for range 50 {
		w.requireServed(x)
	}
	// A value that isn't resident can't be checked or loaded: 503, never 401.
	requireProblem(t, w.modes(x.org, coldTok), 503, "unavailable")
	requireProblem(t, w.modes(x.org, w.keys.Mint()), 503, "unavailable")
	// A made-up token is refused without a query.
	requireProblem(t, w.modes(x.org, renameKey(mintElsewhere(t))), 401, "token_refused")
	require.NoError(t, w.Ready(), "readiness is not Redis' health")

	// Redis comes back empty, and is filled with newer versions.
	w.redis.Restart()
	w.requireServed(x)
	requireProblem(t, w.modes(x.org, coldTok), 503, "unavailable")
	w.fill(func(r pubstore.Reconciliation) {
		w.publish(x.org, 2, r)
		w.publishToken(recordOf(x.tok, x.org), r)
		w.publish(cold, 1, r)
		w.publishToken(recordOf(coldTok, x.org, cold), r)
	})
	w.awaitRevision(x.org, x.tok, 2)
	w.eventually(func() bool { return w.modes(cold, coldTok).status == 200 }, "what was cold is there")
}

func TestWarmReaderSurvivesFlushedRedis(t *testing.T) {
	w := newWorld(t)
	x := w.newWarmOrganization()
	w.redis.FlushAll()
	deadline := time.Now().Add(2 * logBlock) // until after the reader has noticed
	for time.Now().Before(deadline) {
		w.requireServed(x)
	}
	tok := w.keys.Mint()
	requireProblem(t, w.modes(x.org, tok), 503, "unavailable")
	requireProblem(t, w.modes(x.org, tok), 503, "unavailable")
	w.fill(func(r pubstore.Reconciliation) {
		w.publish(x.org, 2, r)
		w.publishToken(recordOf(x.tok, x.org), r)
	})
	w.awaitRevision(x.org, x.tok, 2)
	// An absence is certain once everything has been compared and a watermark confirms it.
	w.eventually(func() bool { return w.modes(x.org, tok).status == 401 }, "it is refused")
	requireProblem(t, w.modes(x.org, tok), 401, "token_refused")
}

// Redis does not answer at all: warm clients don't notice, and the others don't
// wait for long.
func TestWarmReaderSurvivesFrozenRedis(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.queryTimeout = queryTimeout })
	x := w.newWarmOrganization()
	cold, _ := w.newToken(x.org)
	w.redis.Pause()
	defer w.redis.Resume()
	// Redis stays frozen until all of this is answered.
	requireProblem(t, w.modes(x.org, cold), 503, "unavailable")
	for range 20 {
		w.requireServed(x)
	}
	// A client that is ahead waits for the recheck, but no longer than that.
	assert.Equal(t, 304, w.modes(x.org, x.tok, "If-None-Match", `"1.9.0123456789abcdef"`).status)
}

// The record changed and can't be loaded: the previous one no longer counts.
func TestOutdatedTokenIsNotTrusted(t *testing.T) {
	w := newWorld(t)
	x := w.newWarmOrganization()
	rec := recordOf(x.tok, x.org)
	w.redis.Kill()
	w.tokens.handlePublished(rec.Hash, tokenVersion(1, 2))
	requireProblem(t, w.modes(x.org, x.tok), 503, "unavailable")
}

func TestReaderStartsWithoutRedis(t *testing.T) {
	w := newEmptyWorld(t)
	require.Error(t, w.Ready())
	require.Error(t, w.Started())
	requireProblem(t, w.modes(uuid.NewString(), w.keys.Mint()), 503, "unavailable")
	assert.Equal(t, 200, w.get("/api/marketplace/modes", "").status)
	w.redis.Kill()
	w.redis.Restart()
	require.Error(t, w.Ready())
	w.fill()
	w.awaitReady()
	org, tok := w.newOrganization()
	assert.Equal(t, 200, w.modes(org, tok).status)
	w.Drain()
	require.Error(t, w.Ready())
	require.NoError(t, w.Started())
	assert.Equal(t, 200, w.modes(org, tok).status)
}

// With many organizations, many tokens, and concurrent changes and evictions, every
// body belongs to the requested organization.
func TestBodyAlwaysBelongsToRequestedOrganization(t *testing.T) {
	organizations, requests := 20, 30
	if prove.Enabled() {
		organizations, requests = 40, 60
	}
	w := newWorld(t, func(o *Options) { o.CacheBytes = uint64(organizations) * 5 << 10 }) // not all fit
	w.freeze()
	type member struct{ org, tok string }
	var all []member
	for range organizations {
		org, tok := w.newOrganization()
		all = append(all, member{org, tok})
	}
	codings := []string{"", "gzip", "br", "zstd"}
	stop := make(chan struct{})
	var changes, readers sync.WaitGroup
	changes.Go(func() {
		for revision := int64(2); ; revision++ {
			for _, m := range all {
				select {
				case <-stop:
					return
				default:
					w.publish(m.org, revision)
				}
			}
		}
	})
	for g := range 8 {
		readers.Go(func() {
			for i := range requests {
				own, other := all[(g*31+i*7)%organizations], all[(g*17+i*5+1)%organizations]
				coding := codings[(g+i)%len(codings)]
				for path, name := range representationPaths(own.org) {
					a := w.get(path, own.tok, "Accept-Encoding", coding)
					if !assert.Equal(t, 200, a.status) {
						return
					}
					body := decode(t, a.header.Get("Content-Encoding"), a.body)
					org, revision := revisionOf(t, body)
					assert.Equal(t, own.org, org)
					assert.Equal(t, string(bodyOf(own.org, name, revision)), string(body))
					assert.Equal(t, digestOf(a.body), a.header.Get("Repr-Digest"))
				}
				if other != own {
					assert.Equal(t, 404, w.modes(other.org, own.tok).status)
					assert.Equal(t, 400, w.modes(own.org, own.tok, "X-KiloCode-OrganizationId", other.org).status)
				}
			}
		})
	}
	readers.Wait()
	close(stop)
	changes.Wait()
}
