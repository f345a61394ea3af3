// Package canary holds the ID of the synthetic organization that is used to monitor
// publishing. The worker writes that organization and readers read it; they share no
// other package in which the ID belongs.
package canary

// ID is the organization that the leading worker changes every few seconds, so
// that readers can tell how long a change takes to reach them.
const ID = "00000000-0000-4000-8000-00006f6d6361"
