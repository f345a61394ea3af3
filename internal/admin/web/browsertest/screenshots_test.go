package browsertest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
	"orgmodes/internal/prove"
)

// viewport is a window in which screenshots are taken.
type viewport struct {
	name          string
	width, height int64
	scheme        string
}

var viewports = []viewport{
	{"light", 1360, 1040, "light"},
	{"dark", 1360, 1040, "dark"},
	{"phone", 390, 844, "light"},
	{"phone-dark", 390, 844, "dark"},
	{"tablet", 820, 1100, "light"},
}

// checkAndScreenshot runs checkA11yAndConsole on a page, and takes its pictures as
// NAME-light.png and so on.
func (b *browser) checkAndScreenshot(name string) {
	b.s.t.Helper()
	for i, l := range viewports {
		b.setWindow(l.width, l.height, l.scheme)
		b.waitFor(fmt.Sprintf(`document.documentElement.scrollWidth <= %d`, l.width), "%s in the window %q has to be scrolled sideways", name, l.name)
		if i == 0 { // TestEveryPage covers the other viewports
			b.checkA11yAndConsole()
		}
		b.screenshot(name + "-" + l.name)
	}
	b.setWindow(1360, 1040, "light")
}

// createTypicalModes adds the modes of a typical organization.
func (s *site) createTypicalModes() {
	s.t.Helper()
	described := func(text string, groups ...modes.Group) func(*modes.Mode) {
		return func(m *modes.Mode) { m.Config.Description, m.Config.Groups = text, groups }
	}
	read, command, mcp, browse := modes.Group{Name: "read"}, modes.Group{Name: "command"}, modes.Group{Name: "mcp"}, modes.Group{Name: "browser"}
	docs := modes.Group{Name: "edit", Restriction: &modes.Restriction{FileRegex: `\.(md|mdx)$`, Description: "Markdown files only"}}
	s.createMode("code-reviewer", "🔎 Code reviewer", described("Reviews a change for correctness first, style last", read, command))
	s.createMode("docs-writer", "📝 Docs writer", described("Keeps the handbook in step with the code", read, docs))
	s.createMode("security-audit", "🛡️ Security audit of everything that faces the internet", described("Threat-models a change and proposes the smallest fix", read, browse, mcp))
	s.createMode("test-engineer", "测试工程师", described("Writes the test that would have caught it", read, docs, command))
	s.createMode("code", "Code", described("Write, change and refactor code by our conventions", read, modes.Group{Name: "edit"}, command, mcp))
}

func TestModesPageIsAccessible(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().signIn(s.owner)

	b.open("/orgs/acme/modes")
	b.text(".empty").has("No modes of your own yet")
	b.checkAndScreenshot("modes-empty")

	s.createTypicalModes()
	b.open("/orgs/acme/modes")
	b.waitFor(`document.querySelector("#publication-line.publication-line")`)
	b.checkAndScreenshot("modes")
	b.click(`[data-order] > li:nth-child(2) summary`)
	b.checkAndScreenshot("modes-menu")
	b.typeKeys(keyEsc)
	b.waitFor(`!document.querySelector("details[open]")`)
	b.typeKeys("?")
	b.waitFor(`document.querySelector("#keys[open]")`)
	b.checkA11yAndConsole()
	b.typeKeys(keyEsc)
	b.waitFor(`!document.querySelector("#keys[open]")`)

	b.fill("input[type=search]", "threat")
	b.waitFor(`document.querySelectorAll(".row").length === 1`)
	b.path().has("q=threat")
	b.waitForAnnouncement("1 mode")
	b.waitFor(`[...document.querySelectorAll("#shows a")].every((a) => a.href.includes("q=threat"))`, "the search stays")
	b.checkA11yAndConsole()
	b.fill("input[type=search]", "nothing like it")
	b.waitFor(`document.querySelector(".empty")`)
	b.checkAndScreenshot("modes-nothing-found")
	b.open("/orgs/acme/modes?show=untouched")
	b.texts(".row .name").are("Architect", "Ask", "Debug", "Orchestrator")
	b.open("/orgs/acme/modes?show=overrides")
	b.texts(".row .name").are("Code")
	b.open("/orgs/acme/modes?sort=name")
	b.text("#list").has("The order can be changed where all modes are shown")

	b.open("/orgs/acme/modes")
	b.click(".org summary")
	b.checkAndScreenshot("organization-switcher")

	s.stopWorker()
	s.createMode("late", "A late one")
	s.setPendingSince("now() - interval '34 seconds'")
	b.open("/orgs/acme/modes")
	b.waitForText("#publication-line", "Editors still get revision")
	b.checkAndScreenshot("modes-not-published")
}

// transferredBytes returns the number of bytes that the browser has loaded for the page.
func (b *browser) transferredBytes() int64 {
	b.s.t.Helper()
	return b.evalInt(`[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].reduce((n, e) => n + e.encodedBodySize, 0)`)
}

func TestFailurePages(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().signIn(s.owner)
	b.expectConsole("status of 404", "status of 500", "status of 503")
	b.open("/orgs/other/modes")
	b.text("h1").is("Page not found")
	b.text("main").has("There is no such organization, or you are not a member of it")
	b.text("main").has("request")
	b.checkAndScreenshot("failure-404")
	b.open("/nowhere")
	b.text("main").has("There is no such path")
	b.checkA11yAndConsole()

	s.execSQL("ALTER TABLE organization_modes RENAME TO elsewhere")
	b.open("/orgs/acme/modes")
	b.text("h1").is("Something went wrong")
	b.text("body").hasNot("organization_modes")
	s.await(func() error {
		if !strings.Contains(s.log.String(), "organization_modes") {
			return errors.New("the log doesn't say what failed")
		}
		return nil
	})
	b.checkAndScreenshot("failure-500")
}

func TestOrganizationsPageIsAccessible(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().signIn(s.owner)
	b.open("/")
	b.path().is("/orgs/acme/modes", "there is only one")
	s.createOrganization("third", "A third one")
	require.NoError(t, s.db.AddMember(t.Context(), operator, s.createOrganization("globex", "Globex").ID, s.owner.ID, "member"))
	b.open("/")
	b.path().is("/orgs")
	b.checkAndScreenshot("organizations")
	nobody, err := s.db.CreateUser(t.Context(), operator, "new@acme.example", "Nora New", "")
	require.NoError(t, err)
	fresh := s.browser().signIn(nobody)
	fresh.open("/")
	fresh.text(".empty").has("You are not a member of any organization yet")
	fresh.checkAndScreenshot("organizations-none")
}
