// Command mutants removes each mechanism that keeps a promise from the product, one at a
// time, and requires that a test fails without it. A mechanism whose removal fails no test
// has no proof.
//
//	make mutants                           all of them; writes docs/mutations.md
//	make mutants ARGS='-only=fence'        those whose name matches
//	make mutants ARGS='-resume=some.json'  continue an earlier run
//
// The tree is copied first, so that work on it can continue during a run, and never
// changed: the compiler gets each mutated file as an overlay. Each test that serves as a
// proof has to pass on the unchanged tree.
package main
