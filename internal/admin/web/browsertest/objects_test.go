package browsertest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/postgres"
	"orgmodes/internal/prove"
	"orgmodes/internal/resource"
	"orgmodes/internal/resource/resourcetest"
)

// A kind that is defined only by its rules has pages. The test goes through all of them.
func TestObjectsOfAnyKindHavePages(t *testing.T) {
	s := newSite(t, resourcetest.Kind{})
	b := s.browser().signIn(s.owner)
	b.expectConsole("status of 422", "status of 412", "status of 409")
	b.open("/orgs/acme/gadgets")
	b.text("h1").is("Gadgets")
	b.waitForText(".empty", "No gadgets yet")
	b.checkA11yAndConsole()

	// A mistake is marked at its place, and the typed text stays.
	b.clickAndNavigate(`a[data-key="n"]`)
	waitForYAMLEditor(b)
	b.setYAML("kind: Gadget\nmetadata:\n  name: gear\nspec:\n  requirez: lever\n")
	b.clickAndNavigate("#save")
	waitForYAMLEditor(b)
	b.waitForText(".error-summary", `Line 5: unknown field "requirez"; the closest match is "requires"`)
	b.value("#field-yaml").has("requirez: lever")
	b.checkA11yAndConsole()
	b.screenshot("object-mistakes")
	b.setYAML("kind: Gadget\nmetadata:\n  name: gear\n  labels: {team: docs}\nspec:\n  mode: nowhere\n")
	b.pressCtrl("s")
	b.waitForText(".flash", "gear is created.")
	b.waitForText("aside", "mode nowhere (not there)")
	b.checkA11yAndConsole()

	// Another object refers to it.
	gear := b.path().current()
	b.open("/orgs/acme/gadgets/new")
	waitForYAMLEditor(b)
	b.setYAML("kind: Gadget\nmetadata:\n  name: clock\nspec:\n  requires: gear\n")
	b.clickAndNavigate("#save")
	b.waitForText("aside", "gadget gear")
	b.open(gear)
	b.waitForText("aside", "gadget clock")
	b.screenshot("object")

	// A check shows what would change, and saves nothing.
	waitForYAMLEditor(b)
	b.setYAML("kind: Gadget\nmetadata:\n  name: gear\nspec: {}\n")
	b.clickAndNavigate("[value=check]")
	b.waitForText("#changes", "nowhere")
	b.checkA11yAndConsole()
	b.screenshot("object-checked")
	b.clickAndNavigate("#save")
	b.waitForText(".flash", "gear is saved as version 2.")
	b.open(gear + "/history")
	b.texts(".version-row b").are("owner@acme.example", "owner@acme.example")
	b.waitForText(".version-row", "changed ")
	b.clickAndNavigate(`.version-row a[href*="from=1"]`)
	b.waitForText("#compared", "nowhere")
	b.checkA11yAndConsole()
	b.screenshot("object-history")
	b.open(gear + "/restorations?version=1")
	b.checkA11yAndConsole()
	b.clickAndNavigate("[data-confirm]")
	b.waitForText(".flash", "gear is restored to version 1, as version 3.")
	b.clickAndNavigate(".flash button") // undo
	b.waitForText(".flash", "gear is as it was before.")

	// A version that another user saved since is not overwritten without asking.
	waitForYAMLEditor(b)
	b.setYAML("kind: Gadget\nmetadata:\n  name: gear\n  labels: {by: olive}\nspec: {}\n")
	_, err := s.db.Objects("gadget").Restore(t.Context(), operator, s.acme.ID, s.getGadget("gear").ID, 1, 0)
	require.NoError(t, err)
	b.clickAndNavigate("#save")
	b.waitForText("#conflict-title", "saved version 5 while you were editing")
	b.checkA11yAndConsole()
	b.screenshot("object-conflict")
	b.clickAndNavigate("#take-theirs")
	b.waitForText(".flash", "Draft discarded.")
	b.value("#field-yaml").has("nowhere")
	b.clickAndNavigate(".flash button")
	b.waitForText("#draft-note", "Version 5 has been saved since you began")
	b.value("#field-yaml").has("olive")
	b.clickAndNavigate("#save")
	b.clickAndNavigate("#take-mine")
	b.waitForText(".flash", "gear is saved as version 6.")

	// An object that is referred to can't be deleted. One without references is deleted and
	// restored.
	b.open("/orgs/acme/gadgets")
	b.texts(".name").are("clock", "gear")
	b.checkA11yAndConsole()
	b.screenshot("objects")
	b.open("/orgs/acme/gadgets/deletions?object=" + s.getGadget("gear").ID.String())
	b.waitForText("#confirm", "It can’t be deleted while something refers to it")
	b.checkA11yAndConsole()
	b.open("/orgs/acme/gadgets/deletions?object=" + s.getGadget("clock").ID.String())
	b.checkA11yAndConsole()
	b.clickAndNavigate("[data-confirm]")
	b.texts(".name").are("gear")
	b.open("/orgs/acme/gadgets/deleted")
	b.texts(".name").are("clock")
	b.checkA11yAndConsole()
	b.tabAndConfirm(`.version-actions a[href*="restorations"]`)
	b.open("/orgs/acme/gadgets")
	b.texts(".name").are("clock", "gear")

	// Permission templates have the same pages; the sidebar lists both kinds.
	b.texts(".nav a").includes("Gadgets\n2")
	b.open("/orgs/acme/templates")
	b.text("h1").is("Permission templates")
	b.checkA11yAndConsole()
}

