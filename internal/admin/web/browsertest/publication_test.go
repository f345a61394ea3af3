package browsertest

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/endpoint"
)

func TestPublicationIsInPlainView(t *testing.T) {
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	s.readerServes("docs-writer")
	b := s.browser().as(s.admin)
	b.open("/orgs/acme/publication")
	b.seen("#live", "Revision 2 is live since ")
	b.seen("#publication", "Publishing works")
	b.pictures("publication")

	// Every address is one that readers serve, and the tags are those that they send.
	for _, form := range endpoint.All() {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.readerURL+endpoint.Path(s.acme.ID.String(), form.Name), nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+s.editor)
		req.Header.Set("Accept-Encoding", "identity")
		req.Close = true
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, http.StatusOK, res.StatusCode)
		require.Contains(t, b.text("#publication table"), res.Header.Get("ETag"))
		require.Regexp(t, regexp.QuoteMeta(req.URL.String())+`\s`, b.text("#publication table"))
	}

	// Redis goes away: what is saved waits, why stands there, and it can be hurried.
	s.redis.Kill()
	s.mode("late", "Late")
	s.sql("UPDATE organizations SET pending_since = now() - interval '1 minute' WHERE slug = 'acme'")
	b.open("/orgs/acme/publication")
	b.seen("#publication", "Redis can’t be reached.")
	b.seen("#live", "Editors still get revision 2: publishing failed, retrying ")
	b.pictures("publication-failing")
	s.redis.Restart()
	b.open("/orgs/acme/publication")
	if b.holds(`document.querySelector(".job button")`) {
		b.leaving(func() { b.js(`document.querySelector(".job button").click()`) })
	}
	s.readerServes("docs-writer", "late")
	b.open("/orgs/acme/publication")
	b.leaving(func() { b.js(`document.querySelector(".again button").click()`) })
	require.Contains(t, b.text(".said"), "Everything is being published again")
	b.seen("#live", "Revision 3 is live")
	b.seen("#publication", "all that is saved is published")
	b.sound()
	s.readerServes("docs-writer", "late")
}

func TestPublicationForMembersAndBeforeTheFirst(t *testing.T) {
	s := newSite(t)
	s.stopWorker()
	s.sql("DELETE FROM publications")
	s.sql("UPDATE organizations SET changed_at = now() - interval '5 minutes' WHERE slug = 'orgmodes-canary'")
	b := s.browser().as(s.member).withoutScripts()
	b.do(navigate(s.url + "/orgs/acme/publication"))
	b.seen("#publication", "Nothing is published yet")
	require.Equal(t, "true", b.attribute(".again button", "aria-disabled"))
	require.Contains(t, b.attribute(".again button", "data-why"), "Only owners and admins")
	b.quiet()
	seen := s.browser().as(s.member)
	seen.open("/orgs/acme/publication")
	seen.pictures("publication-none")
}
