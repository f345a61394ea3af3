package reader

import "orgmodes/internal/pubstore"

// cause is the reason why everything resident must be compared with Redis.
type cause string

const (
	// causeNone means that no comparison is needed.
	causeNone cause = ""
	// causeStart means that nothing has been compared yet.
	causeStart cause = "start"
	// causeReconnect means that the log could not be read for a while.
	causeReconnect cause = "reconnect"
	// causeGap means that entries were missed.
	causeGap cause = "gap"
	// causeRegression means that the log ends before our position.
	causeRegression cause = "regression"
	// causeResync means that the log has an entry of a worker that filled this Redis.
	causeResync cause = "resync"
	// causeIncarnation means that this is not the Redis that we followed.
	causeIncarnation cause = "incarnation"
	// causeSilence means that no watermark arrived for so long that we may be following a
	// log that is no longer written.
	causeSilence cause = "silence"
	// causeNotFilled means that Redis was emptied and has not been filled yet.
	causeNotFilled cause = "unfilled"
)

var causes = []cause{
	causeStart, causeReconnect, causeGap, causeRegression, causeResync, causeIncarnation, causeSilence, causeNotFilled,
}

// cursor is the position of a reader in the log. It only makes decisions; the
// follower carries them out.
type cursor struct {
	// last is the number of the last entry that was applied.
	last        int64
	incarnation int64
}

// advance checks the entries that were read. It returns those to apply, the cursor
// after them, and why it stopped early, if it did. After such a stop, following the
// log can no longer be trusted to be complete.
func (c cursor) advance(entries []pubstore.Entry) (accepted []pubstore.Entry, next cursor, reason cause) {
	for i, e := range entries {
		switch {
		case e.Kind == pubstore.EntryResync:
			return entries[:i], c, causeResync
		case e.Incarnation != c.incarnation:
			return entries[:i], c, causeIncarnation
		case e.N != c.last+1:
			return entries[:i], c, causeGap
		}
		c.last = e.N
	}
	return entries, c, causeNone
}

// checkIdle checks the log's end, as queried when no entries arrived. An end beyond
// the cursor is fine: an entry was written in between.
func (c cursor) checkIdle(tail, incarnation int64) cause {
	switch {
	case incarnation != c.incarnation:
		return causeIncarnation
	case tail < c.last:
		return causeRegression
	}
	return causeNone
}
