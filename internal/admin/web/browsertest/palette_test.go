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

// palette opens the palette by its key, and waits for the list.
func (b *browser) palette() {
	b.s.t.Helper()
	b.ctrl("k")
	b.until(`document.querySelector("#palette[open] [role=option]")`)
}

// options returns the names and slugs of the options that the palette shows.
func (b *browser) options() list { return b.texts("#palette .palette-name") }

// chosen is the option that Enter would choose: the active one, provided that it is the
// only one selected.
func (b *browser) chosen() words {
	return b.expression("the active option", `((active, selected) => selected.length === 1 && selected[0] === active ? active.querySelector(".palette-name").innerText : null)(
		document.getElementById(document.querySelector("#palette-field").getAttribute("aria-activedescendant")), document.querySelectorAll("#palette [aria-selected=true]"))`)
}

func TestPaletteByKeyboardAlone(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "📝 Docs writer")
	s.mode("reviewer", "Réviseur")
	s.readerServes("docs-writer", "reviewer")
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/publication")
	b.palette()
	b.options().begin("Modes", "Permission templates", "History", "Audit log", "Publication", "Tokens")
	b.options().includes("New mode", "Import modes", "Export modes", "Connect an editor", "Republish everything", "Docs writer docs-writer", "Architect architect")
	b.options().lacks("History of Docs writer docs-writer", "what can be done with each mode comes with a search")
	b.until(`document.querySelector("#palette-says").textContent.endsWith(" found")`)
	b.until(`document.activeElement.id === "palette-field"`)
	b.sound()

	// Arrow keys wrap around. The first option is active before any key is pressed.
	b.chosen().is("Modes")
	b.keyboard(keyDown)
	b.chosen().is("Permission templates")
	b.keyboard(keyUp + keyUp)
	all := b.options().now()
	b.chosen().is(all[len(all)-1])

	b.keyboard("docs")
	b.options().are("Docs writer docs-writer", "History of Docs writer docs-writer", "Duplicate Docs writer docs-writer", "Delete Docs writer docs-writer")
	b.text("#palette-says").is("4 found")
	b.keyboard(" hist")
	b.chosen().is("History of Docs writer docs-writer")
	b.text("#palette-says").is("1 found")
	b.leaving(func() { b.keyboard(keyEnter) })
	b.path().is("/orgs/acme/modes/docs-writer/history")

	// A name is found without its accents, by its slug, and by letters with gaps between
	// them.
	for typed, want := range map[string]string{"revis": "Réviseur reviewer", "reviewer": "Réviseur reviewer", "archi": "Architect architect", "ovr arch": "Override Architect architect", "roomodes": "Import modes", "install": "Connect an editor"} {
		b.palette()
		b.keyboard(typed)
		b.chosen().is(want, typed)
		b.keyboard(keyEsc)
		b.until(`!document.querySelector("#palette[open]")`)
	}
	b.palette()
	b.keyboard("nothing like it")
	b.text("#palette-says").has("Nothing matches “nothing like it”")
	b.until(`document.querySelector("#palette-field[aria-expanded=false]:not([aria-activedescendant])")`)
	b.keyboard(keyEnter)
	b.sound()
	b.shot("palette-nothing")
	b.ctrl("k")
	b.until(`!document.querySelector("#palette[open]")`)

	// Actions that change something ask first.
	b.palette()
	b.keyboard("delete docs" + keyEnter)
	b.until(`document.querySelector("dialog[open] [data-confirm]")`)
	b.text("dialog[open] h2").is("Delete 📝 Docs writer?")
	b.ctrl("k")
	b.until(`!document.querySelector("#palette[open]")`, "a question is answered before anything else")
	b.until(`document.activeElement.matches("[data-confirm]")`)
	b.leaving(func() { b.keyboard(keyEnter) })
	b.text(".said").has("is deleted")
	s.readerServes("reviewer")
	b.quiet()
}

// The palette includes changes made since the page was loaded.
func TestPaletteKnowsWhatIsNew(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("first", "The first")
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/tokens")
	b.until(`document.querySelector("#connection[data-connection=live]")`)
	b.palette()
	b.options().includes("The first first")
	b.keyboard(keyEsc)
	s.mode("second", "The second")
	b.until(`document.querySelector("[data-counted]").textContent === "7"`) // the page has received the event
	b.ctrl("k")
	b.until(`[...document.querySelectorAll("#palette .palette-name")].some((e) => e.textContent === "The second second")`)
	s.readerServes("first", "second")
	b.quiet()
}

