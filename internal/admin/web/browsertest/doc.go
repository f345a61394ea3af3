// Package browsertest drives the pages with a real browser, against a real
// Postgres, Redis, worker and reader: each test ends with what editors get. All of
// it is in test files.
//
// A test of a page takes three things:
//
//	s := newSite(t)                  // the programs, and the organization acme
//	b := s.browser().as(s.owner)     // a signed-in window of its own
//	b.open("/orgs/acme/modes")       // then b.click, b.keyboard, b.fill, ...
//	b.text("h1").is("Modes")         // waits until the page shows it
//	b.sound()                        // axe finds nothing, the console is silent
//	s.readerHas("docs-writer")       // an editor gets it
//
// All tests share one browser process (chromium_test.go). Each has its own browser
// context in it, with its own cookies, storage and cache, and its own site.
//
// A page changes at any moment, so nothing is asserted of a value that was read
// once: b.text, b.texts, b.path and the like return readings, whose methods wait
// for what is expected (reading_test.go).
//
// `make test` runs the short form: a walk through each group of pages. The tests
// that begin with prove.Long run with ORGMODES_PROVE=1 too. TestEveryPage, one of
// them, visits all pages in all their states (pages_visits_test.go), holds them to
// what is asked of every page, and takes the pictures for make screenshots.
package browsertest
