// Package reader answers conditional GETs for published documents from memory,
// which it fills from Redis and keeps in sync with the change log there. It knows who
// can read which document, but not what a mode is or how a document is rendered.
//
// A request:
//
//	path ─ 400 ─▶ token ─ 401, 503 ─▶ access? ─ 404 ─▶ document ─ 503 ─▶ coding ─▶ If-Match ─ 412
//	                                                          200 ◀─ If-None-Match ◀───┘
//	                                                          304 ◀───────┘
//
// All of it happens in memory if the token and the document are resident; a 304 does
// not allocate.
//
// The follower, one goroutine with a dedicated client:
//
//	           can't query, not filled, or another server answered: wait, at most 1 s
//	            ┌────┐     (until then, a snapshot loaded from disk is served)
//	            ▼    │     all compared: synced, ready from then on
//	start ──▶ syncing ───────────────────────────────────────▶ following ──┐
//	            ▲                                                │   ▲     │ entries in
//	            │  gap, regression, resync, other incarnation,   │   └─────┘ sequence
//	            └──── can't read (reconnect), not filled ◀───────┘
//	                  no watermark for long (silence)
//
// Syncing reads the log's end first, then compares: later changes are announced by
// the log. Loads in progress at that moment query once more, so that none of them
// stores an older state.
//
// Resident documents are served in every state. Token records are the exception: as soon as
// the log announces a newer record, the old one is not trusted any more, and a token whose
// record can't be read is answered with 503.
//
// How fresh an answer is, and for how long a token is trusted, follows from three
// separate things (freshness.go):
//
//   - each resident value has the number of the segment of the log that verifies it:
//     it contains everything that the log had announced when it was loaded;
//   - the log makes a value outdated, by announcing a newer version;
//   - the lease, made from watermarks, states which changes are contained in all values that
//     are verified and not outdated: every change committed before its time.
//
// cursor.go decides, follower.go acts. cache.go shows how one key is loaded. docs/reader.md
// describes how an editor experiences all of this.
package reader
