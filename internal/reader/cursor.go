package reader

import "orgmodes/internal/snapshot"

// cause is why everything resident has to be compared with Redis.
type cause string

const (
	// none: nothing has to.
	none cause = ""
	// causeStart: nothing was compared yet.
	causeStart cause = "start"
	// causeReconnect: the log could not be read for a while.
	causeReconnect cause = "reconnect"
	// causeGap: entries were missed.
	causeGap cause = "gap"
	// causeRegression: the log ends before where we are.
	causeRegression cause = "regression"
	// causeResync: the worker filled this Redis and says so.
	causeResync cause = "resync"
	// causeIncarnation: this is another Redis than the one that we followed.
	causeIncarnation cause = "incarnation"
	// causeSilence: nothing said how fresh we are for so long that we may be
	// following a log that nobody writes any more.
	causeSilence cause = "silence"
	// causeUnfilled: Redis was emptied and nobody has filled it yet.
	causeUnfilled cause = "unfilled"
)

var causes = []cause{
	causeStart, causeReconnect, causeGap, causeRegression, causeResync, causeIncarnation, causeSilence, causeUnfilled,
}

// cursor is where a reader is in the log. It decides and does nothing: the
// follower does.
type cursor struct {
	// last is the number of the last entry that was taken note of.
	last        int64
	incarnation int64
}

// take walks the entries that were read. It returns those to be taken note of,
// the cursor behind them, and why the walk ended early, if it did: nothing
// that follows the log from there on can be trusted to be complete.
func (c cursor) take(entries []snapshot.Entry) (note []snapshot.Entry, next cursor, why cause) {
	for i, e := range entries {
		switch {
		case e.Kind == snapshot.EntryResync:
			return entries[:i], c, causeResync
		case e.Incarnation != c.incarnation:
			return entries[:i], c, causeIncarnation
		case e.N != c.last+1:
			return entries[:i], c, causeGap
		}
		c.last = e.N
	}
	return entries, c, none
}

// idle judges the log's end, asked for when it had nothing to tell. An end
// beyond the cursor is an entry that was written in between.
func (c cursor) idle(tail, incarnation int64) cause {
	switch {
	case incarnation != c.incarnation:
		return causeIncarnation
	case tail < c.last:
		return causeRegression
	}
	return none
}
