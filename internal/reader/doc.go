// Package reader answers conditional GETs for published documents: from memory,
// filled from Redis and kept in step with its log. It knows who may read what,
// and nothing of what a mode is or how a document is made.
//
// A request:
//
//	path ─ 400 ─▶ token ─ 401, 503 ─▶ opens it? ─ 404 ─▶ document ─ 503 ─▶ If-None-Match ─▶ 304
//	                                                                          └─▶ coding ─▶ 200
//
// All of it is memory, for a token and a document that are resident; a 304 does
// not allocate.
//
// The follower, one goroutine with a client of its own:
//
//	           can't ask, unfilled, or answered by another server: wait, at most 1 s
//	            ┌────┐     (what a snapshot on disk held is served meanwhile)
//	            ▼    │     all compared: settled, ready from the first time on
//	start ──▶ syncing ───────────────────────────────────────▶ following ──┐
//	            ▲                                                │   ▲     │ entries in
//	            │  gap, regression, resync, other incarnation,   │   └─────┘ sequence
//	            └──── can't read (reconnect), unfilled ◀─────────┘
//	                  no mark for long (silence)
//
// Syncing reads the log's end first, then compares: what changes meanwhile is
// told of by the log. Loads that are under way at that moment ask once more, so
// that none of them lands with what was true before.
//
// In every state what is resident is served. What a token may do is the
// exception: as soon as the log tells of a newer record, the old one counts for
// nothing, and a token whose record can't be read is answered with 503.
//
// How fresh an answer is, and for how long a token is trusted, follows from three
// things that are kept apart (freshness.go):
//
//   - what is resident carries the number of the stretch of the log that confirms
//     it: it contains all that the log had told of when it was loaded;
//   - the log makes it outdated, by telling of a newer version;
//   - the lease, made of marks, says of all that is confirmed and not outdated
//     which changes it contains: every one committed before its time.
//
// cursor.go decides, follower.go does. shelf.go draws how one key is loaded.
// docs/reader.md says what an editor sees of all that.
package reader
