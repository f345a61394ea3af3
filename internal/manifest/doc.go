// Package manifest reads and writes objects of a library as documents of YAML or JSON, in
// the form that Kubernetes made common: kind, metadata, spec. It knows no kind: each
// reads and writes its own spec.
package manifest
