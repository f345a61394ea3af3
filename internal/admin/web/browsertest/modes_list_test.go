package browsertest

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
	"orgmodes/internal/prove"
)

func TestModesAreReorderedByKeys(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	for _, slug := range []string{"anna", "bert", "carl"} {
		s.mode(slug, "Mode "+slug)
	}
	s.mode("code", "Code", func(m *modes.Mode) { m.Config.Description = "By our conventions" })
	s.readerServes("anna", "bert", "carl", "code")
	polling := s.polling(s.editor)
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes")
	b.texts("[data-order] .name").are("Mode anna", "Mode bert", "Mode carl")
	b.sound()

	b.focus(`[data-order] > li:nth-child(3) summary`)
	b.alt(keyUp)
	b.alt(keyUp)
	b.texts("[data-order] .name").are("Mode carl", "Mode anna", "Mode bert")
	b.until(`document.activeElement.closest("li").querySelector(".name").textContent === "Mode carl"`, "the focus goes along")
	b.hears("The order is saved")
	s.readerServes("carl", "anna", "bert", "code")
	b.until(`document.querySelector("#live.live")`)

	// Again, from the menu.
	b.click(`[data-order] > li:nth-child(1) summary`)
	b.click(`[data-order] > li:nth-child(1) [form=moving][name=down]`)
	b.until(`document.querySelectorAll("[data-order] .name")[1].textContent === "Mode carl"`)
	s.readerServes("anna", "carl", "bert", "code")
	polling.gets("slug: carl")
	b.sound()
}

func TestModesAreReorderedByDragging(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	for _, slug := range []string{"anna", "bert", "carl"} {
		s.mode(slug, "Mode "+slug)
	}
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes")
	b.js(`{
		const [anna, , carl] = document.querySelectorAll("[data-order] > li");
		const dataTransfer = new DataTransfer(), at = carl.getBoundingClientRect();
		const send = (row, type) => row.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer, clientY: at.bottom - 2 }));
		send(anna, "dragstart"); send(carl, "dragover"); send(carl, "drop"); send(anna, "dragend");
	}`)
	b.texts("[data-order] .name").are("Mode bert", "Mode carl", "Mode anna")
	s.readerServes("bert", "carl", "anna")
	b.sound()
}

// If two users reorder at once, the second is told, and nothing is lost.
func TestReorderOfAnOlderListIsRefusedInWords(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("anna", "Anna")
	s.mode("bert", "Bert")
	b := s.browser().as(s.owner)
	b.expect("status of 412")
	b.open("/orgs/acme/modes")
	b.hide(true) // a hidden page follows no events, so its list is outdated
	s.mode("carl", "Carl")
	b.focus(`[data-order] > li:nth-child(2) summary`)
	b.alt(keyUp)
	b.until(`document.querySelector(".said.bad")`)
	b.text(".said.bad").has("The order was not saved: The modes have changed")
	b.sound()
	b.shot("reorder-refused")
	b.follow(".said.bad button")
	b.texts("[data-order] .name").are("Anna", "Bert", "Carl")
	s.readerServes("anna", "bert", "carl")
}

func TestModesAreReorderedWithoutScripts(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("anna", "Anna")
	s.mode("bert", "Bert")
	b := s.browser().as(s.admin).withoutScripts()
	b.do(navigate(s.url + "/orgs/acme/modes"))
	b.click(`[data-order] > li:nth-child(2) summary`)
	b.click(`[data-order] > li:nth-child(2) [form=moving][name=up]`)
	s.readerServes("bert", "anna")
	b.text(".said").has("The order is saved")
	b.quiet()
}

