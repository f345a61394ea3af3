// Package loadtest holds the proofs and measurements that need the real
// programs: many writers, workers that are killed, readers that are polled,
// stores that are frozen, emptied, replaced and restored.
//
//	editors ──poll──▶ readers ◀──wire──▶ Redis ◀──wire──▶ workers ◀──▶ Postgres ◀── admin ◀── writers
//	   └──────────────────────────── history ────────────────────────────────────────────────────┘
//
// Editors go to another reader with each poll, and keep the tag that they were
// last given. What they got and what the writers were told is a history, which
// package history judges by the promises. A wire (package wire) is a piece of
// network that a scenario can break. stage_test.go is the fleet under
// observation, faults_test.go lists what is broken, and how.
//
// The short forms run with all other tests. The long ones:
//
//	make soak      8 writers, 4 workers under SIGKILL, 20 organizations, 2,000 changes,
//	               and a storm: a library as large as is allowed, 30 changes at once
//	make faults    each scenario broken for a minute, editors polling four times a
//	               second: a table of what they saw. SCENARIO=storm prints what a storm
//	               takes: time, the neighbors' delay, processor time, memory
//	make load      commit to visible, revoked to refused, polls beside a bare server
//
// With -log the programs' warnings are shown.
package loadtest
