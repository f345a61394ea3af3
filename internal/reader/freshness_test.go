package reader

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
)

const (
	freshHit = "orgmodes; hit"
	staleHit = "orgmodes; hit; detail=stale"
	// anyHit matches both: watermarks are rare in most tests, so on a slow machine an
	// answer may be stale.
	anyHit = "^orgmodes; hit(; detail=stale)?$"
)

// status returns the Cache-Status of an organization's answer.
func (w *world) status(org, tok string) string {
	w.t.Helper()
	a := w.modes(org, tok)
	require.Equal(w.t, 200, a.status)
	return a.header.Get("Cache-Status")
}

// awaitWatermark logs a watermark and waits until the reader has applied it, or ignored it
// as older than its lease.
func (w *world) awaitWatermark(m pubstore.Watermark) {
	w.t.Helper()
	before := testutil.ToFloat64(w.metrics.entries.WithLabelValues("mark"))
	w.writeWatermark(m)
	w.eventually(func() bool {
		return testutil.ToFloat64(w.metrics.entries.WithLabelValues("mark")) > before
	}, "the watermark was applied")
}

func TestLeaseAgeIsTheGreaterOfBothClocks(t *testing.T) {
	asOf := time.Unix(1_700_000_000, 0)
	l := newLease(&pubstore.Watermark{AsOf: asOf}, 1, time.Minute, nil)
	for _, c := range []struct{ wall, mono, want time.Duration }{
		{0, 0, 0},
		{3 * time.Second, time.Second, 3 * time.Second},
		{time.Second, 3 * time.Second, 3 * time.Second},    // the wall clock was set back
		{-time.Hour, 2 * time.Second, 2 * time.Second},     // far back
		{time.Hour, time.Second, time.Hour},                // the machine slept
		{-200 * time.Millisecond, 0, 0 * time.Millisecond}, // it is behind the database's
	} {
		got := l.age(asOf, instant{asOf.Add(c.wall), time.Minute + c.mono})
		assert.Equal(t, c.want+skewAllowance, got)
	}
	// An exclusion is older, by both clocks.
	pending := asOf.Add(-time.Second)
	assert.Equal(t, 4*time.Second+skewAllowance, l.age(pending, instant{asOf, time.Minute + 3*time.Second}))
	assert.Equal(t, 4*time.Second+skewAllowance, l.age(pending, instant{asOf.Add(3 * time.Second), time.Minute}))
}

func TestLeaseNeverMovesBack(t *testing.T) {
	var f freshness
	at, id := time.Unix(1_700_000_000, 0), organizationID{1}
	take := func(m *pubstore.Watermark, s *segment, now time.Duration) bool {
		l := f.nextLease(m, s, now)
		if l != nil {
			f.lease.Store(l)
		}
		return l != nil
	}
	one := f.beginSegment(pubstore.Position{Incarnation: 1, N: 10})
	require.True(t, take(&pubstore.Watermark{AsOf: at, Organizations: map[string]time.Time{id.String(): at.Add(-time.Second)}}, one, 5))
	// The same watermark, and a delayed one: both are ignored, with their exclusions.
	require.False(t, take(&pubstore.Watermark{AsOf: at}, one, 6))
	require.False(t, take(&pubstore.Watermark{AsOf: at.Add(-1)}, one, 7))
	assert.Equal(t, at.Add(-time.Second), f.lease.Load().organizationAsOf(id, 0))
	assert.Equal(t, time.Duration(5), f.lease.Load().receivedAt)
	// In another segment, the same watermark applies to values verified by that segment.
	// The time of its first arrival counts.
	two := f.beginSegment(pubstore.Position{Incarnation: 1, N: 20})
	assert.False(t, f.lease.Load().covers(two.number))
	require.True(t, take(&pubstore.Watermark{AsOf: at}, two, 8))
	assert.True(t, f.lease.Load().covers(two.number))
	assert.True(t, f.lease.Load().covers(one.number))
	assert.False(t, f.lease.Load().covers(unverified))
	assert.Equal(t, time.Duration(5), f.lease.Load().receivedAt)
	require.True(t, take(&pubstore.Watermark{AsOf: at.Add(1)}, two, 9))
	assert.Equal(t, time.Duration(9), f.lease.Load().receivedAt)
	assert.False(t, (*lease)(nil).covers(0))
}

