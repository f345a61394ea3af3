// Package browsertest drives the pages with a real browser, against a real
// Postgres, Redis, worker and reader: each test ends with what editors get. All of
// it is in test files.
//
// A test of a page takes three things:
//
//	s := newSite(t)                  // the programs, and the organization acme
//	b := s.browser().as(s.owner)     // a browser in which somebody is signed in
//	b.open("/orgs/acme/modes")       // then b.click, b.press, b.text, ...
//	b.sound()                        // axe finds nothing, the console is silent
//	s.readerHas("docs-writer")       // an editor gets it
//
// TestEveryPage visits all pages in all their states (pages_visits_test.go), holds
// them to what is asked of every page, and takes the pictures for make screenshots.
package browsertest
