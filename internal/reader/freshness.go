package reader

import (
	"math"
	"sync/atomic"
	"time"

	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
)

const (
	// freshFor is the bound for calling an answer fresh: a fresh answer reflects
	// every change that was committed longer ago than that.
	freshFor = 10 * time.Second
	// skewAllowance is by how much the clocks of database and reader may differ. It
	// is an assumption; the observed skew is exported.
	skewAllowance = 250 * time.Millisecond
)

// stretch is an uninterrupted segment of a log that is followed. It begins with a
// comparison of everything resident, and ends where the log can't be followed
// any further. Each has a greater number than the previous one.
type stretch struct {
	number      uint64
	incarnation int64
	// reached is the number of the newest log entry that may have been applied. It is
	// raised before the entry is applied, so a goroutine that reads it can't have missed
	// the effect of a later entry.
	reached atomic.Int64
}

// unconfirmed takes the place of a stretch's number for values that no mark applies
// to: Redis answered with less than its log has announced, or we followed no
// log.
const unconfirmed = math.MaxUint64

// confirms returns the number of the stretch if an answer at a position contains
// everything that was announced up to reached. Else it returns unconfirmed. The caller
// must have read reached before sending the query.
func (s *stretch) confirms(reached int64, at pubstore.Position) uint64 {
	if s == nil || at.Incarnation != s.incarnation || at.N < reached {
		return unconfirmed
	}
	return s.number
}

// lease is the newest statement of how fresh we are. It applies to every value that its
// stretch or an earlier one confirms, and of which no newer version was announced. Such
// a value contains every change that was committed before asOf. A lease is immutable.
type lease struct {
	asOf    time.Time
	stretch uint64
	// received is when the mark with asOf arrived, by the monotonic clock.
	received time.Duration
	// Subjects with changes unpublished at asOf, which have an earlier time instead.
	organizations map[organizationID]exception
	tokens        map[token.Hash]exception
}

// exception is the statement of a lease about a subject with changes unpublished at its asOf.
type exception struct {
	// since is the time from which Redis may lack changes. If a Redis lost all data of
	// the subject, that is when the subject was created.
	since time.Time
	// held is the time that an earlier lease stated for values confirmed by stretches up
	// to upTo. It still applies to them: what Redis lost is not lost from values loaded before.
	held time.Time
	upTo uint64
}

// of returns the time up to which a value with this confirmation contains every change.
func (e exception) of(confirmed uint64) time.Time {
	if confirmed <= e.upTo && e.held.After(e.since) {
		return e.held
	}
	return e.since
}

// most returns the latest time that of returns for any confirmation.
func (e exception) most() time.Time { return e.of(e.upTo) }

// best reports whether of returns that latest time for this confirmation.
func (e exception) best(confirmed uint64) bool { return e.of(confirmed).Equal(e.most()) }

// leaseOf returns the lease that follows from a mark of a stretch. before is the previous
// lease, if any.
func leaseOf(m *pubstore.Mark, number uint64, received time.Duration, before *lease) *lease {
	l := &lease{asOf: m.AsOf, stretch: number, received: received}
	var organizations map[organizationID]exception
	var tokens map[token.Hash]exception
	if before != nil {
		organizations, tokens = before.organizations, before.tokens
	}
	if len(m.Organizations) > 0 {
		l.organizations = make(map[organizationID]exception, len(m.Organizations))
	}
	for org, since := range m.Organizations {
		if id, ok := parseOrganization(org); ok {
			l.organizations[id] = before.carry(since, organizations[id])
		}
	}
	if len(m.Tokens) > 0 {
		l.tokens = make(map[token.Hash]exception, len(m.Tokens))
	}
	for h, since := range m.Tokens {
		l.tokens[h] = before.carry(since, tokens[h])
	}
	return l
}

// carry returns the exception that follows lease l, which may be nil, for a subject. was is
// the exception of l for that subject, zero for none.
func (l *lease) carry(since time.Time, was exception) exception {
	e := exception{since: since}
	switch {
	case l == nil:
	case was.since.IsZero():
		e.held, e.upTo = l.asOf, l.stretch
	case was.held.After(was.since):
		e.held, e.upTo = was.held, was.upTo
	default:
		e.held, e.upTo = earlier(was.since, l.asOf), l.stretch
	}
	return e
}

// covers reports whether the lease applies to values with this confirmation.
// Everything resident when a stretch began was compared then, so a later stretch covers
// values that an earlier one confirmed. The reverse does not hold: values loaded since
// may come from a Redis that lost data which the earlier one had.
func (l *lease) covers(confirmed uint64) bool { return l != nil && confirmed <= l.stretch }

// ofOrganization returns the time from which there may be changes to an organization
// that a document with this confirmation does not contain.
func (l *lease) ofOrganization(id organizationID, confirmed uint64) time.Time {
	if e, ok := l.organizations[id]; ok {
		return earlier(e.of(confirmed), l.asOf)
	}
	return l.asOf
}

// ofToken is like ofOrganization, but for a token's record.
func (l *lease) ofToken(h token.Hash, confirmed uint64) time.Time {
	if e, ok := l.tokens[h]; ok {
		return earlier(e.of(confirmed), l.asOf)
	}
	return l.asOf
}

// age returns how long ago asOf was, by whichever clock gives the greater age, plus
// skewAllowance. asOf is the time of the lease or of one of its
// exceptions.
func (l *lease) age(asOf time.Time, now instant) time.Duration {
	return max(now.wall.Sub(asOf), now.mono-l.received+l.asOf.Sub(asOf)) + skewAllowance
}

// freshness holds the state that determines how fresh the reader is. The follower
// updates it; requests and loads read it.
type freshness struct {
	lease atomic.Pointer[lease]
	// following is the stretch by which loads are confirmed.
	following atomic.Pointer[stretch]
	// settled is false from the end of a stretch until everything resident has been
	// compared again.
	settled atomic.Bool
	last    uint64 // number of the newest stretch; only for the follower
}

// begin starts a stretch at a position.
func (f *freshness) begin(at pubstore.Position) *stretch {
	f.last++
	s := &stretch{number: f.last, incarnation: at.Incarnation}
	s.reached.Store(at.N)
	f.following.Store(s)
	return s
}

// next returns the lease that follows from a mark of a stretch, or nil if the current
// lease is as recent or more recent. So neither two concurrent leaders nor a delayed
// mark move it back.
func (f *freshness) next(m *pubstore.Mark, s *stretch, now time.Duration) *lease {
	have := f.lease.Load()
	next := leaseOf(m, s.number, now, have)
	if have == nil {
		return next
	}
	switch order := next.asOf.Compare(have.asOf); {
	case order < 0, order == 0 && next.stretch <= have.stretch:
		return nil
	case order == 0:
		next.received = have.received
	}
	return next
}
