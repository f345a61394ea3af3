// Package simulation runs the publisher, its scripts and several readers against
// a Redis that misbehaves and clocks that drift, in made-up time, and checks
// after every answer what an editor was promised. It knows everything and is
// linked by nothing: its tests are what it is for.
//
//	editors ──GET──▶ readers ──┐                     ┌── publishers ──▶ ledger
//	   │ checks                ├── hooks, faults ──▶ ┤      (a model of Postgres)
//	   ▼                       │   delay, drop,      │
//	the ledger's own record ◀──┘   lose the answer   └── redis: a model that runs
//	of what was true when                                the real scripts
//
// All randomness of a run comes from its seed, and each actor draws from a
// source of its own; each pause is one that nobody else makes. So the same seed gives the same run, and a failing one can be replayed:
//
//	go test ./internal/simulation -run Schedules -seed=1234 -schedules=1 -v
package simulation