// A user who can only read sees everything and can change nothing. The pages also work
// without scripts.
func TestObjectPagesForMembersAndWithoutScripts(t *testing.T) {
	prove.Long(t)
	s := newSite(t, resourcetest.Kind{})
	b := s.browser().signIn(s.owner).withoutScripts()
	b.do(navigate(s.url + "/orgs/acme/gadgets/new"))
	b.fill("#field-yaml", "kind: Gadget\nmetadata: {name: gear}\nspec: {}\n")
	b.click("#save")
	b.waitForText(".flash", "gear is created.")
	at := "/orgs/acme/gadgets/" + s.getGadget("gear").ID.String()
	looks := s.browser().signIn(s.member)
	looks.open(at)
	looks.waitForText(".explanation", "You have read-only access.")
	looks.waitForNot(`document.querySelector("#save")`)
	looks.checkA11yAndConsole()
	looks.open("/orgs/acme/gadgets")
	looks.checkA11yAndConsole()
}

// Typed text is stored on the server: for its author alone, in any browser. No tab
// overwrites another one's draft without asking.
func TestObjectDraftsAreStored(t *testing.T) {
	prove.Long(t)
	s := newSite(t, resourcetest.Kind{})
	first, second := s.browser().signIn(s.owner), s.browser().signIn(s.owner)
	first.expectConsole("status of 409")
	first.open("/orgs/acme/gadgets/new")
	waitForYAMLEditor(first)
	first.setYAML("kind: Gadget\nmetadata:\n  name: gear\nspec: {")
	first.waitForText("#draft-state", "Draft saved")

	second.open("/orgs/acme/gadgets")
	second.texts(".unsaved-drafts .name").are("gear")
	second.checkA11yAndConsole()
	second.screenshot("objects-begun")
	other := s.browser().signIn(s.admin)
	other.open("/orgs/acme/gadgets")
	other.waitForText(".empty", "No gadgets yet")
	second.clickAndNavigate(".unsaved-drafts a")
	second.waitForText("#draft-note", "You are editing a draft, last changed just now")
	second.value("#field-yaml").has("spec: {")
	second.checkA11yAndConsole()
	waitForYAMLEditor(second)
	second.setYAML("kind: Gadget\nmetadata:\n  name: lever\nspec: {}\n")
	second.waitForText("#draft-state", "Draft saved")

	waitForYAMLEditor(first)
	first.setYAML("kind: Gadget\nmetadata:\n  name: wheel\nspec: {}\n")
	first.waitForText("#draft-note", "Another window has changed this draft")
	first.checkA11yAndConsole()
	first.screenshot("object-draft-taken")
	second.open(second.path().current())
	second.value("#field-yaml").has("lever")
	first.click("#draft-note button")
	first.waitForText("#draft-state", "Draft saved")
	second.open(second.path().current())
	second.value("#field-yaml").has("wheel")

	// Discarded and restored.
	second.clickAndNavigate("#discard-draft")
	second.waitForText(".flash", "Draft discarded.")
	second.waitForNot(`document.querySelector(".unsaved-drafts")`)
	second.clickAndNavigate(".flash button")
	second.waitForText(".flash", "Draft restored.")
	second.value("#field-yaml").has("wheel")

	// The draft ends when it is saved.
	second.clickAndNavigate("#save")
	second.waitForText(".flash", "wheel is created.")
	second.open("/orgs/acme/gadgets")
	second.texts(".name").are("wheel")
	second.waitForNot(`document.querySelector(".unsaved-drafts")`)

	// For an existing object, the list marks the draft, and reloading the page shows it.
	at := "/orgs/acme/gadgets/" + s.getGadget("wheel").ID.String()
	second.open(at)
	waitForYAMLEditor(second)
	second.setYAML("kind: Gadget\nmetadata:\n  name: wheel\nspec: {mode: docs}\n")
	second.waitForText("#draft-state", "Draft saved")
	second.open(at)
	second.value("#field-yaml").has("mode: docs")
	second.open("/orgs/acme/gadgets")
	second.waitForText(".object-row", "Draft")
}

func TestDeletedObjectsArePaged(t *testing.T) {
	prove.Long(t)
	s := newSite(t, resourcetest.Kind{})
	for round := range 11 { // a library has at most ten
		ops := make([]resource.Op, 10)
		for i := range ops {
			ops[i] = resource.Op{Verb: resource.Create, Kind: "gadget", New: resource.Object{Spec: resourcetest.Gadget{Name: fmt.Sprintf("gadget-%d-%d", round, i)}}}
		}
		result, err := s.db.Apply(t.Context(), byUser(s.owner), s.acme.ID, ops, resource.Options{})
		require.NoError(t, err)
		var seen []postgres.VersionRef
		for _, o := range result.Outcomes {
			seen = append(seen, postgres.VersionRef{ID: o.Object.ID, Version: o.Object.Version})
		}
		_, _, err = s.db.Objects("gadget").DeleteBatch(t.Context(), byUser(s.owner), s.acme.ID, seen)
		require.NoError(t, err)
	}
	b := s.browser().signIn(s.owner)
	rows := func(n int) { b.waitFor(fmt.Sprintf(`document.querySelectorAll(".deleted-row").length === %d`, n)) }
	b.open("/orgs/acme/gadgets/deleted")
	rows(100)
	b.checkA11yAndConsole()
	b.clickAndNavigate("[rel=next]")
	rows(10)
	b.clickAndNavigate(".pages a")
	rows(100)
	b.checkConsole()
}

func (s *site) getGadget(name string) resource.Object {
	s.t.Helper()
	o, err := s.db.Objects("gadget").Get(s.t.Context(), s.acme.ID, name)
	require.NoError(s.t, err)
	return o
}
