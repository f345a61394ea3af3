// Package resource defines what all kinds of objects in a library have in common: the
// interfaces that a kind implements, operations on objects, and the vocabulary of
// plans. It knows no kind and no storage.
package resource