// The key works in every text field, and the typed text stays as it was.
func TestPaletteLeavesWhatIsWrittenAlone(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	b := s.browser().as(s.owner)
	asked := b.acceptLeaving()
	b.open("/orgs/acme/modes/new?view=yaml")
	b.until(`document.querySelector(".cm-content")`)
	b.write("slug: revier\n")
	b.js(`{ const { view } = document.querySelector("yaml-editor"); view.focus(); view.dispatch({ selection: { anchor: 10 } }); }`)
	b.palette()
	b.keyboard("docs" + keyEsc)
	b.until(`!document.querySelector("#palette[open]") && document.activeElement.matches(".cm-content")`)
	b.keyboard("w")
	b.value("#field-yaml").is("slug: reviwer\n")

	b.open("/orgs/acme/modes/docs-writer/edit")
	b.fill("#field-name", "Reviewer")
	b.palette()
	b.keyboard(keyEsc)
	b.until(`document.activeElement.id === "field-name"`)
	b.keyboard("s")
	b.value("#field-name").is("Reviewers")
	b.checked("1 change")
	// A stored draft can be left, by the palette as by any link.
	b.seen("#draft-state", "Draft saved")
	before := asked.Load()
	b.palette()
	b.keyboard("publication")
	b.chosen().is("Publication")
	b.leaving(func() { b.keyboard(keyEnter) })
	require.Equal(t, before, asked.Load(), "leaving a stored draft needs no question")
	b.open("/orgs/acme/modes/docs-writer/edit")
	b.value("#field-name").is("Reviewers")
	s.readerServes("docs-writer")
	s.readerHas("name: Docs writer")
	b.quiet()
}

// Actions that the user isn't allowed to do are either absent or disabled with a reason.
func TestPaletteOfAMember(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	b := s.browser().as(s.member)
	b.open("/orgs/acme/tokens")
	b.palette()
	for _, name := range []string{"New mode", "Import modes", "Republish everything", "Audit log"} {
		b.until(fmt.Sprintf(`[...document.querySelectorAll("#palette [aria-disabled=true]")].some((e) =>
			e.querySelector(".palette-name").textContent === %q && e.textContent.includes("Only owners and admins can"))`, name), name)
	}
	b.until(`![...document.querySelectorAll("#palette [aria-disabled=true]")].some((e) => /Export|Connect|Tokens|New token/.test(e.textContent))`)
	b.pictures("palette-member")
	b.keyboard("new mode" + keyEnter)
	b.text("#palette-says").is("Not possible: Only owners and admins can change the library; ask one of them")
	b.path().is("/orgs/acme/tokens")
	b.js(`document.querySelector("#palette [role=option]").click()`)
	b.until(`document.querySelector("#palette[open]")`)
	b.keyboard(keyEsc)
	b.palette()
	b.keyboard("docs")
	b.options().are("Docs writer docs-writer", "History of Docs writer docs-writer")
	b.leaving(func() { b.keyboard(keyEnter) })
	b.path().is("/orgs/acme/modes/docs-writer/edit")
	s.readerServes("docs-writer")
	b.quiet()
}

// Only members of an organization get its palette. It lists only organizations that the
// user is a member of.
func TestPaletteIsGuarded(t *testing.T) {
	s := newSite(t)
	ask := func(u postgres.User) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/orgs/acme/palette", nil)
		require.NoError(t, err)
		req.AddCookie(&http.Cookie{Name: "orgmodes", Value: s.session(u)})
		req.Header.Set("HX-Request", "true")
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		return res.StatusCode
	}
	require.Equal(t, http.StatusOK, ask(s.member))
	require.Equal(t, http.StatusNotFound, ask(s.stranger))

	globex := s.organization("globex", "Globex")
	require.NoError(t, s.db.AddMember(t.Context(), operator, globex.ID, s.owner.ID, "member"))
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes")
	b.palette()
	b.keyboard("organization")
	b.options().are("Globex") // not Other, where she is no member
	b.leaving(func() { b.keyboard(keyEnter) })
	b.path().is("/orgs/globex/modes")
	b.quiet()
}

