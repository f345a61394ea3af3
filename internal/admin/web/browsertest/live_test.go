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
	s.query("SELECT live_at FROM organizations WHERE slug = 'acme' AND live_revision = published_revision", &at)
	return at
}

// pendingSince sets the time since which Acme's newest revision is pending, as an SQL
// expression. A revision is late after five seconds, and no test should depend on being
// faster than that.
func (s *site) pendingSince(at string) {
	s.t.Helper()
	s.sql("UPDATE organizations SET pending_since = " + at + " WHERE slug = 'acme'")
}

func TestLineSaysSinceWhenAndAfterHowLong(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	s.readerServes("docs-writer")
	b := s.browser().as(s.owner)
	b.do(emulation.SetTimezoneOverride("Asia/Kolkata"))
	b.open("/orgs/acme/modes/docs-writer/edit")
	b.fill("#field-description", "What comes of a save")
	b.checked("1 change")
	b.follow("#save")
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	require.NoError(t, err)
	for _, page := range []string{"", "/orgs/acme/modes", "/orgs/acme/publication", "/orgs/acme/modes/docs-writer/edit"} {
		if page != "" {
			b.open(page)
		}
		b.seen("#live", "Revision 3 is live since ")
		at := s.liveSince()
		// In the visitor's time zone.
		b.says("#live").matches(`^Revision 3 is live since ` + at.In(kolkata).Format("15:04:05") +
			` \(.*\) ?, ((\d+(\.\d)?|less than 0\.1) ?s|\d+ minutes?) after saving`)
		b.says("#live time@datetime").is(at.UTC().Format(time.RFC3339))
		b.says("#live time@title").has(at.In(kolkata).Format("2006"), "and exactly")
		b.sound()
	}
	b.pictures("mode-live")

	// Published again without a change: the time at which it went live stays the same.
	before := s.liveSince()
	require.NoError(t, s.db.PublishAgain(t.Context(), s.acme.ID))
	require.NoError(t, s.db.WaitPublished(t.Context(), s.acme.ID))
	require.Equal(t, before, s.liveSince())
	// Lost and published again: it is live since then, and not because of a save.
	s.redis.FlushAll()
	s.await(func() error {
		if s.count("SELECT count(*) FROM organizations WHERE slug = 'acme' AND pending_since IS NULL AND live_saved_at IS NULL") == 0 {
			return errNotYet
		}
		return nil
	})
	b.seen("#live", "when it was published again")
	require.True(t, s.liveSince().After(before))

	// It went live on another day.
	s.sql("UPDATE organizations SET live_at = '2025-01-31T20:00:00Z' WHERE slug = 'acme'")
	b.open("/orgs/acme/modes")
	b.seen("#live", "live since Feb 1, 2025, 01:30:00 ")
	plain := s.browser().as(s.member).withoutScripts()
	plain.do(navigate(s.url + "/orgs/acme/modes"))
	plain.seen("#live", "live since 31 Jan 2025, 20:00:00 UTC")
	s.readerHas("What comes of a save")
	b.quiet()
}

// Without a worker, a saved revision is shown as pending, then as late, with the reason.
func TestLineWithoutAWorker(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	s.readerServes("docs-writer")
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes")
	b.seen("#live", "Revision 2 is live")
	s.stopWorker()
	s.mode("second", "Second")
	s.pendingSince("now() + interval '1 hour'") // not late yet
	b.seen("#live", "Revision 3 is saved, on its way")
	b.seen("#live", "editors get revision 2 until then")
	s.pendingSince("now() - interval '34 seconds'")
	b.seen("#live", "Editors still get revision 2: revision 3 has been waiting for ")
	b.seen("#live", "(no worker has started it)")
	b.pictures("live-late")
	s.readerServes("docs-writer")
	s.startWorker()
	b.seen("#live", "Revision 3 is live since ")
	s.readerServes("docs-writer", "second")
	b.sound()
}

// Without Redis, publishing fails and is retried. Every page with the publication line
// shows this and the reason. Publishing recovers without help once Redis is back.
func TestLineWithoutRedis(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	s.readerServes("docs-writer")
	list, editor := s.browser().as(s.owner), s.browser().as(s.admin)
	list.open("/orgs/acme/modes")
	list.seen("#live", "Revision 2 is live")
	editor.open("/orgs/acme/modes/docs-writer/edit")
	s.redis.Kill()
	editor.fill("#field-description", "Saved while Redis is away")
	editor.checked("1 change")
	editor.follow("#save")
	failing := regexp.MustCompile(`Editors still get revision 2: publishing failed, retrying (in \d+ s|now|every second) \(Redis can’t be reached\)`)
	for _, b := range []*browser{list, editor} {
		b.seen("#live", "Editors still get revision 2: publishing failed, retrying ")
		b.says("#live").matches(failing)
		b.seen("#live", "revision 3 is saved; nothing is lost")
	}
	editor.pictures("mode-live-failed")
	list.pictures("live-failed")
	list.open("/orgs/acme/publication")
	list.seen("#live", "publishing failed, retrying ")
	s.redis.Restart()
	for _, b := range []*browser{list, editor} {
		b.seen("#live", "Revision 3 is live since ")
		b.sound()
	}
	s.readerHas("Saved while Redis is away")
}