// If Redis lost the data of a subject, values loaded before remain as fresh as they were.
// Values loaded after that are not covered.
func TestExclusionKeepsEarlierFreshness(t *testing.T) {
	var f freshness
	at, created, h, id := time.Unix(1_700_000_000, 0), time.Unix(1_600_000_000, 0), token.Hash{1}, organizationID{1}
	take := func(s *segment, after time.Duration, since time.Time) {
		m := &pubstore.Watermark{AsOf: at.Add(after)}
		if !since.IsZero() {
			m.Tokens = map[token.Hash]time.Time{h: since}
			m.Organizations = map[string]time.Time{id.String(): since}
		}
		f.lease.Store(f.nextLease(m, s, after))
	}
	checkAsOf := func(s *segment, want time.Time) {
		t.Helper()
		assert.Equal(t, want, f.lease.Load().tokenAsOf(h, s.number))
		assert.Equal(t, want, f.lease.Load().organizationAsOf(id, s.number))
	}
	one := f.beginSegment(pubstore.Position{Incarnation: 1, N: 10})
	take(one, 0, time.Time{})
	two := f.beginSegment(pubstore.Position{Incarnation: 2, N: 20})
	take(two, time.Second, created)
	checkAsOf(one, at)
	checkAsOf(two, created)
	// It stays like that: later watermarks promise no more.
	three := f.beginSegment(pubstore.Position{Incarnation: 3, N: 30})
	for i := range 3 {
		take(three, time.Duration(2+i)*time.Second, created)
		checkAsOf(one, at)
		checkAsOf(two, created)
		checkAsOf(three, created)
	}
	take(three, 5*time.Second, time.Time{})
	checkAsOf(three, at.Add(5*time.Second))
	// A change of the subject counts from when it was made, for every segment.
	take(three, 6*time.Second, at.Add(5500*time.Millisecond))
	checkAsOf(one, at.Add(5500*time.Millisecond))
	take(three, 7*time.Second, at.Add(5500*time.Millisecond))
	checkAsOf(three, at.Add(5500*time.Millisecond))
	// A subject first seen with an exclusion has no earlier statement to fall back on.
	other := freshness{}
	first := other.beginSegment(pubstore.Position{Incarnation: 1, N: 1})
	l := other.nextLease(&pubstore.Watermark{AsOf: at, Tokens: map[token.Hash]time.Time{h: created}}, first, 0)
	assert.Equal(t, created, l.tokenAsOf(h, first.number))
}

// A segment verifies an answer that contains everything announced by the log.
func TestSegmentVerifiesCompleteAnswers(t *testing.T) {
	s := new(freshness).beginSegment(pubstore.Position{Incarnation: 3, N: 10})
	assert.Equal(t, s.number, s.verifies(10, pubstore.Position{Incarnation: 3, N: 10}))
	assert.Equal(t, s.number, s.verifies(10, pubstore.Position{Incarnation: 3, N: 11}))
	for _, at := range []pubstore.Position{{}, {Incarnation: 3, N: 9}, {Incarnation: 2, N: 10}, {Incarnation: 4, N: 10}} {
		assert.Equal(t, uint64(unverified), s.verifies(10, at))
	}
	assert.Equal(t, uint64(unverified), (*segment)(nil).verifies(0, pubstore.Position{}))
}

func TestAnswerIsFreshOnlyWithRecentWatermark(t *testing.T) {
	w := newWorld(t)
	w.freeze()
	org, tok := w.newOrganization()
	other, otherTok := w.newOrganization()
	assert.Equal(t, "orgmodes; fwd=miss; stored", w.status(org, tok))
	assert.Equal(t, freshHit, w.status(org, tok))
	w.status(other, otherTok)
	w.advanceClock(freshFor - time.Second - skewAllowance)
	assert.Equal(t, freshHit, w.status(org, tok))
	w.advanceClock(time.Second + skewAllowance)
	assert.Equal(t, staleHit, w.status(org, tok))
	a := w.modes(org, tok, "If-None-Match", w.modes(org, tok).header.Get("ETag"))
	assert.Equal(t, 304, a.status)
	assert.Equal(t, staleHit, a.header.Get("Cache-Status"))
	w.advanceClock(time.Second)
	w.eventually(func() bool { return w.resyncs(causeSilence) > 0 }, "it compares everything")

	now, _ := w.now()
	w.awaitWatermark(pubstore.Watermark{AsOf: now, Organizations: map[string]time.Time{org: now.Add(-time.Minute)}})
	assert.Equal(t, staleHit, w.status(org, tok), "it is unpublished")
	assert.Equal(t, freshHit, w.status(other, otherTok), "and no other")
	w.awaitWatermark(pubstore.Watermark{AsOf: now.Add(-time.Second)})
	assert.Equal(t, staleHit, w.status(org, tok), "older watermarks have no effect")
	excluded := map[token.Hash]time.Time{token.HashOf([]byte(otherTok)): now.Add(-time.Minute)}
	w.awaitWatermark(pubstore.Watermark{Tokens: excluded})
	assert.Equal(t, freshHit, w.status(other, otherTok), "the previous watermark did not exclude it")
	w.advanceClock(freshFor)
	now, _ = w.now()
	w.awaitWatermark(pubstore.Watermark{AsOf: now, Tokens: excluded})
	assert.Equal(t, freshHit, w.status(org, tok))
	assert.Equal(t, staleHit, w.status(other, otherTok), "the token's record may have changed")
}

