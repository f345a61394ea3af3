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

	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
)

// scopeRead is the scope that lets a token read its organizations' modes.
const scopeRead = "read"

const (
	maxResidentTokens = 1_000_000
	maxAbsentTokens   = 100_000
	tokenLoads        = 32
	// Tokens of an unknown key are looked up at most at this rate. It is enough for a
	// reader that learns of a new key late, but useless for a flood.
	unknownKeyRate  = 50
	unknownKeyBurst = 100
)

// record is a token's record, prepared for requests. It is immutable.
type record struct {
	hash token.Hash
	// organizations holds the IDs that the token grants access to, 16 bytes each. Most
	// tokens share their list with others, so equal lists share one text.
	organizations unique.Handle[string]
	expiresAt     int64 // milliseconds since 1970; 0: never
	epoch         int64
	version       int64
	queried       time.Duration
	verified      uint64
	revoked       bool
	canRead       bool
	// newerKnown means that a newer version of the record was announced; version is that
	// one. Such a record is no longer authoritative, and stays only for the version.
	newerKnown bool
}

func (r record) publishedVersion() pubstore.Version { return tokenVersion(r.epoch, r.version) }

func (r record) newest() pubstore.Version { return r.publishedVersion() }

func (r record) outdated() bool { return r.newerKnown }

func (r record) markOutdated(newest pubstore.Version) record {
	return record{
		hash: r.hash, epoch: newest.Epoch, version: newest.Revision, queried: r.queried, verified: r.verified, newerKnown: true,
	}
}

func (r record) usable() bool { return !r.newerKnown }

func (r record) queriedAt() time.Duration { return r.queried }

func (r record) verifiedBy() uint64 { return r.verified }

func (r record) markVerified(by uint64) record {
	r.verified = by
	return r
}

// expired reports whether the token has expired.
func (r record) expired(now time.Time) bool {
	return r.expiresAt != 0 && now.UnixMilli() >= r.expiresAt
}

// grants reports whether the record grants access to the organization.
func (r record) grants(id organizationID) bool {
	if r.newerKnown {
		return false
	}
	for all := r.organizations.Value(); len(all) >= len(id); all = all[len(id):] {
		if string(id[:]) == all[:len(id)] {
			return true
		}
	}
	return false
}

