// Package loadtest holds the tests and measurements that need the real programs: many
// writers, workers that are killed, readers that are polled, stores that are frozen,
// emptied, replaced and restored.
//
//	editors ──poll──▶ readers ◀──proxy──▶ Redis ◀──proxy──▶ workers ◀──▶ Postgres ◀── admin ◀── writers
//	   └──────────────────────────── history ──────────────────────────────────────────────────────┘
//
// Editors send each poll to another reader, with the ETag that they last received. A
// history records what they received and which changes the writers saw acknowledged.
// Package checker checks it against the promises. A proxy (package faultproxy) is a network
// connection that a scenario can break. stage_test.go is the fleet under observation.
// faults_test.go lists the faults and how they are caused.
//
// The definition of an answer: editors connect to readers directly, and no scenario breaks
// that connection. So a running reader must answer every request, or a promise is broken. A
// connection that the reader refuses, resets or ends early counts as no answer. There are
// two exceptions. A connection kept from the last poll may be closed at any time. The HTTP
// client then retries on a new one, as RFC 9110, section 9.2.2, allows for a GET, and the
// result of the retry counts. And a reader that the scenario has killed is absent until it
// answers again. Connections of the test harness itself, to Redis or to Sentinels, prove
// nothing about readers. One that breaks is reopened (a Sentinel closes all clients of the
// replica that it promotes).
//
// How an edit and a template change pass through all programs is tested by `make test`. The
// short forms of the other tests belong to `make prove`; the long ones:
//
//	make soak      8 writers, 4 workers under SIGKILL, 20 organizations, 2,000 changes,
//	               and a storm: the largest allowed library, 30 changes in quick succession
//	make faults    each scenario broken for a minute, editors polling four times a
//	               second: a table of the results. SCENARIO=storm prints the cost of a
//	               storm: time, the neighbors' delay, processor time, memory
//	make load      commit to visible, revoked to refused, change to event, idle pages,
//	               polls compared with a bare server
//
// Package attack measures what hostile clients cost the same programs (make attack).
//
// The flag -log shows the programs' warnings.
package loadtest
