package browsertest

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/prove"
)

// openPalette opens the palette by its key, and waits for the list.
func (b *browser) openPalette() {
	b.s.t.Helper()
	b.pressCtrl("k")
	b.waitFor(`document.querySelector("#palette[open] [role=option]")`)
}

// options returns the names and slugs of the options that the palette shows.
func (b *browser) options() textList { return b.texts("#palette .palette-name") }

// activeOption is the option that Enter would choose: the active one, provided that it is the
// only one selected.
func (b *browser) activeOption() textValue {
	return b.evalText("the active option", `((active, selected) => selected.length === 1 && selected[0] === active ? active.querySelector(".palette-name").innerText : null)(
		document.getElementById(document.querySelector("#palette-field").getAttribute("aria-activedescendant")), document.querySelectorAll("#palette [aria-selected=true]"))`)
}

func TestPaletteByKeyboard(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "📝 Docs writer")
	s.createMode("reviewer", "Réviseur")
	s.readerServes("docs-writer", "reviewer")
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/publication")
	b.openPalette()
	b.options().begin("Modes", "Permission templates", "History", "Audit log", "Publication", "Tokens")
	b.options().includes("New mode", "Import modes", "Export modes", "Connect an editor", "Republish everything", "Docs writer docs-writer", "Architect architect")
	b.options().lacks("History of Docs writer docs-writer", "what can be done with each mode comes with a search")
	b.waitFor(`document.querySelector("#palette-status").textContent.endsWith(" found")`)
	b.waitFor(`document.activeElement.id === "palette-field"`)
	b.checkA11yAndConsole()

	// Arrow keys wrap around. The first option is active before any key is pressed.
	b.activeOption().is("Modes")
	b.typeKeys(keyDown)
	b.activeOption().is("Permission templates")
	b.typeKeys(keyUp + keyUp)
	all := b.options().current()
	b.activeOption().is(all[len(all)-1])

	b.typeKeys("docs")
	b.options().are("Docs writer docs-writer", "History of Docs writer docs-writer", "Duplicate Docs writer docs-writer", "Delete Docs writer docs-writer")
	b.text("#palette-status").is("4 found")
	b.typeKeys(" hist")
	b.activeOption().is("History of Docs writer docs-writer")
	b.text("#palette-status").is("1 found")
	b.expectNavigation(func() { b.typeKeys(keyEnter) })
	b.path().is("/orgs/acme/modes/docs-writer/history")

	// A name is found without its accents, by its slug, and by letters with gaps between
	// them.
	for typed, want := range map[string]string{"revis": "Réviseur reviewer", "reviewer": "Réviseur reviewer", "archi": "Architect architect", "ovr arch": "Override Architect architect", "roomodes": "Import modes", "install": "Connect an editor"} {
		b.openPalette()
		b.typeKeys(typed)
		b.activeOption().is(want, typed)
		b.typeKeys(keyEsc)
		b.waitFor(`!document.querySelector("#palette[open]")`)
	}
	b.openPalette()
	b.typeKeys("nothing like it")
	b.text("#palette-status").has("Nothing matches “nothing like it”")
	b.waitFor(`document.querySelector("#palette-field[aria-expanded=false]:not([aria-activedescendant])")`)
	b.typeKeys(keyEnter)
	b.checkA11yAndConsole()
	b.screenshot("palette-nothing")
	b.pressCtrl("k")
	b.waitFor(`!document.querySelector("#palette[open]")`)

	// Actions that change something ask first.
	b.openPalette()
	b.typeKeys("delete docs" + keyEnter)
	b.waitFor(`document.querySelector("dialog[open] [data-confirm]")`)
	b.text("dialog[open] h2").is("Delete 📝 Docs writer?")
	b.pressCtrl("k")
	b.waitFor(`!document.querySelector("#palette[open]")`, "a question is answered before anything else")
	b.waitFor(`document.activeElement.matches("[data-confirm]")`)
	b.expectNavigation(func() { b.typeKeys(keyEnter) })
	b.text(".flash").has("is deleted")
	s.readerServes("reviewer")
	b.checkConsole()
}

// The palette includes changes made since the page was loaded.
func TestPaletteIncludesNewModes(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("first", "The first")
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/tokens")
	b.waitFor(`document.querySelector("#connection[data-connection=live]")`)
	b.openPalette()
	b.options().includes("The first first")
	b.typeKeys(keyEsc)
	s.createMode("second", "The second")
	b.waitFor(`document.querySelector("[data-nav-count]").textContent === "7"`) // the page has received the event
	b.pressCtrl("k")
	b.waitFor(`[...document.querySelectorAll("#palette .palette-name")].some((e) => e.textContent === "The second second")`)
	s.readerServes("first", "second")
	b.checkConsole()
}

