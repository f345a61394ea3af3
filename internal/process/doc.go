// Package process is what our programs have in common as processes: a logger,
// how they start, drain and end, the private port, and waiting for what isn't
// there yet. It knows nothing of modes, stores or what is served; the reader
// links it, so it stays small.
//
// The life of a process:
//
//	start ──> Retry(Postgres, Redis) ──> serving ──signal──> draining ──> end
//	  │          (not ready, live)        (ready)   │   (not ready, live)   ▲
//	  └── bad settings: one message, exit 2         └── second signal or ───┘
//	                                                    the deadline: at once
package process
