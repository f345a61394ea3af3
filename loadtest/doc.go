// Package loadtest holds the proofs and measurements that need the real
// programs: many writers, workers that are killed, readers that are polled.
//
// The short forms run with all other tests. The long ones:
//
//	make soak      8 writers, 4 workers under SIGKILL, 20 organizations, 2,000 changes
package loadtest
