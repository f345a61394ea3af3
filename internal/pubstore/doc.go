// Package pubstore is the contract between worker and reader in Redis. It defines
// how a published document, a token and the change log are stored there, and the
// scripts that write them. It depends on Redis, but not on Postgres, HTTP or the
// meaning of a mode.
//
// Keys, all in one slot (the braces), so that each script is atomic on a
// Cluster too; "om" is the configurable prefix:
//
//	{om}:meta          HASH    incarnation, replid, n (log counter), epoch
//	{om}:doc:<org>     HASH    one organization's document; each representation has its own
//	                           fields, so that it is written and read without the others
//	{om}:revs          HASH    organization -> epoch.revision.edition
//	{om}:tok:<sha256>  HASH    one token's record; revoked ones stay, as tombstones
//	{om}:log           STREAM  capped; ids are <n>-0, n contiguous
//	{om}:rec           STRING  incarnation being reconciled; absent otherwise
//	{om}:seen          HASH    when readers last accepted each token; the only key that
//	                           readers write, and the only one without a fence
//
// A script writes only to a Redis that we filled ourselves. It compares the
// replication ID in meta with the server's current one. So a flushed, restarted or
// promoted server refuses every write (Fenced) until it has been reconciled with
// Postgres:
//
//	           flush, restart, promotion
//	reconciled ─────────────────────────▶ fenced
//	    ▲                                   │ BeginReconcile: {om}:rec = incarnation
//	    │ FinishReconcile:                  ▼
//	    │ meta + resync, one script     reconciling ──▶ fenced again when the server
//	    └───────────────────────────────────┘           is flushed or replaced in between
//
// Versions never go backwards: a document is replaced only by one of a newer
// (epoch, revision, edition), a token's record only by a newer (epoch, version).
// The script itself makes the comparison, atomically with the write.
package pubstore
