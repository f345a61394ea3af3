// Package resource defines what all kinds of library objects share: the interfaces that a kind
// implements, operations on objects, and the vocabulary of plans. It is independent of any kind
// and any storage.
package resource
