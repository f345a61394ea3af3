// Package snapshot is the contract between worker and reader in Redis: what a
// published document, a token and the change log look like there, and the
// scripts that write them. It knows Redis, and nothing of Postgres, HTTP or
// what a mode is.
//
// Keys, all in one slot (the braces), so that each script is atomic on a
// Cluster too; "om" is the configurable prefix:
//
//	{om}:meta          HASH    incarnation, replid, n (log counter), epoch
//	{om}:doc:<org>     HASH    one organization's document; each representation has fields of
//	                           its own, so that it is written and read without the others
//	{om}:revs          HASH    organization -> epoch.revision.edition
//	{om}:tok:<sha256>  HASH    one token's record; revoked ones stay, as tombstones
//	{om}:log           STREAM  capped; ids are <n>-0, n contiguous
//	{om}:rec           STRING  incarnation being reconciled, while it is
//	{om}:seen          HASH    which tokens readers let in, and when (uses.go); all that
//	                           readers write, and the only key without a fence
//
// A script writes only to a Redis that we filled ourselves: it compares the
// replication id in meta with the one that the server has now, so a flushed,
// restarted or promoted server refuses every write (Fenced) until it has been
// reconciled with Postgres:
//
//	           flush, restart, promotion
//	reconciled ─────────────────────────▶ fenced
//	    ▲                                   │ BeginReconcile: {om}:rec = incarnation
//	    │ FinishReconcile:                  ▼
//	    │ meta + resync, one script     reconciling ──▶ fenced again when the server
//	    └───────────────────────────────────┘           is flushed or replaced meanwhile
//
// Never backwards: a document is replaced only by one of a newer
// (epoch, revision, edition), a token's record only by a newer (epoch, version).
// The comparison stands in the script, beside the write.
package snapshot
