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

// segment is an uninterrupted segment of a log that is followed. It begins with a
// comparison of everything resident, and ends where the log can't be followed
// any further. Each has a greater number than the previous one.
type segment struct {
	number      uint64
	incarnation int64
	// reached is the number of the newest log entry that may have been applied. It is
	// raised before the entry is applied, so a goroutine that reads it can't have missed
	// the effect of a later entry.
	reached atomic.Int64
}

// unverified takes the place of a segment's number for values that no watermark applies to:
// Redis answered with less than its log has announced, or we followed no log.
const unverified = math.MaxUint64

// verifies returns the number of the segment if an answer at a position contains everything
// that was announced up to reached. Else it returns unverified. The caller must have read
// reached before sending the query.
func (s *segment) verifies(reached int64, at pubstore.Position) uint64 {
	if s == nil || at.Incarnation != s.incarnation || at.N < reached {
		return unverified
	}
	return s.number
}

// lease is the newest statement of how fresh we are. It applies to every value that its
// segment or an earlier one verifies, and of which no newer version was announced. Such a
// value contains every change that was committed before asOf. A lease is immutable.
type lease struct {
	asOf    time.Time
	segment uint64
	// receivedAt is when the watermark with asOf arrived, by the monotonic clock.
	receivedAt time.Duration
	// Subjects with changes unpublished at asOf, which have an earlier time instead.
	organizations map[organizationID]exclusion
	tokens        map[token.Hash]exclusion
}

// exclusion is the statement of a lease about a subject with changes unpublished at its asOf.
type exclusion struct {
	// since is the time from which Redis may lack changes. If a Redis lost all data of
	// the subject, that is when the subject was created.
	since time.Time
	// knownUntil is the time that an earlier lease stated for values verified by segments
	// up to segment. It still applies to them: what Redis lost is not lost from values
	// loaded before.
	knownUntil time.Time
	segment    uint64
}

// asOf returns the time up to which a value verified by the given segment contains every
// change.
func (e exclusion) asOf(verified uint64) time.Time {
	if verified <= e.segment && e.knownUntil.After(e.since) {
		return e.knownUntil
	}
	return e.since
}

// maxAsOf returns the latest time that asOf returns for any segment.
func (e exclusion) maxAsOf() time.Time { return e.asOf(e.segment) }

// isMaxAsOf reports whether asOf returns that latest time for the given segment.
func (e exclusion) isMaxAsOf(verified uint64) bool { return e.asOf(verified).Equal(e.maxAsOf()) }

// newLease returns the lease that follows from a watermark in the segment with this number.
// previous is the previous lease, if any.
func newLease(m *pubstore.Watermark, number uint64, received time.Duration, previous *lease) *lease {
	l := &lease{asOf: m.AsOf, segment: number, receivedAt: received}
	var organizations map[organizationID]exclusion
	var tokens map[token.Hash]exclusion
	if previous != nil {
		organizations, tokens = previous.organizations, previous.tokens
	}
	if len(m.Organizations) > 0 {
		l.organizations = make(map[organizationID]exclusion, len(m.Organizations))
	}
	for org, since := range m.Organizations {
		if id, ok := parseOrganization(org); ok {
			l.organizations[id] = previous.carryExclusion(since, organizations[id])
		}
	}
	if len(m.Tokens) > 0 {
		l.tokens = make(map[token.Hash]exclusion, len(m.Tokens))
	}
	for h, since := range m.Tokens {
		l.tokens[h] = previous.carryExclusion(since, tokens[h])
	}
	return l
}

// carryExclusion returns the exclusion of a subject in the lease after l, which may be nil.
// previous is the exclusion of that subject in l, zero for none.
func (l *lease) carryExclusion(since time.Time, previous exclusion) exclusion {
	e := exclusion{since: since}
	switch {
	case l == nil:
	case previous.since.IsZero():
		e.knownUntil, e.segment = l.asOf, l.segment
	case previous.knownUntil.After(previous.since):
		e.knownUntil, e.segment = previous.knownUntil, previous.segment
	default:
		e.knownUntil, e.segment = minTime(previous.since, l.asOf), l.segment
	}
	return e
}

// covers reports whether the lease applies to values verified by the given segment.
// Everything resident when a segment began was compared then, so a later segment covers
// values that an earlier one verified. The reverse does not hold: values loaded since may
// come from a Redis that lost data which the earlier one had.
func (l *lease) covers(verified uint64) bool { return l != nil && verified <= l.segment }

// organizationAsOf returns the time from which there may be changes to an organization that
// a document verified by the given segment does not contain.
func (l *lease) organizationAsOf(id organizationID, verified uint64) time.Time {
	if e, ok := l.organizations[id]; ok {
		return minTime(e.asOf(verified), l.asOf)
	}
	return l.asOf
}

// tokenAsOf is like organizationAsOf, but for a token's record.
func (l *lease) tokenAsOf(h token.Hash, verified uint64) time.Time {
	if e, ok := l.tokens[h]; ok {
		return minTime(e.asOf(verified), l.asOf)
	}
	return l.asOf
}

// age returns how long ago asOf was, by whichever clock gives the greater age, plus
// skewAllowance. asOf is the time of the lease or of one of its exclusions.
func (l *lease) age(asOf time.Time, now instant) time.Duration {
	return max(now.wall.Sub(asOf), now.mono-l.receivedAt+l.asOf.Sub(asOf)) + skewAllowance
}

// freshness holds the state that determines how fresh the reader is. The follower
// updates it; requests and loads read it.
type freshness struct {
	lease atomic.Pointer[lease]
	// following is the segment that verifies loads.
	following atomic.Pointer[segment]
	// synced is false from the end of a segment until everything resident has been compared
	// again.
	synced      atomic.Bool
	lastSegment uint64 // number of the newest segment; only for the follower
}

// beginSegment starts a segment at a position.
func (f *freshness) beginSegment(at pubstore.Position) *segment {
	f.lastSegment++
	s := &segment{number: f.lastSegment, incarnation: at.Incarnation}
	s.reached.Store(at.N)
	f.following.Store(s)
	return s
}

// nextLease returns the lease that follows from a watermark in a segment, or nil if the
// current lease is as recent or more recent. So neither two concurrent leaders nor a
// delayed watermark move it back.
func (f *freshness) nextLease(m *pubstore.Watermark, s *segment, now time.Duration) *lease {
	have := f.lease.Load()
	next := newLease(m, s.number, now, have)
	if have == nil {
		return next
	}
	switch order := next.asOf.Compare(have.asOf); {
	case order < 0, order == 0 && next.segment <= have.segment:
		return nil
	case order == 0:
		next.receivedAt = have.receivedAt
	}
	return next
}
