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
// Its pictures are named after its position in pageOrder, its state and the viewport.
type visit struct {
	// route is the path as in routes.go.
	route string
	// name is an element of pageOrder. state describes the content, such as "empty", "normal"
	// or "crowded", or the error.
	name, state string
	// path is the address. If it begins with a dot, it is relative to /orgs/acme.
	path string
	// prepare brings the page into the state.
	prepare func(b *browser)
	// expectedConsole is part of a console line that the browser itself writes.
	expectedConsole string
}

// pageOrder lists the names of the pages, in the order in which a user meets them.
var pageOrder = []string{
	"sign-in", "send-again", "organizations", "modes", "mode-new", "mode-edit", "mode-conflict", "mode-history", "mode-restore", "modes-deleted",
	"modes-delete", "objects", "object-new", "object", "object-history", "object-restore", "object-delete", "objects-deleted", "history", "palette", "import", "import-plan", "import-done", "export", "audit", "audit-entry", "publication", "tokens", "token-revoke",
	"connect", "failure",
}

// nonPageRoutes lists the GET routes that aren't pages, with the reason.
var nonPageRoutes = map[string]string{
	"/assets/:file":                "scripts and styles",
	"/":                            "leads to an organization",
	"/orgs/:org":                   "leads to the modes",
	"/orgs/:org/rail":              "the counts of the sidebar",
	"/orgs/:org/events":            "a stream",
	"/orgs/:org/modes/live":        "a part of the page of modes",
	"/orgs/:org/modes/:mode/newer": "a part of the editor",
	"/orgs/:org/modes/:mode":       "leads to the editor",
	"/orgs/:org/audit/export":      "a file",
}

// fixtures lists the organizations in which pages are visited, in parallel.
var fixtures = []struct {
	name   string
	make   func(*site)
	visits func(*site) []visit
	signIn func(*site, *browser)
}{
	{"empty", (*site).setUpEmpty, (*site).emptyVisits, signInOwner},
	{"normal", (*site).setUpNormal, (*site).normalVisits, signInOwner},
	{"mistakes", (*site).setUpNormal, (*site).errorVisits, signInOwner},
	{"member", (*site).setUpNormal, (*site).memberVisits, signInMember},
	{"crowded", (*site).setUpCrowded, (*site).crowdedVisits, signInOwner},
}

func signInOwner(s *site, b *browser)  { b.signIn(s.owner) }
func signInMember(s *site, b *browser) { b.signIn(s.member) }

// TestEveryPage visits each page of routes.go in all its states. It checks that axe finds
// no violations in either color scheme, and that the console stays silent. It checks that
// nothing violates the policy, and that no page scrolls horizontally at 320 pixels or at
// 200 %. `make screenshots` takes its pictures.
func TestEveryPage(t *testing.T) { //nolint:tparallel // newSite makes the parts parallel
	if !screenshotsEnabled() {
		prove.Long(t)
	}
	t.Parallel() // with the other tests, like its parts
	for _, w := range fixtures {
		t.Run(w.name, func(t *testing.T) {
			s := newSite(t)
			w.make(s)
			b := s.browser()
			w.signIn(s, b)
			for _, v := range w.visits(s) {
				b.checkPage(v)
			}
		})
	}
}

// TestEveryPageIsVisited fails if TestEveryPage doesn't visit a page of routes.go. It needs
// no browser, so it fails at once.
func TestEveryPageIsVisited(t *testing.T) {
	visited := map[string]bool{}
	for _, w := range fixtures {
		for _, v := range w.visits(&site{}) { // only the table, with no program running
			visited[v.route] = true
		}
	}
	routes := newSite(t).pageRoutes()
	require.NotEmpty(t, routes)
	for _, route := range routes {
		if nonPageRoutes[route] == "" && !visited[route] {
			t.Errorf("%s is a page that is not visited here: add it to the visits of the fixtures", route)
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

// pageViewports lists the windows in which a page is checked.
var pageViewports = []struct {
	viewport
	check func(*browser)
}{
	{viewport{"desktop", 1360, 1000, "light"}, (*browser).checkA11yAndConsole},
	{viewport{"dark", 1360, 1000, "dark"}, (*browser).checkContrast},
	{viewport{"phone", 390, 844, "light"}, (*browser).checkConsole},
}

// maxScreenshotHeight is the maximum height of a picture, in pixels.
const maxScreenshotHeight = 2400

func (b *browser) checkPage(v visit) {
	b.s.t.Helper()
	number := slices.Index(pageOrder, v.name) + 1
	require.NotZero(b.s.t, number, "%s is not in pageOrder", v.name)
	if v.expectedConsole != "" {
		b.expectConsole(v.expectedConsole)
	}
	b.setWindow(1360, 1000, "light")
	path := v.path
	if strings.HasPrefix(path, ".") {
		path = "/orgs/acme" + path[1:]
	}
	b.open(path)
	if v.prepare != nil {
		v.prepare(b)
	}
	b.waitForNot(`window.executed`, "a text has run as a script on %s", v.path)
	for _, l := range pageViewports {
		b.setWindow(l.width, min(max(b.evalInt(`document.documentElement.scrollHeight`), l.height), maxScreenshotHeight), l.scheme)
		b.checkReflow(v, l.name, l.width)
		l.check(b)
		b.screenshot(fmt.Sprintf("%02d-%s-%s-%s", number, v.name, v.state, l.name))
	}
	// WCAG 1.4.10 and 1.4.4: 320 pixels wide, and a window of 1360 at 200 %.
	b.setWindow(320, 640, "light")
	b.checkReflow(v, "320 pixels", 320)
	b.setWindow(680, 500, "light")
	b.checkReflow(v, "200 %", 680)
	b.checkConsole()
}

func (b *browser) checkReflow(v visit, how string, width int64) {
	b.s.t.Helper()
	b.evalList(fmt.Sprintf("%s, %s, has to be scrolled sideways in %s", v.name, v.state, how), fmt.Sprintf(`document.documentElement.scrollWidth <= %[1]d ? [] : ["the page", ...[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > %[1]d && !e.closest("pre, .cm-editor, .visually-hidden, .sidebar")).map((e) => e.outerHTML.slice(0, 160)).slice(0, 8)]`, width)).are()
}
