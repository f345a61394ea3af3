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
	b := s.browser().as(s.owner)
	b.expect("status of 422", "status of 412", "status of 409")
	b.open("/orgs/acme/gadgets")
	b.text("h1").is("Gadgets")
	b.seen(".empty", "No gadgets yet")
	b.sound()

	// A mistake is marked at its place, and the typed text stays.
	b.follow(`a[data-key="n"]`)
	yamlShown(b)
	b.write("kind: Gadget\nmetadata:\n  name: gear\nspec:\n  requirez: lever\n")
	b.follow("#save")
	yamlShown(b)
	b.seen(".mistakes", `Line 5: unknown field "requirez"; the closest match is "requires"`)
	b.value("#field-yaml").has("requirez: lever")
	b.sound()
	b.shot("object-mistakes")
	b.write("kind: Gadget\nmetadata:\n  name: gear\n  labels: {team: docs}\nspec:\n  mode: nowhere\n")
	b.ctrl("s")
	b.seen(".said", "gear is created.")
	b.seen("aside", "mode nowhere (not there)")
	b.sound()

	// Another object refers to it.
	gear := b.path().now()
	b.open("/orgs/acme/gadgets/new")
	yamlShown(b)
	b.write("kind: Gadget\nmetadata:\n  name: clock\nspec:\n  requires: gear\n")
	b.follow("#save")
	b.seen("aside", "gadget gear")
	b.open(gear)
	b.seen("aside", "gadget clock")
	b.shot("object")

	// A check shows what would change, and saves nothing.
	yamlShown(b)
	b.write("kind: Gadget\nmetadata:\n  name: gear\nspec: {}\n")
	b.follow("[value=check]")
	b.seen("#changes", "nowhere")
	b.sound()
	b.shot("object-checked")
	b.follow("#save")
	b.seen(".said", "gear is saved as version 2.")
	b.open(gear + "/history")
	b.texts(".past-row b").are("owner@acme.example", "owner@acme.example")
	b.seen(".past-row", "changed ")
	b.follow(`.past-row a[href*="from=1"]`)
	b.seen("#compared", "nowhere")
	b.sound()
	b.shot("object-history")
	b.open(gear + "/restorations?version=1")
	b.sound()
	b.follow("[data-confirm]")
	b.seen(".said", "gear is restored to version 1, as version 3.")
	b.follow(".said button") // undo
	b.seen(".said", "gear is as it was before.")

	// A version that another user saved since is not overwritten without asking.
	yamlShown(b)
	b.write("kind: Gadget\nmetadata:\n  name: gear\n  labels: {by: olive}\nspec: {}\n")
	_, err := s.db.Objects("gadget").Restore(t.Context(), operator, s.acme.ID, s.gadget("gear").ID, 1, 0)
	require.NoError(t, err)
	b.follow("#save")
	b.seen("#conflict-title", "saved version 5 while you were editing")
	b.sound()
	b.shot("object-conflict")
	b.follow("#take-theirs")
	b.seen(".said", "Draft discarded.")
	b.value("#field-yaml").has("nowhere")
	b.follow(".said button")
	b.seen("#draft-note", "Version 5 has been saved since you began")
	b.value("#field-yaml").has("olive")
	b.follow("#save")
	b.follow("#take-mine")
	b.seen(".said", "gear is saved as version 6.")

	// An object that is referred to can't be deleted. One without references is deleted and
	// restored.
	b.open("/orgs/acme/gadgets")
	b.texts(".name").are("clock", "gear")
	b.sound()
	b.shot("objects")
	b.open("/orgs/acme/gadgets/deletions?object=" + s.gadget("gear").ID.String())
	b.seen("#confirm", "It can’t be deleted while something refers to it")
	b.sound()
	b.open("/orgs/acme/gadgets/deletions?object=" + s.gadget("clock").ID.String())
	b.sound()
	b.follow("[data-confirm]")
	b.texts(".name").are("gear")
	b.open("/orgs/acme/gadgets/deleted")
	b.texts(".name").are("clock")
	b.sound()
	b.ask(`.past-do a[href*="restorations"]`)
	b.open("/orgs/acme/gadgets")
	b.texts(".name").are("clock", "gear")

	// Permission templates have the same pages; the rail lists both kinds.
	b.texts(".nav a").includes("Gadgets\n2")
	b.open("/orgs/acme/templates")
	b.text("h1").is("Permission templates")
	b.sound()
}