func TestModeIsDeletedAndComesBack(t *testing.T) {
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	s.mode("reviewer", "Reviewer")
	s.readerServes("docs-writer", "reviewer")
	polling := s.polling(s.editor)
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes")

	b.click(`[data-order] > li:nth-child(1) summary`)
	b.click(`[data-order] > li:nth-child(1) .menu-item.bad`)
	b.text("dialog[open] h2").is("Delete Docs writer?")
	b.text("dialog[open]").has("Editors lose it at their next poll. It can be restored from History.")
	b.sound()
	b.shot("delete-dialog")
	b.keyboard(keyEsc)
	b.until(`!document.querySelector("dialog[open]")`)

	b.click(`[data-order] > li:nth-child(1) summary`)
	b.click(`[data-order] > li:nth-child(1) .menu-item.bad`)
	b.follow("dialog[open] [data-confirm]")
	b.text(".said").has("Docs writer is deleted. Editors lose it at their next poll.")
	s.readerServes("reviewer")
	polling.loses("slug: docs-writer", "slug: reviewer")
	b.sound()
	b.shot("deleted-undo")

	b.follow("[data-undo]")
	b.text(".said").has("Docs writer is restored.")
	polling.gets("slug: docs-writer")
	s.readerHas("slug: docs-writer")
	b.open("/orgs/acme/modes")
	b.untilNot(`document.querySelector(".said")`, "it is said once")

	// Two modes at once.
	b.click(`[data-order] > li:nth-child(1) input`)
	b.click(`[data-order] > li:nth-child(2) input`)
	b.text("[data-count]").is("2 modes chosen")
	b.sound()
	b.click("[data-chosen] [data-ask]")
	b.text("dialog[open] h2").is("Delete 2 modes?")
	b.follow("dialog[open] [data-confirm]")
	s.readerServes()
	b.follow("[data-undo]")
	s.readerHas("slug: docs-writer")
	s.readerHas("slug: reviewer")
	b.quiet()
}

func TestMemberSeesWhyNot(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	m := s.mode("docs-writer", "Docs writer")
	polling := s.polling(s.editor)
	b := s.browser().as(s.member)
	b.open("/orgs/acme/modes")
	b.text(".why").has("Only owners and admins can change the library; ask one of them")
	b.click(`.row.own summary`)
	b.until(`document.querySelector(".row.own .menu-item[aria-disabled]").dataset.why.includes("Only owners and admins")`)
	b.untilNot(`document.querySelector("[data-order]")`)
	b.sound()
	b.shot("member")

	// The server also refuses actions that the page doesn't offer.
	b.expect("status of 403")
	b.open("/orgs/acme/modes/deletions?mode=docs-writer")
	b.text("h1").is("Not allowed")
	b.sound()
	b.open("/orgs/acme/modes")
	b.js(`fetch("/orgs/acme/modes/deletions", {
		method: "POST", body: new URLSearchParams({mode: "` + m.ID.String() + `:1"}), headers: {"X-CSRF-Token": document.querySelector("meta[name=csrf]").content},
	}).then((answer) => { window.status = answer.status })`)
	b.until(`window.status == 403`)
	s.readerServes("docs-writer")
	polling.unchanged()
}

// Rows are cached, but what they show is current and depends on the user.
func TestRememberedRowsAreOfNowAndOfWhoLooks(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("anna", "Anna")
	bert := s.mode("bert", "Bert")
	b := s.browser().as(s.owner)
	inOrder := func(first, second string) {
		t.Helper()
		b.open("/orgs/acme/modes")
		b.texts("[data-order] > li .name").are(first, second)
		b.until(`[...document.querySelectorAll("[name=up], [name=down]")].map((b) => b.ariaDisabled ?? "").join() === "true,,,true"`, "the first can't go up, nor the last down")
	}
	inOrder("Anna", "Bert")
	_, err := s.db.OrderModes(t.Context(), by(s.owner), s.acme.ID, []uuid.UUID{bert.ID, s.find("anna").ID}, 0)
	require.NoError(t, err)
	inOrder("Bert", "Anna")
	_, err = s.db.Modes.Update(t.Context(), by(s.admin), s.acme.ID, "bert", 0, func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
		m.Name, m.Config.Description, m.Config.Groups = "Berta", "Another line", []modes.Group{{Name: "command"}}
		return m, nil
	})
	require.NoError(t, err)
	b.open("/orgs/acme/modes")
	b.texts("[data-order] > li .name").are("Berta", "Anna")
	for _, text := range []string{"Another line", "command", "admin@acme.example"} {
		b.until(`document.querySelector("[data-order] > li:first-child").textContent.includes("`+text+`")`, text)
	}

	b.open("/orgs/acme/modes?sort=name")
	b.untilNot(`document.querySelector("[name=up]")`, "what is sorted can't be moved")

	m := s.browser().as(s.member)
	m.open("/orgs/acme/modes")
	m.untilNot(`document.querySelector(".row.own a.menu-item.bad, [name=up]")`, "a member gets the rows of a member")
	m.until(`document.querySelector(".row.own .menu-item[aria-disabled]").dataset.why.includes("Only owners and admins")`)
}

func (s *site) find(ref string) modes.OrganizationMode {
	s.t.Helper()
	m, err := s.db.Modes.Get(s.t.Context(), s.acme.ID, ref)
	require.NoError(s.t, err)
	return m
}
