// Package jsonast parses JSON and YAML into values with source positions, within a budget, and
// writes values deterministically. Its nodes have the shapes of JSON for both languages. It
// doesn't interpret the values.
package jsonast
