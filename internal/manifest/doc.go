// Package manifest reads and writes library objects as YAML or JSON documents in the format of
// Kubernetes: kind, metadata, spec. It is independent of the kinds: each kind reads and writes
// its own spec.
package manifest
