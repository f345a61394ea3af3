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

func TestPublicationIsInPlainView(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	s.readerServes("docs-writer")
	b := s.browser().as(s.admin)
	b.open("/orgs/acme/publication")
	b.seen("#live", "Revision 2 is live since ")
	b.seen("#publication", "Publishing works")
	b.pictures("publication")

	// Readers serve every listed address, with the listed ETag.
	for _, form := range endpoint.All() {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.readerURL+endpoint.Path(s.acme.ID.String(), form.Name), nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+s.editor)
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
	s.mode("late", "Late")
	s.pendingSince("now() - interval '1 minute'")
	b.open("/orgs/acme/publication")
	b.seen("#publication", "Redis can’t be reached.")
	b.seen("#live", "Editors still get revision 2: publishing failed, retrying ")
	b.pictures("publication-failing")
	s.redis.Restart()
	b.open("/orgs/acme/publication")
	b.js(`document.querySelector(".job button")?.click()`) // unless the worker was faster
	s.readerServes("docs-writer", "late")
	b.open("/orgs/acme/publication")
	b.leaving(func() { b.js(`document.querySelector(".again button").click()`) })
	b.text(".said").has("Everything is being republished")
	b.seen("#live", "Revision 3 is live")
	b.seen("#publication", "everything saved is published")
	b.sound()
	s.readerServes("docs-writer", "late")

	// A job can finish just before a user retries it.
	b.leaving(func() {
		b.js(`{ const form = document.querySelector("form.again"); form.action = form.action.replace(/again$/, "retries");
			form.insertAdjacentHTML("beforeend", '<input type="hidden" name="job" value="1">'); form.querySelector("button").click(); }`)
	})
	b.text(".said").has("That publication is no longer waiting")
	b.quiet()
}

func TestPublicationForMembersAndBeforeTheFirst(t *testing.T) {
	s := newSite(t)
	s.stopWorker()
	s.sql("DELETE FROM publications")
	s.sql("UPDATE organizations SET changed_at = now() - interval '5 minutes' WHERE slug = 'orgmodes-canary'")
	b := s.browser().as(s.member).withoutScripts()
	b.do(navigate(s.url + "/orgs/acme/publication"))
	b.seen("#publication", "Nothing is published yet")
	b.attribute(".again button", "aria-disabled").is("true")
	b.attribute(".again button", "data-why").has("Only owners and admins")
	b.quiet()
	seen := s.browser().as(s.member)
	seen.open("/orgs/acme/publication")
	seen.pictures("publication-none")
}
