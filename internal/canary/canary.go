// Package canary knows which organization is nobody's: who writes it and who
// reads it share no other package that should know.
package canary

// ID is the organization that the leading worker changes every few seconds, so
// that readers can tell how long a change takes to reach them.
const ID = "00000000-0000-4000-8000-00006f6d6361"
