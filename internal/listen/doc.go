// Package listen accepts connections for a public port within limits: a process
// that runs out of descriptors, or clients that hold connections without using
// them, must not end it or keep others out. It knows TCP and nothing of what is
// served; the reader links it, so it stays small.
//
//	accept ──fails for now──> pause, give up idle connections, accept again
//	  │
//	  ├── below both limits ─────────────────────────> served
//	  ├── at a limit, an idle connection can go ─────> that one is closed, served
//	  └── at a limit otherwise ──> 503, from a bounded number of goroutines
//
// A served connection is a conn: its writes must progress at MinWriteRate, and it
// leaves the limits when it is closed.
package listen