func TestCrowdedPaletteIsSound(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	long := "A name as long as it may be, which nobody would give to a mode, and which somebody gives in the end"
	s.mode("script", `<img src=x onerror=alert(1)><script>alert(1)</script>`)
	s.mode("long-name-long-name-long-name-long-name-long-name", long[:99])
	s.mode("rtl", "سجل التغييرات")
	s.mode("emoji", "👩‍💻 Family 👨‍👩‍👧‍👦")
	s.mode("chinese", "代码审查与安全检查工程师")
	s.mode("word", "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft")
	s.mode("new", "One whose slug is a page's")
	var many []modes.Mode
	for i := range 493 {
		m := modes.Mode{Slug: fmt.Sprintf("mode-%03d", i), Name: fmt.Sprintf("Mode number %d", i)}
		m.Config.RoleDefinition = "You are one of many."
		m.Config.Groups = []modes.Group{}
		many = append(many, m)
	}
	storetest.PutModes(t, s.db, by(s.owner), s.acme.ID, many...)
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/publication")
	b.palette()
	b.options().count(50)
	b.text("#palette-says").matches(`^\d+ found, the first 50 are shown$`)
	b.keyboard("mode number 492")
	b.chosen().is("Mode number 492 mode-492")
	for typed, want := range map[string]string{
		"onerror": `<img src=x onerror=alert(1)><script>alert(1)</script> script`, "التغييرات": "سجل التغييرات rtl", "安全": "代码审查与安全检查工程师 chinese",
	} {
		b.keyboard(keyEsc)
		b.palette()
		b.keyboard(typed)
		b.chosen().is(want)
	}
	b.until(`!document.querySelector("#palette img, #palette script")`, "names are text")
	b.keyboard(keyEsc)
	b.palette()
	b.keyboard("e")
	b.until(`document.querySelectorAll("#palette [role=option]").length === 50`)
	b.js(`document.querySelector("#palette-field").value = ""; document.querySelector("#palette-field").dispatchEvent(new Event("input"))`)
	for range 28 {
		b.keyboard(keyDown)
	}
	b.until(`(() => { const row = document.querySelector("#palette [aria-selected=true]").getBoundingClientRect(), list = document.querySelector("#palette-list").getBoundingClientRect();
		return row.top >= list.top - 1 && row.bottom <= list.bottom + 1; })()`, "what is chosen is seen")
	b.pictures("palette")
	b.until(`document.querySelector("#palette").scrollWidth <= document.querySelector("#palette").clientWidth`)

	b.keyboard(keyEsc)
	b.palette()
	b.keyboard("page's")
	b.leaving(func() { b.keyboard(keyEnter) })
	b.text("h1").is("One whose slug is a page's")
	b.quiet()
}

// macOS has a different key; there, Ctrl-K is left to the field.
func TestPaletteOnAMac(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().as(s.owner)
	b.do(emulation.SetUserAgentOverride("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)").WithPlatform("MacIntel"))
	b.open("/orgs/acme/modes")
	b.text("[data-palette]").is("⌘K to jump")
	b.ctrl("k")
	b.until(`!document.querySelector("#palette[open]")`)
	b.do(chromedp.KeyEvent("k", chromedp.KeyModifiers(4)))
	b.until(`document.querySelector("#palette[open] [role=option]")`)
	b.keyboard(keyEsc)
	b.click("[data-open=keys]")
	b.text("#keys").has("⌘ K Jump to a page")
	b.sound()
}

func TestPaletteSaysThatItCannotBeHad(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	line := s.lineTo(s.url)
	b := s.browser().as(s.owner)
	b.do(navigate(line.url + "/orgs/acme/modes"))
	b.loaded()
	b.expect("net::ERR_")
	line.cut()
	b.click("[data-palette]")
	b.seen("#palette-says", "The list couldn’t be loaded")
	b.sound()
	b.shot("palette-cut")
	line.restore()
	b.keyboard(keyEsc)
	b.palette()
	b.options().includes("New mode")
}

func TestPaletteAfterTheSessionLeadsToSignIn(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/tokens")
	b.away()
	b.expect("status of 401")
	b.leaving(func() { b.ctrl("k") })
	b.path().is("/sign-in?return=%2Forgs%2Facme%2Ftokens")
	b.sound()
}

func TestPaletteWithoutScripts(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/palette")
	b.pictures("palette-page")
	b.withoutScripts()
	b.do(navigate(s.url + "/orgs/acme/tokens"))
	b.click(".rail-foot a")
	b.seen("h1", "Go to")
	b.click(`.places a[data-verb="Delete"]`)
	b.seen("h1", "Delete Docs writer?")
	b.click("[data-confirm]")
	b.seen(".said", "is deleted")
	s.readerServes()
	b.quiet()
}
