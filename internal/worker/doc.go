// Package worker publishes what was changed: it reads an organization's library
// or a token from Postgres, renders it, and writes it to Redis, where readers
// find it. It knows how jobs are done, and nothing of HTTP.
//
// A publication, step by step; a crash between any two is repaired by whoever
// comes next:
//
//	read     one snapshot of Postgres: the state, its revision, the installation
//	render   every representation, and its hash
//	plan     tags and hashes into Postgres: a representation whose bytes did not
//	         change keeps its tag, also when Redis loses everything
//	write    the script: fenced, never over something newer, logged for readers
//	         back into Postgres, if the incarnation is still the one written to
//
// Every worker works jobs. One of them leads (postgres.Lead) and besides
//
//	            ┌────────────── every tick ──────────────┐
//	Redis's state = ours? ──no──▶ reconcile: raise the incarnation, compare all
//	            │                 versions with Postgres, publish what differs,
//	           yes                then lift the fence and have readers compare
//	            ▼
//	sweep: publish whatever has been pending for long; nothing is ever lost,
//	whatever became of its job
//
// A Redis that is ahead of Postgres (an older backup was restored) halts all
// publishing: only an operator can say what is right (admin epoch raise).
package worker
