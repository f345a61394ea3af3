// Package simulation runs the publisher, its scripts and several readers against an
// unreliable Redis and drifting clocks, in simulated time. After every response it checks
// the guarantees given to editors. It imports both the reader's and the worker's packages.
// No package imports it: it exists only for its tests.
//
//	editors ──GET──▶ readers ──┐                     ┌── publishers ──▶ database
//	   │ checks                ├── hooks, faults ──▶ ┤      (a model of Postgres)
//	   ▼                       │   delay, drop,      │
//	the database's record   ◀──┘   lose the answer   └── redis: a model that runs
//	of every committed change                            the real scripts
//
// All randomness of a run comes from its seed. Each actor draws from a separate source, and
// no two actors ever wait for the same duration. So the same seed gives the same run, and a
// failing run can be replayed:
//
//	go test ./internal/simulation -run Schedules -seed=1234 -schedules=1 -v
package simulation
