// Package listen accepts connections for a public port within limits. Neither a shortage
// of descriptors nor clients that hold connections without using them may end the
// process or keep others out. It knows TCP but no protocol above it, except for the 503
// of a refused connection. The reader links it, so it stays small.
//
//	accept ──fails for now──> evict an idle connection, pause, accept again
//	  │
//	  ├── below both limits ─────────────────────────> served
//	  ├── at a limit, an idle connection can go ─────> that one is closed, served
//	  └── at a limit otherwise ──> 503, from a bounded number of goroutines
//
// A served connection is a conn. Its writes must progress at MinWriteRate, and it no
// longer counts once it is closed.
package listen
