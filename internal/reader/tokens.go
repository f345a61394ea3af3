package reader

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unique"

	"github.com/maypok86/otter/v2"

	"orgmodes/internal/snapshot"
	"orgmodes/internal/token"
)

// scopeRead is the scope that lets a token read its organizations' modes.
const scopeRead = "read"

const (
	residentTokens = 1_000_000
	refusedTokens  = 100_000
	tokenLoads     = 32
	// Tokens of an unknown key are looked up at this rate: enough for a reader that
	// learns of a new key late, and nothing that a flood could use.
	unknownKeyRate  = 50
	unknownKeyBurst = 100
)

// record is a token's record, ready to be asked. It never changes.
type record struct {
	hash token.Hash
	// organizations are the ids that it opens, 16 bytes each. Most tokens open the
	// same ones as others do: those share one text.
	organizations unique.Handle[string]
	expires       int64 // milliseconds since 1970; 0: never
	epoch         int64
	version       int64
	asked         time.Duration
	confirmed     uint64
	revoked       bool
	mayRead       bool
	// superseded is a record of which a newer version was told of; version is
	// that one. It is no authority any more, and stays for the version alone.
	superseded bool
}

func (r record) publishedAs() snapshot.Version { return tokenVersion(r.epoch, r.version) }

func (r record) newest() snapshot.Version { return r.publishedAs() }

func (r record) outdated() bool { return r.superseded }

func (r record) outdate(newest snapshot.Version) record {
	return record{
		hash: r.hash, epoch: newest.Epoch, version: newest.Revision, asked: r.asked, confirmed: r.confirmed, superseded: true,
	}
}

func (r record) usable() bool { return !r.superseded }

func (r record) askedAt() time.Duration { return r.asked }

func (r record) confirmedBy() uint64 { return r.confirmed }

func (r record) confirm(by uint64) record {
	r.confirmed = by
	return r
}

// expired reports whether the token's time is over.
func (r record) expired(now time.Time) bool { return r.expires != 0 && now.UnixMilli() >= r.expires }

// opens reports whether the record names the organization.
func (r record) opens(id organizationID) bool {
	if r.superseded {
		return false
	}
	for all := r.organizations.Value(); len(all) >= len(id); all = all[len(id):] {
		if string(id[:]) == all[:len(id)] {
			return true
		}
	}
	return false
}

func prepareRecord(t *snapshot.Token, asked time.Duration) record {
	r := record{
		hash: t.Hash, revoked: t.Revoked, mayRead: slices.Contains(t.Scopes, scopeRead),
		epoch: t.Epoch, version: t.Version, asked: asked, confirmed: unconfirmed,
	}
	if !t.ExpiresAt.IsZero() {
		r.expires = t.ExpiresAt.UnixMilli()
	}
	all := make([]byte, 0, 64)
	for _, o := range t.Organizations {
		if id, ok := parseOrganization(o); ok {
			all = append(all, id[:]...)
		}
	}
	r.organizations = unique.Make(string(all))
	return r
}

// tokenVersion writes a token's (epoch, version) as a Version, so that one
// shelf can order both kinds.
func tokenVersion(epoch, version int64) snapshot.Version {
	return snapshot.Version{Epoch: epoch, Revision: version}
}

// parseTokenVersion reads "epoch.version" of a log entry. What can't be read
// is newer than nothing: the record is loaded in any case.
func parseTokenVersion(s string) snapshot.Version {
	e, v, _ := strings.Cut(s, ".")
	epoch, err1 := strconv.ParseInt(e, 10, 64)
	version, err2 := strconv.ParseInt(v, 10, 64)
	if err1 != nil || err2 != nil {
		return snapshot.Version{}
	}
	return tokenVersion(epoch, version)
}

// tokens decides who asks.
//
//	resident ──▶ record ──────────────────────▶ revoked, expired, scope ──▶ ok
//	   │ no                          ▲
//	filter ──▶ malformed, forged     │ there
//	   │ plausible, unknown key      │
//	refused before? ──▶ absent       │
//	   │ no                          │
//	budget (unknown key) ──▶ Redis ──┴▶ absent, or can't say
type tokens struct {
	keys *token.Keys
	shelf[token.Hash, record]
	table *table
	clock Clock
	// maxStale is for how long a record may be trusted that nothing newer confirms.
	maxStale time.Duration
	// refused holds tokens that Redis plainly doesn't have, with the generation
	// that they were looked up in; another generation is another world.
	refused    *otter.Cache[token.Hash, uint64]
	generation atomic.Uint64
	unknown    bucket
}

