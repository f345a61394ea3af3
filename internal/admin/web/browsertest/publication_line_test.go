package browsertest

import (
	"regexp"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
	"orgmodes/internal/prove"
)

// liveSince returns when Acme's published revision went live, according to the database.
func (s *site) liveSince() (at time.Time) {
	s.t.Helper()
	s.queryRow("SELECT live_at FROM organizations WHERE slug = 'acme' AND live_revision = published_revision", &at)
	return at
}

// setPendingSince sets the time since which Acme's newest revision is pending, as an SQL
// expression. A revision is late after five seconds, and no test should depend on being
// faster than that.
func (s *site) setPendingSince(at string) {
	s.t.Helper()
	s.execSQL("UPDATE organizations SET pending_since = " + at + " WHERE slug = 'acme'")
}

func TestPublicationLineShowsTimeAndDuration(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	s.readerServes("docs-writer")
	b := s.browser().signIn(s.owner)
	b.do(emulation.SetTimezoneOverride("Asia/Kolkata"))
	b.open("/orgs/acme/modes/docs-writer/edit")
	b.fill("#field-description", "What comes of a save")
	b.waitForCheck("1 change")
	b.clickAndNavigate("#save")
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	require.NoError(t, err)
	for _, page := range []string{"", "/orgs/acme/modes", "/orgs/acme/publication", "/orgs/acme/modes/docs-writer/edit"} {
		if page != "" {
			b.open(page)
		}
		b.waitForText("#publication-line", "Revision 3 is live since ")
		at := s.liveSince()
		// In the visitor's time zone.
		b.innerText("#publication-line").matches(`^Revision 3 is live since ` + at.In(kolkata).Format("15:04:05") +
			` \(.*\) ?, ((\d+(\.\d)?|less than 0\.1) ?s|\d+ minutes?) after saving`)
		b.innerText("#publication-line time@datetime").is(at.UTC().Format(time.RFC3339))
		b.innerText("#publication-line time@title").has(at.In(kolkata).Format("2006"), "and exactly")
		b.checkA11yAndConsole()
	}
	b.checkAndScreenshot("mode-live")

	// Published again without a change: the time at which it went live stays the same.
	before := s.liveSince()
	require.NoError(t, s.db.Republish(t.Context(), s.acme.ID))
	require.NoError(t, s.db.WaitPublished(t.Context(), s.acme.ID))
	require.Equal(t, before, s.liveSince())
	// Lost and published again: it is live since then, and not because of a save.
	s.redis.FlushAll()
	s.await(func() error {
		if s.queryInt("SELECT count(*) FROM organizations WHERE slug = 'acme' AND pending_since IS NULL AND live_saved_at IS NULL") == 0 {
			return errNotYet
		}
		return nil
	})
	b.waitForText("#publication-line", "when it was published again")
	require.True(t, s.liveSince().After(before))

	// It went live on another day.
	s.execSQL("UPDATE organizations SET live_at = '2025-01-31T20:00:00Z' WHERE slug = 'acme'")
	b.open("/orgs/acme/modes")
	b.waitForText("#publication-line", "live since Feb 1, 2025, 01:30:00 ")
	plain := s.browser().signIn(s.member).withoutScripts()
	plain.do(navigate(s.url + "/orgs/acme/modes"))
	plain.waitForText("#publication-line", "live since 31 Jan 2025, 20:00:00 UTC")
	s.readerHas("What comes of a save")
	b.checkConsole()
}

// Without a worker, a saved revision is shown as pending, then as late, with the reason.
func TestPublicationLineWithoutWorker(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	s.readerServes("docs-writer")
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes")
	b.waitForText("#publication-line", "Revision 2 is live")
	s.stopWorker()
	s.createMode("second", "Second")
	s.setPendingSince("now() + interval '1 hour'") // not late yet
	b.waitForText("#publication-line", "Revision 3 is saved, on its way")
	b.waitForText("#publication-line", "editors get revision 2 until then")
	s.setPendingSince("now() - interval '34 seconds'")
	b.waitForText("#publication-line", "Editors still get revision 2: revision 3 has been waiting for ")
	b.waitForText("#publication-line", "(no worker has started it)")
	b.checkAndScreenshot("live-late")
	s.readerServes("docs-writer")
	s.startWorker()
	b.waitForText("#publication-line", "Revision 3 is live since ")
	s.readerServes("docs-writer", "second")
	b.checkA11yAndConsole()
}

// Without Redis, publishing fails and is retried. Every page with the publication line
// shows this and the reason. Publishing recovers without help once Redis is back.
func TestPublicationLineWithoutRedis(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	s.readerServes("docs-writer")
	list, editor := s.browser().signIn(s.owner), s.browser().signIn(s.admin)
	list.open("/orgs/acme/modes")
	list.waitForText("#publication-line", "Revision 2 is live")
	editor.open("/orgs/acme/modes/docs-writer/edit")
	s.redis.Kill()
	editor.fill("#field-description", "Saved while Redis is away")
	editor.waitForCheck("1 change")
	editor.clickAndNavigate("#save")
	failing := regexp.MustCompile(`Editors still get revision 2: publishing failed, retrying (in \d+ s|now|every second) \(Redis can’t be reached\)`)
	for _, b := range []*browser{list, editor} {
		b.waitForText("#publication-line", "Editors still get revision 2: publishing failed, retrying ")
		b.innerText("#publication-line").matches(failing)
		b.waitForText("#publication-line", "revision 3 is saved; nothing is lost")
	}
	editor.checkAndScreenshot("mode-live-failed")
	list.checkAndScreenshot("live-failed")
	list.open("/orgs/acme/publication")
	list.waitForText("#publication-line", "publishing failed, retrying ")
	s.redis.Restart()
	for _, b := range []*browser{list, editor} {
		b.waitForText("#publication-line", "Revision 3 is live since ")
		b.checkA11yAndConsole()
	}
	s.readerHas("Saved while Redis is away")
}

