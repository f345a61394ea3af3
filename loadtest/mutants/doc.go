// Command mutants takes each mechanism that keeps a promise out of the product,
// one at a time, and demands that a test fails without it. A mechanism that
// nothing misses has no proof.
//
//	make mutants                           all of them; writes docs/mutations.md
//	make mutants ARGS='-only=fence'        those whose name matches
//	make mutants ARGS='-resume=some.json'  go on where a run before ended
//
// The tree is copied first, so that it may be worked on meanwhile, and never
// changed: what is mutated reaches the compiler as an overlay. Each test that
// is to prove something has to pass on the tree as it is.
package main
