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
	id            string
	organizations []organizationID
	expires       time.Time // zero: never
	revoked       bool
	mayRead       bool
	version       snapshot.Version
	asked         time.Time
	// outdated is a record of which a newer version was told of; version is
	// that one. It is no authority any more, and stays for the version alone.
	outdated bool
}

func (r *record) publishedAs() snapshot.Version { return r.version }

func (r *record) askedAt() time.Time { return r.asked }

func (r *record) trusted() bool { return !r.outdated }

// opens reports whether the record names the organization.
func (r *record) opens(id organizationID) bool { return slices.Contains(r.organizations, id) }

func prepareRecord(t *snapshot.Token, asked time.Time) *record {
	r := &record{
		id: t.ID, expires: t.ExpiresAt, revoked: t.Revoked, mayRead: slices.Contains(t.Scopes, scopeRead),
		version: tokenVersion(t.Epoch, t.Version), asked: asked,
	}
	for _, o := range t.Organizations {
		if id, ok := parseOrganization(o); ok {
			r.organizations = append(r.organizations, id)
		}
	}
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
	shelf[token.Hash, *record]
	// refused holds tokens that Redis plainly doesn't have, with the generation
	// that they were looked up in; another generation is another world.
	refused    *otter.Cache[token.Hash, uint64]
	generation atomic.Uint64
	unknown    bucket
}

func newTokens(keys *token.Keys, load func(context.Context, token.Hash) (*snapshot.Token, error),
	now func() time.Time, m *metrics,
) *tokens {
	t := &tokens{
		keys:    keys,
		refused: otter.Must(&otter.Options[token.Hash, uint64]{MaximumSize: refusedTokens}),
		unknown: bucket{rate: unknownKeyRate, burst: unknownKeyBurst, left: unknownKeyBurst, last: now()},
	}
	t.shelf = shelf[token.Hash, *record]{
		cache: otter.Must(&otter.Options[token.Hash, *record]{MaximumSize: residentTokens}),
		load: func(ctx context.Context, h token.Hash) (*record, error) {
			asked := now()
			rec, err := load(ctx, h)
			if err != nil {
				return nil, err
			}
			return prepareRecord(rec, asked), nil
		},
		distrust: func(old *record, atLeast snapshot.Version) *record {
			return &record{version: atLeast, asked: old.asked, outdated: true}
		},
		absent: true,
		slots:  make(chan struct{}, tokenLoads),
		now:    now,
		loads:  m.tokenLoads,
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

// who returns the record of a presented token, where it may read at all. Which
// organizations it opens is for the caller to ask.
func (t *tokens) who(presented []byte) (*record, standing) {
	h := token.HashOf(presented)
	rec, ok := t.resident(h)
	if !ok {
		var s standing
		if rec, s = t.look(h, presented); s != standingOK {
			return nil, s
		}
	}
	switch {
	case rec.revoked:
		return nil, standingRevoked
	case !rec.expires.IsZero() && !t.now().Before(rec.expires):
		return nil, standingExpired
	case !rec.mayRead:
		return nil, standingScope
	}
	return rec, standingOK
}

// look asks the filter, then Redis.
func (t *tokens) look(h token.Hash, presented []byte) (*record, standing) {
	verdict := t.keys.Check(presented)
	switch verdict {
	case token.Malformed:
		return nil, standingMalformed
	case token.Forged:
		return nil, standingForged
	}
	generation := t.generation.Load()
	if g, ok := t.refused.GetIfPresent(h); ok && g == generation {
		return nil, standingAbsent
	}
	if verdict == token.UnknownKey && !t.unknown.take(t.now()) {
		return nil, standingBudget
	}
	ctx, cancel := context.WithTimeout(t.base, attemptTime)
	defer cancel()
	rec, _, err := t.fetch(ctx, h)
	switch {
	case err == nil:
		return rec, standingOK
	case errors.Is(err, snapshot.ErrAbsent):
		// The generation from before the question: a token that was published
		// while it flew is not remembered as refused.
		t.refused.Set(h, generation)
		return nil, standingAbsent
	default:
		return nil, standingUnknown
	}
}

// bucket is a token bucket.
type bucket struct {
	mu          sync.Mutex
	rate, burst float64 // per second, at most
	left        float64
	last        time.Time
}

func (b *bucket) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if d := now.Sub(b.last); d > 0 {
		b.left = min(b.burst, b.left+d.Seconds()*b.rate)
		b.last = now
	}
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}