func newTokens(keys *token.Keys, load func(context.Context, token.Hash) (*snapshot.Token, snapshot.Position, error),
	maxStale time.Duration, clock Clock, f *freshness, m *metrics,
) *tokens {
	t := &tokens{
		keys: keys, clock: clock, maxStale: max(maxStale, freshFor),
		refused: otter.Must(&otter.Options[token.Hash, uint64]{MaximumSize: refusedTokens}),
		unknown: bucket{rate: unknownKeyRate, burst: unknownKeyBurst, left: unknownKeyBurst, last: clock.mono()},
		table:   newTable(residentTokens, m.tokenEvictions.Inc),
	}
	t.shelf = shelf[token.Hash, record]{
		memory: t.table,
		load: func(ctx context.Context, h token.Hash) (record, snapshot.Position, error) {
			asked := clock.mono()
			rec, at, err := load(ctx, h)
			if err != nil {
				return record{}, at, err
			}
			return prepareRecord(rec, asked), at, nil
		},
		following: f.following.Load,
		absent:    true,
		attempt:   attemptTime,
		slots:     make(chan struct{}, tokenLoads),
		now:       clock.mono,
		loads:     m.tokenLoads,
	}
	t.open()
	return t
}

func (t *tokens) close() {
	t.shelf.close()
	t.refused.StopAllGoroutines()
}

// published takes note of a log entry: the token is outdated from now on, and
// what was refused may exist now.
func (t *tokens) published(h token.Hash, version snapshot.Version) {
	t.generation.Add(1)
	t.newer(h, version)
}

// standing is what became of an authentication.
type standing uint8

const (
	standingOK standing = iota
	standingMissing
	standingMalformed
	standingForged
	standingAbsent
	standingRevoked
	standingExpired
	standingScope
	standingBudget
	standingUnknown // can't be checked now
	standings
)

// caller is who asks, and since when there may be changes to what we know of
// them.
type caller struct {
	record record
	asOf   time.Time
}

// who returns the record of a presented token, where it may read at all. Which
// organizations it opens is for the caller to ask. The lease was read before.
//
// A record counts only where the lease says something about it that is not too
// long ago. That a token was revoked, or has expired, is true for good.
func (t *tokens) who(presented []byte, l *lease, now instant) (caller, standing) {
	h := token.HashOf(presented)
	rec, ok := t.resident(h)
	if !ok {
		var s standing
		if rec, s = t.look(h, presented, l, now); s != standingOK {
			return caller{}, s
		}
	}
	switch {
	case rec.revoked:
		return caller{}, standingRevoked
	case rec.expired(now.wall):
		return caller{}, standingExpired
	case !l.covers(rec.confirmed):
		return caller{}, standingUnknown
	}
	asOf := l.ofToken(h, rec.confirmed)
	switch {
	case l.age(asOf, now) > t.maxStale:
		return caller{}, standingUnknown
	case !rec.mayRead:
		return caller{}, standingScope
	}
	return caller{rec, asOf}, standingOK
}

// look asks the filter, then Redis.
func (t *tokens) look(h token.Hash, presented []byte, l *lease, now instant) (record, standing) {
	verdict := t.keys.Check(presented)
	switch verdict {
	case token.Malformed:
		return record{}, standingMalformed
	case token.Forged:
		return record{}, standingForged
	}
	generation := t.generation.Load()
	if g, ok := t.refused.GetIfPresent(h); ok && g == generation {
		return record{}, t.absence(h, l, now)
	}
	if verdict == token.UnknownKey && !t.unknown.take(now.mono) {
		return record{}, standingBudget
	}
	ctx, cancel := context.WithTimeout(t.base, t.attempt)
	defer cancel()
	rec, _, err := t.fetch(ctx, h)
	switch {
	case err == nil:
		return rec, standingOK
	case errors.Is(err, snapshot.ErrAbsent):
		// The generation from before the question: a token that was published
		// while it flew is not remembered as refused.
		t.refused.Set(h, generation)
		return record{}, t.absence(h, l, now)
	default:
		return record{}, standingUnknown
	}
}

// absence judges a token that Redis plainly doesn't have: only while we know
// that Redis has everything does that mean that there is none.
func (t *tokens) absence(h token.Hash, l *lease, now instant) standing {
	log := t.following()
	// Nothing was loaded that could have been confirmed before.
	if log == nil || !l.covers(log.number) || l.age(l.ofToken(h, unconfirmed), now) > freshFor {
		return standingUnknown
	}
	return standingAbsent
}

// bucket is a token bucket.
type bucket struct {
	mu          sync.Mutex
	rate, burst float64 // per second, at most
	left        float64
	last        time.Duration
}

func (b *bucket) take(now time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if d := now - b.last; d > 0 {
		b.left = min(b.burst, b.left+d.Seconds()*b.rate)
		b.last = now
	}
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}