// A republication is not reported as a change that editors lack.
func TestLineWhilePublishedAgain(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	s.readerServes("docs-writer")
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes")
	b.seen("#live", "Revision 2 is live since ")
	s.stopWorker()
	require.NoError(t, s.db.PublishAgain(t.Context(), s.acme.ID))
	s.pendingSince("now() + interval '1 hour'") // not late yet
	b.seen("#live", "Revision 2 is live, and is being published again")
	b.sound()
	s.startWorker()
	b.seen("#live", "Revision 2 is live since ")
	s.readerServes("docs-writer")
}

func TestHistoryFollows(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	m := s.mode("docs-writer", "Docs writer")
	s.change("docs-writer", func(m *modes.Mode) { m.Config.Description = "Second" })
	s.change("docs-writer", func(m *modes.Mode) { m.Config.Description = "Third" })
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes/docs-writer/history")
	b.js(`document.querySelector(".compare [name=to]").value = "2"`)
	b.focus(`.past-row:nth-child(3) .past-do a:last-child`)
	// The slug changes too: the page still finds the mode.
	s.change("docs-writer", func(m *modes.Mode) { m.Config.Description, m.Slug = "Fourth", "handbook" })
	b.until(`document.querySelectorAll(".past-row").length === 4`)
	b.texts(".compare option:checked").are("version 4", "version 2") // the selection stays, the rest is current
	b.focused().is("Restore version 1", "and what has the focus")
	b.sound()

	// While the user interacts with a part, the page doesn't replace it. It shows that
	// there is something newer.
	b.click(`.past-row:nth-child(2) [data-ask]`)
	b.until(`document.querySelector("dialog[open]")`)
	s.deleteMode("handbook")
	b.seen(".newer", "There is something newer")
	b.keyboard(keyEsc)
	b.seen("#history", "is deleted: editors don’t have it")
	b.untilNot(`document.querySelector(".newer")`)

	b.open("/orgs/acme/modes/deleted")
	_, err := s.db.Modes.Restore(t.Context(), by(s.owner), s.acme.ID, m.ID, 5, 0)
	require.NoError(t, err)
	b.seen("#deleted", "Nothing is deleted")
	b.sound()
	b.open("/orgs/acme/audit")
	b.js(`document.querySelector("input[type=search]").value = "half a word"`)
	s.change("handbook", func(m *modes.Mode) { m.Config.Description = "Fifth" })
	b.seen("#log tbody tr:first-child", "Changed mode")
	b.until(`document.querySelector("input[type=search]").value === "half a word"`)
	b.sound()
	s.readerHas("Fifth")
}

func TestEditorSaysThatSomebodyWasFaster(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	b := s.browser().as(s.admin)
	b.open("/orgs/acme/modes/docs-writer/edit")
	b.fill("#field-description", "What Ada is about to say")
	b.checked("1 change")
	b.untilNot(`document.querySelector("#newer p")`)
	untouched := func() {
		t.Helper()
		b.until(`document.querySelector("#field-description").value === "What Ada is about to say"`)
	}
	s.change("docs-writer", func(m *modes.Mode) { m.Config.WhenToUse, m.Slug = "When Olive says so", "handbook" })
	b.seen("#newer", "owner@acme.example saved version 2 since you began: changed the slug")
	b.seen("#newer", "Your draft is unchanged. Saving asks which version to keep.")
	untouched()
	b.focusedID().is("field-description")
	b.until(`document.activeElement.getBoundingClientRect().bottom <= document.querySelector(".savebar").getBoundingClientRect().top`, "and is not hidden")
	b.pictures("mode-newer")
	b.expect("status of 409")
	b.follow("#save")
	b.says(".conflict").has("saved version 2 while you were editing")
	b.untilNot(`document.querySelector("#newer p")`, "that is said")
	b.sound()
	s.deleteMode("handbook")
	b.seen("#newer", "owner@acme.example deleted this mode since you began.")
	untouched()
	s.readerServes()
}

// The list is being reloaded when the user opens a menu in it. The menu stays open, and the
// newer list is shown once it is closed.
func TestAListThatIsLoadedLeavesTheMenuThatWasOpenedMeanwhile(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("anna", "Anna")
	b := s.browser().as(s.owner)
	b.do(onNewDocument(`{
		const load = window.fetch, go = new Promise((done) => { window.letThrough = done; });
		window.fetch = async (address, ...rest) => {
			const answer = await load(address, ...rest);
			if (String(address).endsWith("/modes")) { window.held = true; await go; }
			return answer;
		};
	}`))
	b.open("/orgs/acme/modes")
	s.mode("bert", "Bert")
	b.until(`window.held`, "the list is loaded anew")
	b.click(`[data-order] > li:nth-child(1) summary`)
	b.until(`document.querySelector("[data-order] details[open]")`)
	b.js(`letThrough()`)
	b.seen(".newer", "There is something newer")
	b.until(`document.querySelector("[data-order] details[open]")`, "the menu is still open")
	b.click(`[data-order] > li:nth-child(1) summary`)
	b.texts("[data-order] .name").are("Anna", "Bert")
	b.sound()
}
