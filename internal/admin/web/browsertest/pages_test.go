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

// visit is a page in one state. It is checked against all requirements of TestEveryPage.
// Its pictures are named after its position in story, its state and the look.
type visit struct {
	// route is the path as in routes.go.
	route string
	// name is an element of story. state describes the content, such as "empty", "normal"
	// or "crowded", or the error.
	name, state string
	// path is the address. If it begins with a dot, it is relative to /orgs/acme.
	path string
	// then brings the page into the state.
	then func(b *browser)
	// says is part of a console line that the browser itself writes.
	says string
}

// story lists the names of the pages, in the order in which a user meets them.
var story = []string{
	"sign-in", "send-again", "organizations", "modes", "mode-new", "mode-edit", "mode-conflict", "mode-history", "mode-restore", "modes-deleted",
	"modes-delete", "objects", "object-new", "object", "object-history", "object-restore", "object-delete", "objects-deleted", "history", "palette", "import", "import-plan", "import-done", "export", "audit", "audit-entry", "publication", "tokens", "token-revoke",
	"connect", "failure",
}

// noPage lists the GET routes that aren't pages, with the reason.
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

// worlds lists the organizations in which pages are visited, in parallel.
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

// TestEveryPage visits each page of routes.go in all its states. It checks that axe finds
// no violations in either color scheme, and that the console stays silent. It checks that
// nothing violates the policy, and that no page scrolls horizontally at 320 pixels or at
// 200 %. `make screenshots` takes its pictures.
func TestEveryPage(t *testing.T) { //nolint:tparallel // newSite makes the parts parallel
	if !takesPictures() {
		prove.Long(t)
	}
	t.Parallel() // with the other tests, like its parts
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

// TestEveryPageIsVisited fails if TestEveryPage doesn't visit a page of routes.go. It needs
// no browser, so it fails at once.
func TestEveryPageIsVisited(t *testing.T) {
	visited := map[string]bool{}
	for _, w := range worlds {
		for _, v := range w.visits(&site{}) { // only the table, with no program running
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

// pageRoutes returns the paths that answer GET, without those of the API.
func (s *site) pageRoutes() (out []string) {
	for _, r := range s.routes {
		if r.Method == http.MethodGet && !strings.HasPrefix(r.Path, "/api/") && r.Path != "/api" {
			out = append(out, r.Path)
		}
	}
	return out
}

// pageLooks lists the windows in which a page is checked.
var pageLooks = []struct {
	look
	check func(*browser)
}{
	{look{"desktop", 1360, 1000, "light"}, (*browser).sound},
	{look{"dark", 1360, 1000, "dark"}, (*browser).legible},
	{look{"phone", 390, 844, "light"}, (*browser).quiet},
}

// longest is the maximum height of a picture, in pixels.
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
		l.check(b)
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
