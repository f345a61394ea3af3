// Package jsonast knows values that remember where in a text they were written, and
// how JSON is read into them. It has the shapes of JSON; whoever reads something
// else, such as YAML, makes the same nodes of it. It knows nothing of what the
// values mean.
package jsonast
