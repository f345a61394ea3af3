package browsertest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/prove"
)

// visit is a page in a state. All that is asked of every page is asked of it: see
// TestEveryPage. Its pictures are named by where it stands in story, its state
// and the look.
type visit struct {
	// route is as in routes.go.
	route string
	// name is one of story, state what is shown: "empty", "normal", "crowded", or
	// what went wrong.
	name, state string
	// path is where it is, below /orgs/acme where it begins with a point.
	path string
	// then brings the page into the state.
	then func(b *browser)
	// says is a part of what the browser says in the console of its own accord.
	says string
}

// story is what the pages are called, in the order in which somebody meets them.
var story = []string{
	"sign-in", "send-again", "organizations", "modes", "mode-new", "mode-edit", "mode-conflict", "mode-history", "mode-restore", "modes-deleted",
	"modes-delete", "objects", "object-new", "object", "object-history", "object-restore", "object-delete", "objects-deleted", "history", "palette", "import", "import-plan", "import-done", "export", "audit", "audit-entry", "publication", "tokens", "token-revoke",
	"connect", "failure",
}

// noPage are what answers GET and is no page, and why.
var noPage = map[string]string{
	"/assets/:file":                "scripts and styles",
	"/":                            "leads to an organization",
	"/orgs/:org":                   "leads to the modes",
	"/orgs/:org/rail":              "figures of the rail",
	"/orgs/:org/events":            "a stream",
	"/orgs/:org/modes/live":        "a part of the page of modes",
	"/orgs/:org/modes/:mode/newer": "a part of the editor",
	"/orgs/:org/modes/:mode":       "leads to the editor",
	"/orgs/:org/audit/export":      "a file",
}

// worlds are organizations in which pages are visited, side by side.
var worlds = []struct {
	name   string
	make   func(*site)
	visits func(*site) []visit
	who    func(*site, *browser)
}{
	{"empty", (*site).emptyWorld, (*site).emptyVisits, asOwner},
	{"normal", (*site).normalWorld, (*site).normalVisits, asOwner},
	{"mistakes", (*site).normalWorld, (*site).mistakenVisits, asOwner},
	{"member", (*site).normalWorld, (*site).memberVisits, asMember},
	{"crowded", (*site).crowdedWorld, (*site).crowdedVisits, asOwner},
}

func asOwner(s *site, b *browser)  { b.as(s.owner) }
func asMember(s *site, b *browser) { b.as(s.member) }

// TestEveryPage visits each page of routes.go in its states, and holds it to be
// accessible as far as axe can tell in both schemes, to need no scrolling sideways
// in a window of 320 pixels or at 200 %, to keep to the policy, and to leave the
// console silent. `make screenshots` takes the pictures of it.
func TestEveryPage(t *testing.T) { //nolint:tparallel // newSite makes the parts parallel
	if !takesPictures() {
		prove.Long(t)
	}
	t.Parallel() // as its parts are, with the other tests
	for _, w := range worlds {
		t.Run(w.name, func(t *testing.T) {
			s := newSite(t)
			w.make(s)
			b := s.browser()
			w.who(s, b)
			for _, v := range w.visits(s) {
				b.visit(v)
			}
		})
	}
}

// A page of routes.go that TestEveryPage doesn't visit makes this fail, at once.
func TestEveryPageIsVisited(t *testing.T) {
	visited := map[string]bool{}
	for _, w := range worlds {
		for _, v := range w.visits(&site{}) { // the table alone, without anything that runs
			visited[v.route] = true
		}
	}
	routes := newSite(t).pageRoutes()
	require.NotEmpty(t, routes)
	for _, route := range routes {
		if noPage[route] == "" && !visited[route] {
			t.Errorf("%s is a page that is not visited here: add it to the visits of the worlds", route)
		}
		delete(visited, route)
	}
	require.Empty(t, visited, "these are visited as pages, and are none")
}

// pageRoutes are the paths of routes.go that answer GET.
func (s *site) pageRoutes() (out []string) {
	for _, r := range s.routes {
		if r.Method == http.MethodGet && !strings.HasPrefix(r.Path, "/api/") && r.Path != "/api" {
			out = append(out, r.Path)
		}
	}
	return out
}

// pageLooks are the windows in which a page is looked at.
var pageLooks = []struct {
	look
	axe bool
}{
	{look{"desktop", 1360, 1000, "light"}, true},
	{look{"dark", 1360, 1000, "dark"}, true},
	{look{"phone", 390, 844, "light"}, false},
}

// longest is how much of a long page is in a picture.
const longest = 2400

func (b *browser) visit(v visit) {
	b.s.t.Helper()
	number := slices.Index(story, v.name) + 1
	require.NotZero(b.s.t, number, "%s is not in story", v.name)
	if v.says != "" {
		b.expect(v.says)
	}
	b.window(1360, 1000, "light")
	path := v.path
	if strings.HasPrefix(path, ".") {
		path = "/orgs/acme" + path[1:]
	}
	b.open(path)
	if v.then != nil {
		v.then(b)
	}
	b.untilNot(`window.executed`, "a text has run as a script on %s", v.path)
	for _, l := range pageLooks {
		b.window(l.width, min(max(b.number(`document.documentElement.scrollHeight`), l.height), longest), l.scheme)
		b.reflows(v, l.name, l.width)
		if l.axe {
			b.sound()
		}
		b.shot(fmt.Sprintf("%02d-%s-%s-%s", number, v.name, v.state, l.name))
	}
	// WCAG 1.4.10 and 1.4.4: 320 pixels wide, and a window of 1360 at 200 %.
	b.window(320, 640, "light")
	b.reflows(v, "320 pixels", 320)
	b.window(680, 500, "light")
	b.reflows(v, "200 %", 680)
	b.quiet()
}

func (b *browser) reflows(v visit, how string, width int64) {
	b.s.t.Helper()
	b.collect(fmt.Sprintf("%s, %s, has to be scrolled sideways in %s", v.name, v.state, how), fmt.Sprintf(`document.documentElement.scrollWidth <= %[1]d ? [] : ["the page", ...[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > %[1]d && !e.closest("pre, .cm-editor, .vh, .side")).map((e) => e.outerHTML.slice(0, 160)).slice(0, 8)]`, width)).are()
}
