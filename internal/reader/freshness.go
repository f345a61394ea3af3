package reader

import (
	"math"
	"sync/atomic"
	"time"

	"orgmodes/internal/snapshot"
	"orgmodes/internal/token"
)

const (
	// freshFor is the bound within which an answer is called fresh: it reflects
	// every change that was committed longer ago than that.
	freshFor = 10 * time.Second
	// skewAllowance is by how much the clocks of database and reader may differ. It
	// is an assumption: the skew that is seen is exported.
	skewAllowance = 250 * time.Millisecond
)

// stretch is an uninterrupted part of a log that is followed: it begins with a
// comparison of everything resident, and ends where the log can't be followed
// any further. Each has a greater number than the one before it.
type stretch struct {
	number      uint64
	incarnation int64
	// reached is the number of the newest log entry that may have been taken note
	// of. It is raised before an entry is, so whoever reads it can't have missed the
	// effect of an entry beyond it.
	reached atomic.Int64
}

// unconfirmed stands, in the place of a stretch's number, with what no mark says
// anything about: Redis answered with less than its log has told of, or we
// followed nothing.
const unconfirmed = math.MaxUint64

// confirms returns what an answer at a position is confirmed by: the number of
// the stretch, where the answer contains all that it was told of up to reached,
// which was read before the question was put.
func (s *stretch) confirms(reached int64, at snapshot.Position) uint64 {
	if s == nil || at.Incarnation != s.incarnation || at.N < reached {
		return unconfirmed
	}
	return s.number
}

// lease is the newest statement of how fresh we are: whatever is confirmed by its
// stretch or an earlier one, and no newer version of which was told of, contains
// every change that was committed before asOf. It never changes.
type lease struct {
	asOf    time.Time
	stretch uint64
	// received is when the mark came that gave asOf, by the monotonic clock.
	received time.Duration
	// What was unpublished at asOf counts from when it was.
	organizations map[organizationID]exception
	tokens        map[token.Hash]exception
}

// exception is what a lease says of a subject that was unpublished at its asOf.
type exception struct {
	// since is from when on Redis may lack changes. Where a Redis lost all it had of
	// the subject, that is when the subject was made.
	since time.Time
	// held is what an earlier lease said of whatever upTo or a stretch before it
	// confirmed: that Redis lost something takes nothing away from what was loaded.
	held time.Time
	upTo uint64
}

// of is up to when there is every change in what is confirmed so.
func (e exception) of(confirmed uint64) time.Time {
	if confirmed <= e.upTo && e.held.After(e.since) {
		return e.held
	}
	return e.since
}

// most is the latest that it says of anything.
func (e exception) most() time.Time { return e.of(e.upTo) }

// best reports whether it says that of what is confirmed so.
func (e exception) best(confirmed uint64) bool { return e.of(confirmed).Equal(e.most()) }

// leaseOf returns the lease that a mark of a stretch makes, after the one before
// it, if there is one.
func leaseOf(m *snapshot.Mark, number uint64, received time.Duration, before *lease) *lease {
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

// carry returns the exception that follows on what this lease, nil for none, said
// of the same subject; was is its exception, zero for none.
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

// covers reports whether the lease says anything about what is confirmed so.
// Everything that was there when a stretch began was compared then, so a later
// stretch covers what an earlier one confirmed. Not the other way round: what was
// loaded since may come from a Redis that lost what the earlier one had.
func (l *lease) covers(confirmed uint64) bool { return l != nil && confirmed <= l.stretch }

// ofOrganization returns since when there may be changes to an organization
// that a document confirmed so does not hold.
func (l *lease) ofOrganization(id organizationID, confirmed uint64) time.Time {
	if e, ok := l.organizations[id]; ok {
		return earlier(e.of(confirmed), l.asOf)
	}
	return l.asOf
}

// ofToken is ofOrganization for a token's record.
func (l *lease) ofToken(h token.Hash, confirmed uint64) time.Time {
	if e, ok := l.tokens[h]; ok {
		return earlier(e.of(confirmed), l.asOf)
	}
	return l.asOf
}

// age is how long ago asOf was, by the clock that makes it longer, and what the
// clocks may differ by. asOf is the lease's own or that of one of its
// exceptions.
func (l *lease) age(asOf time.Time, now instant) time.Duration {
	return max(now.wall.Sub(asOf), now.mono-l.received+l.asOf.Sub(asOf)) + skewAllowance
}

// freshness is what is known of how fresh the reader is. The follower tells it;
// requests and loads ask.
type freshness struct {
	lease atomic.Pointer[lease]
	// following is the stretch that loads are confirmed by.
	following atomic.Pointer[stretch]
	// settled is false from where a stretch ends until everything resident has been
	// compared again.
	settled atomic.Bool
	last    uint64 // number of the newest stretch; the follower's own
}

// begin starts a stretch at a position.
func (f *freshness) begin(at snapshot.Position) *stretch {
	f.last++
	s := &stretch{number: f.last, incarnation: at.Incarnation}
	s.reached.Store(at.N)
	f.following.Store(s)
	return s
}

// next returns the lease that a mark of a stretch makes; nil where what we know is
// more recent: two workers that lead at the same time, or one whose mark was long
// on its way, don't move it back.
func (f *freshness) next(m *snapshot.Mark, s *stretch, now time.Duration) *lease {
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