// A user who can only read sees everything and can change nothing. The pages also work
// without scripts.
func TestObjectsForThoseWhoMayOnlyLookAndWithoutScripts(t *testing.T) {
	prove.Long(t)
	s := newSite(t, resourcetest.Kind{})
	b := s.browser().as(s.owner).withoutScripts()
	b.do(navigate(s.url + "/orgs/acme/gadgets/new"))
	b.fill("#field-yaml", "kind: Gadget\nmetadata: {name: gear}\nspec: {}\n")
	b.click("#save")
	b.seen(".said", "gear is created.")
	at := "/orgs/acme/gadgets/" + s.gadget("gear").ID.String()
	looks := s.browser().as(s.member)
	looks.open(at)
	looks.seen(".why", "You have read-only access.")
	looks.untilNot(`document.querySelector("#save")`)
	looks.sound()
	looks.open("/orgs/acme/gadgets")
	looks.sound()
}

// Typed text is stored on the server: for its author alone, in any browser. No tab
// overwrites another one's draft without asking.
func TestDraftsOfAnyKindAreKept(t *testing.T) {
	prove.Long(t)
	s := newSite(t, resourcetest.Kind{})
	first, second := s.browser().as(s.owner), s.browser().as(s.owner)
	first.expect("status of 409")
	first.open("/orgs/acme/gadgets/new")
	yamlShown(first)
	first.write("kind: Gadget\nmetadata:\n  name: gear\nspec: {")
	first.seen("#draft-state", "Draft saved")

	second.open("/orgs/acme/gadgets")
	second.texts(".begun .name").are("gear")
	second.sound()
	second.shot("objects-begun")
	other := s.browser().as(s.admin)
	other.open("/orgs/acme/gadgets")
	other.seen(".empty", "No gadgets yet")
	second.follow(".begun a")
	second.seen("#draft-note", "You are editing a draft, last changed just now")
	second.value("#field-yaml").has("spec: {")
	second.sound()
	yamlShown(second)
	second.write("kind: Gadget\nmetadata:\n  name: lever\nspec: {}\n")
	second.seen("#draft-state", "Draft saved")

	yamlShown(first)
	first.write("kind: Gadget\nmetadata:\n  name: wheel\nspec: {}\n")
	first.seen("#draft-note", "Another window has changed this draft")
	first.sound()
	first.shot("object-draft-taken")
	second.open(second.path().now())
	second.value("#field-yaml").has("lever")
	first.click("#draft-note button")
	first.seen("#draft-state", "Draft saved")
	second.open(second.path().now())
	second.value("#field-yaml").has("wheel")

	// Discarded and restored.
	second.follow("#discard-draft")
	second.seen(".said", "Draft discarded.")
	second.untilNot(`document.querySelector(".begun")`)
	second.follow(".said button")
	second.seen(".said", "Draft restored.")
	second.value("#field-yaml").has("wheel")

	// The draft ends when it is saved.
	second.follow("#save")
	second.seen(".said", "wheel is created.")
	second.open("/orgs/acme/gadgets")
	second.texts(".name").are("wheel")
	second.untilNot(`document.querySelector(".begun")`)

	// For an existing object, the list marks the draft, and reloading the page shows it.
	at := "/orgs/acme/gadgets/" + s.gadget("wheel").ID.String()
	second.open(at)
	yamlShown(second)
	second.write("kind: Gadget\nmetadata:\n  name: wheel\nspec: {mode: docs}\n")
	second.seen("#draft-state", "Draft saved")
	second.open(at)
	second.value("#field-yaml").has("mode: docs")
	second.open("/orgs/acme/gadgets")
	second.seen(".object-row", "Draft")
}

func TestDeletedObjectsArePaged(t *testing.T) {
	prove.Long(t)
	s := newSite(t, resourcetest.Kind{})
	for round := range 11 { // a library has at most ten
		ops := make([]resource.Op, 10)
		for i := range ops {
			ops[i] = resource.Op{Verb: resource.Create, Kind: "gadget", New: resource.Object{Spec: resourcetest.Gadget{Name: fmt.Sprintf("gadget-%d-%d", round, i)}}}
		}
		result, err := s.db.Apply(t.Context(), by(s.owner), s.acme.ID, ops, resource.Options{})
		require.NoError(t, err)
		var seen []postgres.Seen
		for _, o := range result.Outcomes {
			seen = append(seen, postgres.Seen{ID: o.Object.ID, Version: o.Object.Version})
		}
		_, _, err = s.db.Objects("gadget").DeleteAll(t.Context(), by(s.owner), s.acme.ID, seen)
		require.NoError(t, err)
	}
	b := s.browser().as(s.owner)
	rows := func(n int) { b.until(fmt.Sprintf(`document.querySelectorAll(".gone-row").length === %d`, n)) }
	b.open("/orgs/acme/gadgets/deleted")
	rows(100)
	b.sound()
	b.follow("[rel=next]")
	rows(10)
	b.follow(".pages a")
	rows(100)
	b.quiet()
}

func (s *site) gadget(name string) resource.Object {
	s.t.Helper()
	o, err := s.db.Objects("gadget").Get(s.t.Context(), s.acme.ID, name)
	require.NoError(s.t, err)
	return o
}