func prepareRecord(t *pubstore.Token, queried time.Duration) record {
	r := record{
		hash: t.Hash, revoked: t.Revoked, canRead: slices.Contains(t.Scopes, scopeRead),
		epoch: t.Epoch, version: t.Version, queried: queried, verified: unverified,
	}
	if !t.ExpiresAt.IsZero() {
		r.expiresAt = t.ExpiresAt.UnixMilli()
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

// tokenVersion returns a token's (epoch, version) as a Version, so that one type of cache
// can order both.
func tokenVersion(epoch, version int64) pubstore.Version {
	return pubstore.Version{Epoch: epoch, Revision: version}
}

// parseTokenVersion parses "epoch.version" of a log entry. For a malformed one it
// returns the zero Version, which is newer than no other.
func parseTokenVersion(s string) pubstore.Version {
	e, v, _ := strings.Cut(s, ".")
	epoch, err1 := strconv.ParseInt(e, 10, 64)
	version, err2 := strconv.ParseInt(v, 10, 64)
	if err1 != nil || err2 != nil {
		return pubstore.Version{}
	}
	return tokenVersion(epoch, version)
}

// tokens authenticates callers.
//
//	resident ──▶ record ──────────────────────▶ revoked, expired, scope ──▶ ok
//	   │ no                          ▲
//	filter ──▶ malformed, forged     │ there
//	   │ plausible, unknown key      │
//	refused before? ──▶ absent       │
//	   │ no                          │
//	rate (unknown key) ────▶ Redis ──┴▶ absent, or unknown
type tokens struct {
	keys *token.Keys
	cache[token.Hash, record]
	table *table
	clock Clock
	// maxStale is how long a record can be trusted without being verified again.
	maxStale time.Duration
	// absent holds tokens that Redis confirmed to be absent, with the generation of the
	// lookup. An entry counts only while that generation is current.
	absent            *otter.Cache[token.Hash, uint64]
	generation        atomic.Uint64
	unknownKeyLimiter rateLimiter
}

func newTokens(keys *token.Keys, load func(context.Context, token.Hash) (*pubstore.Token, pubstore.Position, error),
	maxStale time.Duration, clock Clock, f *freshness, m *metrics,
) *tokens {
	t := &tokens{
		keys: keys, clock: clock, maxStale: max(maxStale, freshFor),
		absent:            otter.Must(&otter.Options[token.Hash, uint64]{MaximumSize: maxAbsentTokens}),
		unknownKeyLimiter: rateLimiter{rate: unknownKeyRate, burst: unknownKeyBurst, available: unknownKeyBurst, last: clock.mono()},
		table:             newTable(maxResidentTokens, m.tokenEvictions.Inc),
	}
	t.cache = cache[token.Hash, record]{
		backend: t.table,
		load: func(ctx context.Context, h token.Hash) (record, pubstore.Position, error) {
			queried := clock.mono()
			rec, at, err := load(ctx, h)
			if err != nil {
				return record{}, at, err
			}
			return prepareRecord(rec, queried), at, nil
		},
		following:    f.following.Load,
		removeAbsent: true,
		queryTimeout: queryTimeout,
		slots:        make(chan struct{}, tokenLoads),
		now:          clock.mono,
		loads:        m.tokenLoads,
	}
	t.open()
	return t
}

func (t *tokens) close() {
	t.cache.close()
	t.absent.StopAllGoroutines()
}

// handlePublished applies a log entry: the token is outdated from now on, and a token that
// was refused may exist now.
func (t *tokens) handlePublished(h token.Hash, version pubstore.Version) {
	t.generation.Add(1)
	t.markNewer(h, version)
}

// authResult is the result of an authentication.
type authResult uint8

const (
	authOK authResult = iota
	authMissing
	authMalformed
	authForged
	authAbsent
	authRevoked
	authExpired
	authScope
	authRateLimited
	authUnknown // can't be checked now
	authResultCount
)

// caller is an authenticated caller. asOf is the time from which there may be changes to
// the record that we don't know.
type caller struct {
	record record
	asOf   time.Time
}

// authenticate returns the record of a bearer token that has read access. The caller must check
// which organizations it grants access to, and must have read the lease before.
//
// A record counts only if the lease makes a recent enough statement about it. A token
// that was revoked or has expired stays so for good.
func (t *tokens) authenticate(presented []byte, l *lease, now instant) (caller, authResult) {
	h := token.HashOf(presented)
	rec, ok := t.resident(h)
	if !ok {
		var result authResult
		if rec, result = t.lookup(h, presented, l, now); result != authOK {
			return caller{}, result
		}
	}
	switch {
	case rec.revoked:
		return caller{}, authRevoked
	case rec.expired(now.wall):
		return caller{}, authExpired
	case !l.covers(rec.verified):
		return caller{}, authUnknown
	}
	asOf := l.tokenAsOf(h, rec.verified)
	switch {
	case l.age(asOf, now) > t.maxStale:
		return caller{}, authUnknown
	case !rec.canRead:
		return caller{}, authScope
	}
	return caller{rec, asOf}, authOK
}

// lookup checks a token with the filter, then looks it up in Redis.
func (t *tokens) lookup(h token.Hash, presented []byte, l *lease, now instant) (record, authResult) {
	verdict := t.keys.Check(presented)
	switch verdict {
	case token.Malformed:
		return record{}, authMalformed
	case token.Forged:
		return record{}, authForged
	}
	generation := t.generation.Load()
	if g, ok := t.absent.GetIfPresent(h); ok && g == generation {
		return record{}, t.authResultIfMissing(h, l, now)
	}
	if verdict == token.UnknownKey && !t.unknownKeyLimiter.allow(now.mono) {
		return record{}, authRateLimited
	}
	ctx, cancel := context.WithTimeout(t.base, t.queryTimeout)
	defer cancel()
	rec, _, err := t.fetch(ctx, h)
	switch {
	case err == nil:
		return rec, authOK
	case errors.Is(err, pubstore.ErrAbsent):
		// Use the generation from before the query: a token that was published during
		// the query is not remembered as refused.
		t.absent.Set(h, generation)
		return record{}, t.authResultIfMissing(h, l, now)
	default:
		return record{}, authUnknown
	}
}

// authResultIfMissing returns the result for a token that Redis doesn't have. It is absent only
// while we know that Redis has everything.
func (t *tokens) authResultIfMissing(h token.Hash, l *lease, now instant) authResult {
	log := t.following()
	// unverified: nothing was loaded that an earlier segment could have verified.
	if log == nil || !l.covers(log.number) || l.age(l.tokenAsOf(h, unverified), now) > freshFor {
		return authUnknown
	}
	return authAbsent
}

// rateLimiter is a token bucket.
type rateLimiter struct {
	mu          sync.Mutex
	rate, burst float64 // per second, and the maximum
	available   float64
	last        time.Duration
}

func (b *rateLimiter) allow(now time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if d := now - b.last; d > 0 {
		b.available = min(b.burst, b.available+d.Seconds()*b.rate)
		b.last = now
	}
	if b.available < 1 {
		return false
	}
	b.available--
	return true
}
