// Package process holds what the programs have in common as processes: the logger,
// startup, draining and exit, the private port, and waiting for dependencies. It is
// independent of modes, stores and served content. The reader links it, so it stays small.
//
// The life of a process:
//
//	start ──> Retry(Postgres, Redis) ──> serving ──signal──> draining ──> end
//	  │          (not ready, live)        (ready)   │   (not ready, live)   ▲
//	  └── bad settings: one message, exit 2         └── second signal or ───┘
//	                                                    the deadline: at once
package process
