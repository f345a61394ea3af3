package browsertest

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
	"orgmodes/internal/prove"
)

// fetch gets a path with a session, and returns the body and the Content-Disposition
// header.
func (s *site) fetch(session, path string) (body, name string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	require.NoError(s.t, err)
	req.AddCookie(&http.Cookie{Name: "orgmodes", Value: session})
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	require.Equal(s.t, http.StatusOK, res.StatusCode, "%s", data)
	return string(data), res.Header.Get("Content-Disposition")
}

func TestAuditLogIsFilteredPagedAndExported(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/audit?q=nothing+like+it")
	b.text(".empty").has("No matching entries")
	b.checkAndScreenshot("audit-nothing-found")

	m := s.createMode("docs-writer", "Docs writer", func(m *modes.Mode) { m.Config.CustomInstructions = "One.\nTwo.\nThree.\n" })
	_, err := s.db.Modes.Update(t.Context(), byUser(s.admin), s.acme.ID, m.ID.String(), m.Version, func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
		m.Name = "Handbook writer"
		m.Config.CustomInstructions = "One.\n2.\nThree.\n"
		m.Config.Groups = []modes.Group{{Name: "read"}, {Name: "edit", Restriction: &modes.Restriction{FileRegex: `\.md$`}}}
		return m, nil
	})
	require.NoError(t, err)
	s.createMode("formula", "=HYPERLINK(1)")
	// All share one timestamp. Pages are cut by id, so no entry is missed or shown twice.
	for i := range 120 {
		s.createMode(fmt.Sprintf("many-%03d", i), fmt.Sprintf("Many %03d", i))
	}
	polling := s.pollingEditor(s.editorToken)

	b.open("/orgs/acme/audit")
	b.attribute(`.nav a[href="/orgs/acme/audit"]`, "aria-current").is("page")
	b.checkAndScreenshot("audit")
	var seen []string
	for {
		seen = append(seen, b.texts("td p > b, td p > a").current()...)
		if !b.eval(`document.querySelector("[rel=next]")`) {
			break
		}
		b.clickAndNavigate("[rel=next]")
	}
	require.Len(t, seen, s.queryInt("SELECT count(*) FROM audit_log WHERE organization_id = $1", s.acme.ID))
	b.text(".pages").has("This is where the log begins")

	// Filtered by action; the address holds the filter.
	b.open("/orgs/acme/audit")
	b.click(".filter-menu summary")
	b.checkA11yAndConsole()
	b.screenshot("audit-filter-menu")
	b.click(`input[value="mode.update"]`)
	b.typeKeys(keyEsc)
	b.clickAndNavigate(".filters button.btn")
	b.path().has("action=mode.update")
	b.texts("tbody td p:first-child").are("Changed mode Handbook writer")
	b.text(".actor-cell").is("Ada Admin")
	b.text("tbody").has("Name, Tools, Instructions")
	b.checkA11yAndConsole()

	// The file has exactly the entries that the page shows.
	session := s.createSession(s.owner)
	text, name := s.fetch(session, b.attribute(`.pages a[href*="format=csv"]`, "href").current())
	require.Contains(t, name, "acme.audit.csv")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 2)
	require.Contains(t, rows[1], "mode.update")
	text, name = s.fetch(session, b.attribute(`.pages a[href*="format=jsonl"]`, "href").current())
	require.Contains(t, name, "acme.audit.jsonl")
	lines := bufio.NewScanner(strings.NewReader(text))
	require.True(t, lines.Scan())
	var entry map[string]any
	require.NoError(t, json.Unmarshal(lines.Bytes(), &entry))
	require.Equal(t, "mode.update", entry["action"])
	require.False(t, lines.Scan())
	text, _ = s.fetch(session, "/orgs/acme/audit/export?q=HYPERLINK")
	require.Contains(t, text, "'=HYPERLINK(1)", "a spreadsheet takes it for text")

	// The full diff, and everything that happened to one object.
	b.clickAndNavigate("td.more a")
	b.text("h1").is("Changed mode Handbook writer")
	b.texts(".change > dt").are("Name", "Tools", "Instructions")
	b.texts(".line.removed .line-text").are("Two.")
	b.texts(".line.added .line-text").are("2.")
	b.text(".changes").has(`read, edit (only \.md$)`)
	b.checkAndScreenshot("audit-entry")
	b.clickAndNavigate(`a[href*="subject="]`)
	b.texts("tbody tr").count(2)
	b.checkA11yAndConsole()

	b.expectConsole("status of 422")
	b.open("/orgs/acme/audit?since=yesterday")
	b.text(".error-summary").has("Give a day such as")
	b.checkAndScreenshot("audit-mistake")
	b.open("/orgs/acme/audit?until=2001-01-01")
	b.text(".empty").has("No matching entries")
	s.readerHas("Handbook writer")
	polling.checkNotModified()
}

func TestAuditLogWithoutScriptsAndForMembers(t *testing.T) {
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	b := s.browser().signIn(s.admin).withoutScripts()
	b.do(navigate(s.url + "/orgs/acme/audit"))
	b.click(".filter-menu summary")
	b.click(`input[value="mode.create"]`)
	b.click(".filters button.btn")
	b.waitForText(".filter-menu > summary", "1 kind of change")
	b.waitForText("tbody", "Created mode Docs writer")
	b.click("td.more a")
	b.waitForText("h1", "Created mode Docs writer")
	b.checkConsole()

	other := s.browser().signIn(s.member)
	other.expectConsole("status of 403")
	other.open("/orgs/acme/audit")
	other.text("main").has("Only owners and admins can read the audit log")
	other.open("/orgs/acme/modes")
	other.attribute(`.nav a[data-disabled-reason*="audit log"]`, "aria-disabled").is("true")
	s.readerServes("docs-writer")
}
