// Package worker publishes what was changed: it reads an organization's library
// or a token from Postgres, renders it, and writes it to Redis, where readers
// find it. It knows how jobs are done, and nothing of HTTP.
//
// A publication, step by step; a crash between any two is repaired by whoever
// comes next:
//
//	read     one snapshot of Postgres: the state, its revision, the installation
//	render   one representation after the other, and its hash; what Redis has already,
//	         with the same hash, is neither compressed nor sent
//	plan     tags and hashes into Postgres: a representation whose bytes did not
//	         change keeps its tag, also when Redis loses everything
//	write    the script: fenced, never over something newer, logged for readers
//	         back into Postgres, if the incarnation is still the one written to
//
// One publication of an organization is under way at a time, over all workers. It
// holds a lease in Postgres (lease.go), and whoever comes meanwhile leaves word:
//
//	     job or sweep: is anything pending?  no ─────────────▶ done
//	                      │ yes
//	          ┌── held? ──┴── free, or expired ──┐
//	          ▼                                  ▼ wait for memory (budget.go)
//	again = true, done              held: read, render, plan, write, back
//	          │                      │ renewed five times per lease time
//	          │      ┌───────────────┼──────────────────────┐
//	          │      ▼ finished      ▼ failed               ▼ no renewal
//	          └──▶ again? yes: job   lease ended, job or    expired: the leader
//	               queued, behind    sweep tries again      returns the job to the
//	               those that wait                          queue, anyone takes it
//
// So thirty changes during a render cost one more render. Nothing limits how long a
// publication may take: a finished render is published, also if newer changes came.
// A worker that was frozen and wakes up finds its lease lost and stops; if it writes
// all the same, the script's versions hold. Workers of earlier releases know no
// leases, and harm nothing.
//
// Jobs wait in three queues: tokens, documents and large documents, to which a worker
// moves what turns out to be large. Memory, not their number, admits renders: small
// libraries have a budget of their own, and never wait for large ones.
//
// Every worker works jobs. One of them leads (postgres.Lead) and besides
//
//	            ┌────────────── every tick ──────────────┐
//	Redis's state = ours? ──no──▶ reconcile: raise the incarnation, compare all
//	            │                 versions with Postgres, publish what differs,
//	           yes                then lift the fence and have readers compare
//	            ▼
//	sweep: publish whatever has been pending for long and is not under way, without
//	waiting for it; nothing is ever lost, whatever became of its job
//
// A Redis that is ahead of Postgres (an older backup was restored) halts all
// publishing: only an operator can say what is right (admin epoch raise).
package worker