// A republication is not reported as a change that editors lack.
func TestPublicationLineWhileRepublishing(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	s.readerServes("docs-writer")
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes")
	b.waitForText("#publication-line", "Revision 2 is live since ")
	s.stopWorker()
	require.NoError(t, s.db.Republish(t.Context(), s.acme.ID))
	s.setPendingSince("now() + interval '1 hour'") // not late yet
	b.waitForText("#publication-line", "Revision 2 is live, and is being published again")
	b.checkA11yAndConsole()
	s.startWorker()
	b.waitForText("#publication-line", "Revision 2 is live since ")
	s.readerServes("docs-writer")
}

func TestHistoryAndAuditPagesFollowEvents(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	m := s.createMode("docs-writer", "Docs writer")
	s.updateMode("docs-writer", func(m *modes.Mode) { m.Config.Description = "Second" })
	s.updateMode("docs-writer", func(m *modes.Mode) { m.Config.Description = "Third" })
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes/docs-writer/history")
	b.js(`document.querySelector(".compare [name=to]").value = "2"`)
	b.focus(`.version-row:nth-child(3) .version-actions a:last-child`)
	// The slug changes too: the page still finds the mode.
	s.updateMode("docs-writer", func(m *modes.Mode) { m.Config.Description, m.Slug = "Fourth", "handbook" })
	b.waitFor(`document.querySelectorAll(".version-row").length === 4`)
	b.texts(".compare option:checked").are("version 4", "version 2") // the selection stays, the rest is current
	b.focusedText().is("Restore version 1", "and what has the focus")
	b.checkA11yAndConsole()

	// While the user interacts with a part, the page doesn't replace it. It shows that
	// there is something newer.
	b.click(`.version-row:nth-child(2) [data-confirm-dialog]`)
	b.waitFor(`document.querySelector("dialog[open]")`)
	s.deleteMode("handbook")
	b.waitForText(".newer", "There is something newer")
	b.typeKeys(keyEsc)
	b.waitForText("#history", "is deleted: editors don’t have it")
	b.waitForNot(`document.querySelector(".newer")`)

	b.open("/orgs/acme/modes/deleted")
	_, err := s.db.Modes.Restore(t.Context(), byUser(s.owner), s.acme.ID, m.ID, 5, 0)
	require.NoError(t, err)
	b.waitForText("#deleted", "Nothing is deleted")
	b.checkA11yAndConsole()
	b.open("/orgs/acme/audit")
	b.js(`document.querySelector("input[type=search]").value = "half a word"`)
	s.updateMode("handbook", func(m *modes.Mode) { m.Config.Description = "Fifth" })
	b.waitForText("#log tbody tr:first-child", "Changed mode")
	b.waitFor(`document.querySelector("input[type=search]").value === "half a word"`)
	b.checkA11yAndConsole()
	s.readerHas("Fifth")
}

func TestEditorShowsConcurrentChanges(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	b := s.browser().signIn(s.admin)
	b.open("/orgs/acme/modes/docs-writer/edit")
	b.fill("#field-description", "What Ada is about to say")
	b.waitForCheck("1 change")
	b.waitForNot(`document.querySelector("#newer p")`)
	untouched := func() {
		t.Helper()
		b.waitFor(`document.querySelector("#field-description").value === "What Ada is about to say"`)
	}
	s.updateMode("docs-writer", func(m *modes.Mode) { m.Config.WhenToUse, m.Slug = "When Olive says so", "handbook" })
	b.waitForText("#newer", "owner@acme.example saved version 2 since you began: changed the slug")
	b.waitForText("#newer", "Your draft is unchanged. Saving asks which version to keep.")
	untouched()
	b.focusedID().is("field-description")
	b.waitFor(`document.activeElement.getBoundingClientRect().bottom <= document.querySelector(".savebar").getBoundingClientRect().top`, "and is not hidden")
	b.checkAndScreenshot("mode-newer")
	b.expectConsole("status of 409")
	b.clickAndNavigate("#save")
	b.innerText(".conflict").has("saved version 2 while you were editing")
	b.waitForNot(`document.querySelector("#newer p")`, "the notice is gone")
	b.checkA11yAndConsole()
	s.deleteMode("handbook")
	b.waitForText("#newer", "owner@acme.example deleted this mode since you began.")
	untouched()
	s.readerServes()
}

// The list is being reloaded when the user opens a menu in it. The menu stays open, and the
// newer list is shown once it is closed.
func TestListReloadKeepsOpenMenu(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("anna", "Anna")
	b := s.browser().signIn(s.owner)
	b.do(onNewDocument(`{
		const load = window.fetch, go = new Promise((done) => { window.letThrough = done; });
		window.fetch = async (address, ...rest) => {
			const answer = await load(address, ...rest);
			if (String(address).endsWith("/modes")) { window.held = true; await go; }
			return answer;
		};
	}`))
	b.open("/orgs/acme/modes")
	s.createMode("bert", "Bert")
	b.waitFor(`window.held`, "the list is loaded anew")
	b.click(`[data-order] > li:nth-child(1) summary`)
	b.waitFor(`document.querySelector("[data-order] details[open]")`)
	b.js(`letThrough()`)
	b.waitForText(".newer", "There is something newer")
	b.waitFor(`document.querySelector("[data-order] details[open]")`, "the menu is still open")
	b.click(`[data-order] > li:nth-child(1) summary`)
	b.texts("[data-order] .name").are("Anna", "Bert")
	b.checkA11yAndConsole()
}