// During a comparison the age of resident values is unknown, whatever the last watermark
// stated.
func TestAnswersAreStaleDuringResync(t *testing.T) {
	w := newWorld(t)
	w.freeze()
	x := w.newWarmOrganization()
	w.awaitWatermark(pubstore.Watermark{})
	require.Equal(t, freshHit, w.status(x.org, x.tok))
	w.freshness.synced.Store(false)
	assert.Equal(t, staleHit, w.status(x.org, x.tok))
	w.freshness.synced.Store(true)
	assert.Equal(t, freshHit, w.status(x.org, x.tok))
}

// If the log announced a newer version that can't be loaded, the resident one is served as
// stale, however recent the watermarks are.
func TestOutdatedDocumentIsServedAsStale(t *testing.T) {
	w := newWorld(t)
	x := w.newWarmOrganization()
	w.publish(x.org, 2)
	w.awaitRevision(x.org, x.tok, 2)
	w.redis.Do("HSET", "{om}:doc:"+x.org, "index", "damaged")
	id, _ := parseOrganization(x.org)
	w.documents.handlePublished(id, version(3))
	w.awaitWatermark(pubstore.Watermark{})
	assert.Equal(t, staleHit, w.status(x.org, x.tok))
	w.publish(x.org, 3)
	w.eventually(func() bool { return w.status(x.org, x.tok) == freshHit }, "the newer one is there")
	w.awaitRevision(x.org, x.tok, 3)
}

// A Redis that lost writes answers a load, or a comparison, under the same
// incarnation. Its answer is served as stale, and no token is accepted or refused because
// of it.
func TestLaggingRedisMakesAnswersStaleAndTokensUnknown(t *testing.T) {
	w := newWorld(t)
	w.freeze() // silence is another reason to compare
	org, tok := w.newOrganization()
	cold, coldTok := w.newOrganization()
	both, _ := w.newToken(org, cold)
	w.status(org, both)
	require.Equal(t, freshHit, w.status(org, both))
	w.awaitWatermark(pubstore.Watermark{})
	n, _, err := w.store.LogTail(t.Context())
	require.NoError(t, err)
	for i := range int64(3) {
		w.redis.Do("XDEL", "{om}:log", fmt.Sprintf("%d-0", n-i))
	}
	w.redis.Do("HINCRBY", "{om}:meta", "n", "-3")
	assert.Equal(t, "orgmodes; fwd=miss; stored; detail=stale", w.status(cold, both))
	requireProblem(t, w.modes(cold, coldTok), 503, "unavailable")
	requireProblem(t, w.modes(cold, w.keys.Mint()), 503, "unavailable")
	assert.Equal(t, 503, w.modes(org, tok).status, "it was never requested")

	// The reader has detected that, and compared. Values that were warm are unchanged;
	// earlier watermarks do not cover values loaded now.
	w.eventually(func() bool { return w.resyncs(causeRegression) > 0 }, "it has seen that")
	w.eventually(func() bool { return w.status(org, both) == freshHit }, "what was warm")
	third, thirdTok := uuid.NewString(), w.keys.Mint()
	requireProblem(t, w.modes(third, thirdTok), 503, "unavailable")
	requireProblem(t, w.modes(cold, coldTok), 503, "unavailable")
	// After a reconciliation and a watermark:
	w.fill()
	w.eventually(func() bool { return w.modes(cold, coldTok).status == 200 }, "it is accepted")
	requireProblem(t, w.modes(third, thirdTok), 401, "token_refused")
	w.eventually(func() bool { return w.status(cold, both) == freshHit }, "and fresh")
}

// A warm token that Redis has lost still grants access until a watermark states that Redis
// has everything. After that, the token does not exist.
func TestTokenLostByRedisIsAcceptedUntilWatermark(t *testing.T) {
	w := newWorld(t)
	w.freeze() // silence is another reason to compare
	x := w.newWarmOrganization()
	key := fmt.Sprintf("{om}:tok:%x", token.HashOf([]byte(x.tok)))
	w.redis.Do("DEL", key)
	before := w.resyncs(causeGap)
	w.redis.Do("HINCRBY", "{om}:meta", "n", "1")
	w.publish(uuid.NewString(), 1)
	w.eventually(func() bool { return w.resyncs(causeGap) > before }, "it has compared")
	w.requireServed(x)
	w.awaitWatermark(pubstore.Watermark{})
	requireProblem(t, w.modes(x.org, x.tok), 401, "token_refused")
}