// The key works in every text field, and the typed text stays as it was.
func TestPalettePreservesTypedText(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	b := s.browser().signIn(s.owner)
	asked := b.acceptLeaveDialogs()
	b.open("/orgs/acme/modes/new?view=yaml")
	b.waitFor(`document.querySelector(".cm-content")`)
	b.setYAML("slug: revier\n")
	b.js(`{ const { view } = document.querySelector("yaml-editor"); view.focus(); view.dispatch({ selection: { anchor: 10 } }); }`)
	b.openPalette()
	b.typeKeys("docs" + keyEsc)
	b.waitFor(`!document.querySelector("#palette[open]") && document.activeElement.matches(".cm-content")`)
	b.typeKeys("w")
	b.value("#field-yaml").is("slug: reviwer\n")

	b.open("/orgs/acme/modes/docs-writer/edit")
	b.fill("#field-name", "Reviewer")
	b.openPalette()
	b.typeKeys(keyEsc)
	b.waitFor(`document.activeElement.id === "field-name"`)
	b.typeKeys("s")
	b.value("#field-name").is("Reviewers")
	b.waitForCheck("1 change")
	// A stored draft can be left, by the palette as by any link.
	b.waitForText("#draft-state", "Draft saved")
	before := asked.Load()
	b.openPalette()
	b.typeKeys("publication")
	b.activeOption().is("Publication")
	b.expectNavigation(func() { b.typeKeys(keyEnter) })
	require.Equal(t, before, asked.Load(), "leaving a stored draft needs no question")
	b.open("/orgs/acme/modes/docs-writer/edit")
	b.value("#field-name").is("Reviewers")
	s.readerServes("docs-writer")
	s.readerHas("name: Docs writer")
	b.checkConsole()
}

// Actions that the user isn't allowed to do are either absent or disabled with a reason.
func TestPaletteDisablesForbiddenActions(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	b := s.browser().signIn(s.member)
	b.open("/orgs/acme/tokens")
	b.openPalette()
	for _, name := range []string{"New mode", "Import modes", "Republish everything", "Audit log"} {
		b.waitFor(fmt.Sprintf(`[...document.querySelectorAll("#palette [aria-disabled=true]")].some((e) =>
			e.querySelector(".palette-name").textContent === %q && e.textContent.includes("Only owners and admins can"))`, name), name)
	}
	b.waitFor(`![...document.querySelectorAll("#palette [aria-disabled=true]")].some((e) => /Export|Connect|Tokens|New token/.test(e.textContent))`)
	b.checkAndScreenshot("palette-member")
	b.typeKeys("new mode" + keyEnter)
	b.text("#palette-status").is("Not possible: Only owners and admins can change the library; ask one of them")
	b.path().is("/orgs/acme/tokens")
	b.js(`document.querySelector("#palette [role=option]").click()`)
	b.waitFor(`document.querySelector("#palette[open]")`)
	b.typeKeys(keyEsc)
	b.openPalette()
	b.typeKeys("docs")
	b.options().are("Docs writer docs-writer", "History of Docs writer docs-writer")
	b.expectNavigation(func() { b.typeKeys(keyEnter) })
	b.path().is("/orgs/acme/modes/docs-writer/edit")
	s.readerServes("docs-writer")
	b.checkConsole()
}

// Only members of an organization get its palette. It lists only organizations that the
// user is a member of.
func TestPaletteRequiresMembership(t *testing.T) {
	s := newSite(t)
	ask := func(u postgres.User) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/orgs/acme/palette", nil)
		require.NoError(t, err)
		req.AddCookie(&http.Cookie{Name: "orgmodes", Value: s.createSession(u)})
		req.Header.Set("HX-Request", "true")
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		return res.StatusCode
	}
	require.Equal(t, http.StatusOK, ask(s.member))
	require.Equal(t, http.StatusNotFound, ask(s.stranger))

	globex := s.createOrganization("globex", "Globex")
	require.NoError(t, s.db.AddMember(t.Context(), operator, globex.ID, s.owner.ID, "member"))
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes")
	b.openPalette()
	b.typeKeys("organization")
	b.options().are("Globex") // not Other, where she is no member
	b.expectNavigation(func() { b.typeKeys(keyEnter) })
	b.path().is("/orgs/globex/modes")
	b.checkConsole()
}

