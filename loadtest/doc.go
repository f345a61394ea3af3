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
// What counts as an answer. Editors connect to readers directly, and no scenario
// breaks that connection, so whoever is sent to a running reader gets an answer or
// a promise is broken: a connection that the reader refuses, resets or ends early
// counts as no answer, and so against it. Two things are not held against it. A
// connection that was kept since the last poll may be closed at any time; the HTTP
// client asks again on a fresh one, as RFC 9110, section 9.2.2, lets it do with a
// GET, and what counts is what becomes of that. And a reader that the scenario has
// killed is absent until it answers again. Connections of the harness itself, to
// Redis or to Sentinels, prove nothing about readers: one that breaks is made
// again (a Sentinel closes all clients of the replica that it promotes).
//
// A change and a change of templates through the programs are tests of `make test`.
// The short forms of the others belong to `make prove`; the long ones:
//
//	make soak      8 writers, 4 workers under SIGKILL, 20 organizations, 2,000 changes,
//	               and a storm: a library as large as is allowed, 30 changes at once
//	make faults    each scenario broken for a minute, editors polling four times a
//	               second: a table of what they saw. SCENARIO=storm prints what a storm
//	               takes: time, the neighbors' delay, processor time, memory
//	make load      commit to visible, revoked to refused, change to event, pages that are
//	               idle, polls beside a bare server
//
// Package attack measures what hostile clients cost the same programs (make attack).
//
// With -log the programs' warnings are shown.
package loadtest