// A token is trusted for AUTH_MAX_STALE after the last watermark. After that it can't be
// checked, but it isn't refused.
func TestTokenIsTrustedForAuthMaxStale(t *testing.T) {
	for name, c := range map[string]struct{ setting, trusted time.Duration }{
		"15 minutes": {15 * time.Minute, 15 * time.Minute},
		"strict":     {0, freshFor},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(o *Options) { o.AuthMaxStale = c.setting })
			x := w.newWarmOrganization()
			revoked, rec := w.newToken(x.org)
			require.Equal(t, 200, w.modes(x.org, revoked).status)
			rec.Revoked, rec.Version = true, 2
			w.publishToken(rec)
			w.eventually(func() bool { return w.modes(x.org, revoked).status == 401 }, "it is refused")
			w.awaitWatermark(pubstore.Watermark{})
			w.advanceClock(c.trusted - time.Second)
			w.requireServed(x)
			w.advanceClock(time.Second)
			a := w.modes(x.org, x.tok)
			requireProblem(t, a, 503, "unavailable")
			assert.NotEmpty(t, a.header.Get("Retry-After"))
			assert.Equal(t, 401, w.modes(x.org, revoked).status, "what was revoked is revoked")
			now, _ := w.now()
			w.awaitWatermark(pubstore.Watermark{AsOf: now, Tokens: map[token.Hash]time.Time{token.HashOf([]byte(x.tok)): now.Add(-c.trusted)}})
			requireProblem(t, w.modes(x.org, x.tok), 503, "unavailable")
			w.awaitWatermark(pubstore.Watermark{})
			w.requireServed(x)
		})
	}
}

// An absent token is refused only while Redis is known to have everything.
func TestAbsentTokenIsRefusedOnlyWhileFresh(t *testing.T) {
	w := newWorld(t)
	org, _ := w.newOrganization()
	tok := w.keys.Mint()
	requireProblem(t, w.modes(org, tok), 401, "token_refused")
	w.advanceClock(freshFor)
	requireProblem(t, w.modes(org, tok), 503, "unavailable")
	loads := testutil.ToFloat64(w.metrics.tokenLoads.absent)
	for range 20 {
		requireProblem(t, w.modes(org, tok), 503, "unavailable")
	}
	assert.Less(t, testutil.ToFloat64(w.metrics.tokenLoads.absent), loads+3, "and Redis is not queried again")
	w.awaitWatermark(pubstore.Watermark{})
	requireProblem(t, w.modes(org, tok), 401, "token_refused")
	hash := token.HashOf([]byte(tok))
	now, _ := w.now()
	w.awaitWatermark(pubstore.Watermark{AsOf: now, Tokens: map[token.Hash]time.Time{hash: now.Add(-time.Minute)}})
	requireProblem(t, w.modes(org, tok), 503, "unavailable")
}

// A client that is ahead gets no older version until it is certain that the version
// it has does not exist.
func TestTagOfNonexistentVersionIsReplacedOnceDisproved(t *testing.T) {
	w := newWorld(t)
	w.freeze()
	x := w.newWarmOrganization()
	for _, tag := range []string{`"1.9.0123456789abcdef"`, `"2.1.0123456789abcdef-br"`} {
		poll := func() answer { return w.modes(x.org, x.tok, "If-None-Match", tag) }
		a := poll()
		require.Equal(t, 304, a.status)
		assert.Equal(t, tag, a.header.Get("ETag"))
		assert.Equal(t, staleHit, a.header.Get("Cache-Status"), "there may be newer versions")
		firstSeen, _ := w.now()
		w.advanceClock(time.Second)
		w.awaitWatermark(pubstore.Watermark{AsOf: firstSeen}) // not yet: the clocks may differ
		require.Equal(t, 304, poll().status)
		// Only changes to this organization matter.
		late := firstSeen.Add(skewAllowance + 20*time.Millisecond)
		w.awaitWatermark(pubstore.Watermark{AsOf: late, Organizations: map[string]time.Time{x.org: firstSeen}})
		require.Equal(t, 304, poll().status)
		w.awaitWatermark(pubstore.Watermark{AsOf: late.Add(time.Millisecond)})
		a = poll()
		require.Equal(t, 200, a.status)
		assert.Equal(t, freshHit, a.header.Get("Cache-Status"))
		// Another tag was not seen before. A tag that is proven wrong proves nothing about
		// the client's other tags.
		another := `"1.8.0123456789abcdef"`
		if tag[1] == '2' {
			another = `"2.8.0123456789abcdef"`
		}
		require.Equal(t, 304, w.modes(x.org, x.tok, "If-None-Match", tag+", "+another).status)
		// A lease that is not fresh proves nothing.
		w.advanceClock(freshFor)
		require.Equal(t, 304, poll().status)
	}
}