func TestLargePaletteIsAccessible(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	long := "A name as long as it may be, which nobody would give to a mode, and which somebody gives in the end"
	s.createMode("script", `<img src=x onerror=alert(1)><script>alert(1)</script>`)
	s.createMode("long-name-long-name-long-name-long-name-long-name", long[:99])
	s.createMode("rtl", "سجل التغييرات")
	s.createMode("emoji", "👩‍💻 Family 👨‍👩‍👧‍👦")
	s.createMode("chinese", "代码审查与安全检查工程师")
	s.createMode("word", "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft")
	s.createMode("new", "One whose slug is a page's")
	var many []modes.Mode
	for i := range 493 {
		m := modes.Mode{Slug: fmt.Sprintf("mode-%03d", i), Name: fmt.Sprintf("Mode number %d", i)}
		m.Config.RoleDefinition = "You are one of many."
		m.Config.Groups = []modes.Group{}
		many = append(many, m)
	}
	storetest.PutModes(t, s.db, byUser(s.owner), s.acme.ID, many...)
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/publication")
	b.openPalette()
	b.options().count(50)
	b.text("#palette-status").matches(`^\d+ found, the first 50 are shown$`)
	b.typeKeys("mode number 492")
	b.activeOption().is("Mode number 492 mode-492")
	for typed, want := range map[string]string{
		"onerror": `<img src=x onerror=alert(1)><script>alert(1)</script> script`, "التغييرات": "سجل التغييرات rtl", "安全": "代码审查与安全检查工程师 chinese",
	} {
		b.typeKeys(keyEsc)
		b.openPalette()
		b.typeKeys(typed)
		b.activeOption().is(want)
	}
	b.waitFor(`!document.querySelector("#palette img, #palette script")`, "names are text")
	b.typeKeys(keyEsc)
	b.openPalette()
	b.typeKeys("e")
	b.waitFor(`document.querySelectorAll("#palette [role=option]").length === 50`)
	b.js(`document.querySelector("#palette-field").value = ""; document.querySelector("#palette-field").dispatchEvent(new Event("input"))`)
	for range 28 {
		b.typeKeys(keyDown)
	}
	b.waitFor(`(() => { const row = document.querySelector("#palette [aria-selected=true]").getBoundingClientRect(), list = document.querySelector("#palette-list").getBoundingClientRect();
		return row.top >= list.top - 1 && row.bottom <= list.bottom + 1; })()`, "what is chosen is seen")
	b.checkAndScreenshot("palette")
	b.waitFor(`document.querySelector("#palette").scrollWidth <= document.querySelector("#palette").clientWidth`)

	b.typeKeys(keyEsc)
	b.openPalette()
	b.typeKeys("page's")
	b.expectNavigation(func() { b.typeKeys(keyEnter) })
	b.text("h1").is("One whose slug is a page's")
	b.checkConsole()
}

// macOS has a different key; there, Ctrl-K is left to the field.
func TestPaletteShortcutOnMacOS(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().signIn(s.owner)
	b.do(emulation.SetUserAgentOverride("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)").WithPlatform("MacIntel"))
	b.open("/orgs/acme/modes")
	b.text("[data-palette]").is("⌘K to jump")
	b.pressCtrl("k")
	b.waitFor(`!document.querySelector("#palette[open]")`)
	b.do(chromedp.KeyEvent("k", chromedp.KeyModifiers(4)))
	b.waitFor(`document.querySelector("#palette[open] [role=option]")`)
	b.typeKeys(keyEsc)
	b.click("[data-open=keys]")
	b.text("#keys").has("⌘ K Jump to a page")
	b.checkA11yAndConsole()
}

func TestPaletteLoadError(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	line := s.newCuttableProxy(s.url)
	b := s.browser().signIn(s.owner)
	b.do(navigate(line.url + "/orgs/acme/modes"))
	b.waitForLoad()
	b.expectConsole("net::ERR_")
	line.cut()
	b.click("[data-palette]")
	b.waitForText("#palette-status", "The list couldn’t be loaded")
	b.checkA11yAndConsole()
	b.screenshot("palette-cut")
	line.restore()
	b.typeKeys(keyEsc)
	b.openPalette()
	b.options().includes("New mode")
}

func TestPaletteAfterSessionEndLeadsToSignIn(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/tokens")
	b.expireSessions()
	b.expectConsole("status of 401")
	b.expectNavigation(func() { b.pressCtrl("k") })
	b.path().is("/sign-in?return=%2Forgs%2Facme%2Ftokens")
	b.checkA11yAndConsole()
}

func TestPaletteWithoutScripts(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/palette")
	b.checkAndScreenshot("palette-page")
	b.withoutScripts()
	b.do(navigate(s.url + "/orgs/acme/tokens"))
	b.click(".sidebar-status a")
	b.waitForText("h1", "Go to")
	b.click(`.palette-items a[data-verb="Delete"]`)
	b.waitForText("h1", "Delete Docs writer?")
	b.click("[data-confirm]")
	b.waitForText(".flash", "is deleted")
	s.readerServes()
	b.checkConsole()
}
