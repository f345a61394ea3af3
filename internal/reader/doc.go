// Package reader answers conditional GETs for published documents from memory,
// which it fills from Redis and keeps in sync with the change log there. It knows who
// can read which document, but not what a mode is or how a document is rendered.
//
// A request:
//
//	path ─ 400 ─▶ token ─ 401, 503 ─▶ opens it? ─ 404 ─▶ document ─ 503 ─▶ If-None-Match ─▶ 304
//	                                                                          └─▶ coding ─▶ 200
//
// All of it happens in memory if the token and the document are resident; a 304 does
// not allocate.
//
// The follower, one goroutine with a dedicated client:
//
//	           can't query, unfilled, or answered by another server: wait, at most 1 s
//	            ┌────┐     (until then, a snapshot loaded from disk is served)
//	            ▼    │     all compared: settled, ready from then on
//	start ──▶ syncing ───────────────────────────────────────▶ following ──┐
//	            ▲                                                │   ▲     │ entries in
//	            │  gap, regression, resync, other incarnation,   │   └─────┘ sequence
//	            └──── can't read (reconnect), unfilled ◀─────────┘
//	                  no mark for long (silence)
//
// Syncing reads the log's end first, then compares: later changes are announced by
// the log. Loads in progress at that moment query once more, so that none of them
// stores an older state.
//
// Resident documents are served in every state. Token records are the exception: as
// soon as the log announces a newer record, the old one counts for nothing, and a
// token whose record can't be read is answered with 503.
//
// How fresh an answer is, and for how long a token is trusted, follows from three
// separate things (freshness.go):
//
//   - each resident value has the number of the stretch of the log that confirms it:
//     it contains everything that the log had announced when it was loaded;
//   - the log makes a value outdated, by announcing a newer version;
//   - the lease, made from marks, states which changes are contained in all values that
//     are confirmed and not outdated: every change committed before its time.
//
// cursor.go decides, follower.go acts. shelf.go shows how one key is loaded.
// docs/reader.md describes how an editor experiences all of this.
package reader
