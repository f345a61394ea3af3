// Package resource holds what all kinds of objects in a library have in common: the
// vocabulary of plans. It imports no driver, no framework and no kind.
package resource
