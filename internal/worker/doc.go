// Package worker publishes changes: it reads an organization's library or a token from
// Postgres, renders it, and writes it to Redis for readers. It implements the jobs and has
// no knowledge of HTTP.
//
// A publication has these steps. A crash between any two is repaired by the next
// publication:
//
//	read     one snapshot of Postgres: the state, its revision, the installation
//	render   one representation after the other, and its hash; a representation that Redis
//	         already has, with the same hash, is neither compressed nor sent
//	plan     tags and hashes into Postgres: a representation whose bytes did not
//	         change keeps its tag, also when Redis loses everything
//	write    the script: fenced, never over something newer, logged for readers
//	         back into Postgres, if the incarnation is still the one written to
//
// At most one publication of an organization is under way, over all workers. It holds a
// lease in Postgres (lease.go). Another attempt leaves a request with the holder:
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
//	               queued, behind    sweep tries again      returns the job to
//	               the waiting ones                         its queue for any worker
//
// So thirty changes during a render cost one more render. Nothing limits how long a
// publication may take: a finished render is published, even if newer changes were made. A
// worker that was frozen and resumes finds its lease lost and stops. If it still writes, the
// versions checked by the script protect newer state. Workers of earlier releases know no
// leases, and harm nothing.
//
// Jobs wait in three queues: tokens, documents and large documents. A worker moves jobs of
// large libraries to the last one. Renders are admitted by memory, not by their number:
// small libraries have a dedicated budget, and never wait for large ones.
//
// Every worker works jobs. One of them leads (postgres.Lead) and additionally runs:
//
//	            ┌────────────── every tick ──────────────┐
//	Redis's state = ours? ──no──▶ reconcile: raise the incarnation, compare all
//	            │                 versions with Postgres, publish what differs,
//	           yes                then lift the fence and have readers compare
//	            ▼
//	sweep: publish whatever has been pending for long and is not under way, without
//	waiting for it; nothing is ever lost, whatever became of its job
//
// A Redis that is ahead of Postgres (an older backup was restored) halts all publishing:
// only an operator can decide which of them is right (admin epoch raise).
package worker
