// Package jsonast reads JSON and YAML into values that keep their positions in the
// text, within a budget, and writes values deterministically. Its nodes have the
// shapes of JSON, whichever language they are read from. It knows nothing about what
// the values mean.
package jsonast
