// Package browsertest drives the pages with a real browser, against a real Postgres, Redis,
// worker and reader. Each test ends with a check of what editors get. The package consists
// of test files only.
//
// A test of a page has three parts:
//
//	s := newSite(t)                  // the programs, and the organization acme
//	b := s.browser().signIn(s.owner) // a window with a signed-in user
//	b.open("/orgs/acme/modes")       // then b.click, b.typeKeys, b.fill, ...
//	b.text("h1").is("Modes")         // waits until the page shows it
//	b.checkA11yAndConsole()          // axe finds nothing, the console is silent
//	s.readerHas("docs-writer")       // an editor gets it
//
// All tests share one browser process (chromium_test.go). Each test has its own browser
// context, with its own cookies, storage and cache, and its own site.
//
// A page can change at any moment, so tests never assert on a value that was read once.
// b.text, b.texts, b.path and the like return page values, whose methods wait for the
// expected value (page_value_test.go).
//
// `make test` runs the short form: a walk through each group of pages. Tests that begin
// with prove.Long run only with ORGMODES_PROVE=1. One of them is TestEveryPage, which
// visits all pages in all their states (pages_visits_test.go). It checks the requirements
// that all pages share, and takes the pictures for `make screenshots`.
package browsertest
