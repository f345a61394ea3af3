// Package simulation runs the publisher, its scripts and several readers against an
// unreliable Redis and drifting clocks, in simulated time. After every answer it checks
// what an editor was promised. It imports both the reader's and the worker's packages, and
// no package imports it: it exists for its tests.
//
//	editors ──GET──▶ readers ──┐                     ┌── publishers ──▶ database
//	   │ checks                ├── hooks, faults ──▶ ┤      (a model of Postgres)
//	   ▼                       │   delay, drop,      │
//	the database's record   ◀──┘   lose the answer   └── redis: a model that runs
//	of every committed change                            the real scripts
//
// All randomness of a run comes from its seed. Each actor draws from a separate source, and
// no two actors make the same pause. So the same seed gives the same run, and a failing one can be
// replayed:
//
//	go test ./internal/simulation -run Schedules -seed=1234 -schedules=1 -v
package simulation
