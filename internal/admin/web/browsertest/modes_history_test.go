package browsertest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/modes"
	"orgmodes/internal/prove"
)

func TestLibraryHistory(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/history")
	b.text(".empty").has("No changes yet")
	b.checkAndScreenshot("history-empty")

	s.createMode("docs-writer", "📝 Docs writer")
	s.updateMode("docs-writer", func(m *modes.Mode) { m.Name = "📝 Handbook writer" })
	s.createMode("code", "Code")
	s.createMode("reviewer", `<script>alert(1)</script>`)
	s.deleteMode("reviewer")
	m := modes.Mode{Slug: "imported", Name: "سجل التغييرات"}
	m.Config.RoleDefinition = "You were imported."
	m.Config.Groups = []modes.Group{}
	storetest.PutModes(t, s.db, byUser(s.admin), s.acme.ID, m)
	// The open page has followed the changes.
	b.waitFor(`document.querySelectorAll(".library-version").length === 6`)
	b.texts(".library-change").are(
		"admin@acme.example imported سجل التغييرات",
		"owner@acme.example deleted it",
		"owner@acme.example created <script>alert(1)</script>",
		"owner@acme.example made Code in place of the built-in mode",
		"owner@acme.example changed the name from 📝 Docs writer to 📝 Handbook writer",
		"owner@acme.example created 📝 Docs writer",
	)
	b.checkAndScreenshot("history")

	// Entries link to the comparison, and to the history of a deleted mode.
	b.clickAndNavigate(".library-actions a")
	b.text("#compared-title").is("From version 1 to version 2")
	b.text(".compared .diff-lines").has("Handbook writer")
	b.open("/orgs/acme/history")
	b.clickAndNavigate(".library-version:nth-child(2) .name")
	b.text(".note-line").has("is deleted: editors don’t have it")
	b.open("/orgs/acme/history")
	b.clickAndNavigate(".pages .end")
	b.text("h1").is("Deleted modes")
	b.click("[data-confirm-dialog]")
	b.clickAndNavigate("dialog[open] [data-confirm]")
	s.readerServes("docs-writer", "code", "reviewer", "imported")
	b.open("/orgs/acme/history")
	b.texts(".library-change").begin("owner@acme.example restored it")
	b.waitForNot(`document.querySelector(".pages .end")`, "nothing is deleted now")
	b.checkA11yAndConsole()

	// A member can read the history as well, but not the audit log.
	other := s.browser().signIn(s.member)
	other.open("/orgs/acme/history")
	other.texts(".library-version").count(7)
	other.text(".explanation").has("the audit log, for owners and admins")
	other.checkA11yAndConsole()
}

func TestLibraryHistoryIsPaged(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("oldest", "The oldest")
	var many []modes.Mode
	for i := range 120 {
		m := modes.Mode{Slug: fmt.Sprintf("mode-%03d", i), Name: fmt.Sprintf("Mode number %d", i)}
		m.Config.RoleDefinition = "You are one of many."
		m.Config.Groups = []modes.Group{}
		many = append(many, m)
	}
	storetest.PutModes(t, s.db, byUser(s.owner), s.acme.ID, many...)
	b := s.browser().signIn(s.owner).withoutScripts()
	b.do(navigate(s.url + "/orgs/acme/history"))
	seen := map[string]bool{}
	newest := ""
	for page := range 3 {
		b.waitFor(fmt.Sprintf(`document.querySelectorAll(".library-version").length === %d && document.querySelector(".library-version code").innerText !== %s`,
			[]int{50, 50, 21}[page], quoteJS(newest)))
		slugs := b.texts(".library-version code").current()
		newest = slugs[0]
		for _, slug := range slugs {
			require.False(t, seen[slug], slug)
			seen[slug] = true
		}
		if page < 2 {
			b.click("[rel=next]")
		}
	}
	require.Len(t, seen, 121)
	b.text(".pages").has("This is where the history begins")
	b.click(".pages a")
	b.waitForText(".pages", "Older")
	// An invalid cursor shows the newest entries.
	b.do(navigate(s.url + "/orgs/acme/history?after=nonsense"))
	b.waitForText("#list", "imported")
	b.checkConsole()
}
