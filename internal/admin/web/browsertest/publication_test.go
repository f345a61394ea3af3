package browsertest

import (
	"errors"
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/endpoint"
	"orgmodes/internal/prove"
)

func TestPublicationPage(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	s.readerServes("docs-writer")
	b := s.browser().signIn(s.admin)
	b.open("/orgs/acme/publication")
	b.waitForText("#publication-line", "Revision 2 is live since ")
	b.waitForText("#publication", "Publishing works")
	b.checkAndScreenshot("publication")

	// Readers serve every listed address, with the listed ETag.
	for _, form := range endpoint.All() {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.readerURL+endpoint.Path(s.acme.ID.String(), form.Name), nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+s.editorToken)
		req.Header.Set("Accept-Encoding", "identity")
		req.Close = true
		var res *http.Response
		s.await(func() (err error) {
			if res, err = http.DefaultClient.Do(req); err != nil {
				return err
			}
			if err = res.Body.Close(); err == nil && res.StatusCode != http.StatusOK {
				err = errors.New(res.Status)
			}
			return err
		})
		b.text("#publication table").has(res.Header.Get("ETag"))
		b.text("#publication table").matches(regexp.QuoteMeta(req.URL.String()) + `\s`)
	}

	// Without Redis, saved changes wait, the page shows the reason, and the job can be
	// retried.
	s.redis.Kill()
	s.createMode("late", "Late")
	s.setPendingSince("now() - interval '1 minute'")
	b.open("/orgs/acme/publication")
	b.waitForText("#publication", "Redis can’t be reached.")
	b.waitForText("#publication-line", "Editors still get revision 2: publishing failed, retrying ")
	b.checkAndScreenshot("publication-failing")
	s.redis.Restart()
	b.open("/orgs/acme/publication")
	b.js(`document.querySelector(".job button")?.click()`) // unless the worker was faster
	s.readerServes("docs-writer", "late")
	b.open("/orgs/acme/publication")
	b.expectNavigation(func() { b.js(`document.querySelector(".republish button").click()`) })
	b.text(".flash").has("Everything is being republished")
	b.waitForText("#publication-line", "Revision 3 is live")
	b.waitForText("#publication", "everything saved is published")
	b.checkA11yAndConsole()
	s.readerServes("docs-writer", "late")

	// A job can finish just before a user retries it.
	b.expectNavigation(func() {
		b.js(`{ const form = document.querySelector("form.republish"); form.action = form.action.replace(/again$/, "retries");
			form.insertAdjacentHTML("beforeend", '<input type="hidden" name="job" value="1">'); form.querySelector("button").click(); }`)
	})
	b.text(".flash").has("That publication is no longer waiting")
	b.checkConsole()
}

func TestPublicationPageBeforeFirstPublication(t *testing.T) {
	s := newSite(t)
	s.stopWorker()
	s.execSQL("DELETE FROM publications")
	s.execSQL("UPDATE organizations SET changed_at = now() - interval '5 minutes' WHERE slug = 'orgmodes-canary'")
	b := s.browser().signIn(s.member).withoutScripts()
	b.do(navigate(s.url + "/orgs/acme/publication"))
	b.waitForText("#publication", "Nothing is published yet")
	b.attribute(".republish button", "aria-disabled").is("true")
	b.attribute(".republish button", "data-disabled-reason").has("Only owners and admins")
	b.checkConsole()
	seen := s.browser().signIn(s.member)
	seen.open("/orgs/acme/publication")
	seen.checkAndScreenshot("publication-none")
}
