package admin_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin"
	"orgmodes/internal/modes"
)

// A preview requested while another user changed the slug is answered normally. Only
// saving asks which of the two versions to keep.
func TestOnlySavingToARenamedModeConflicts(t *testing.T) {
	w := newTestServer(t, 0, func(*admin.Options) {})
	cookie, _ := w.user("owner")
	csrf := w.csrf(cookie)
	mode := modes.Mode{Slug: "docs", Name: "Docs", Config: modes.Config{RoleDefinition: "You write.", Groups: []modes.Group{{Name: "read"}}}}
	m, err := w.db.Modes.Create(t.Context(), setupActor, w.org.ID, mode)
	require.NoError(t, err)
	_, err = w.db.Modes.Update(t.Context(), setupActor, w.org.ID, m.ID.String(), m.Version, func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
		m.Slug = "handbook"
		return m, nil
	})
	require.NoError(t, err)
	for do, want := range map[string]int{"preview": 200, "yaml": 200, "form": 200, "save": 409} {
		body, media := urlencodedForm(url.Values{
			"_csrf": {csrf}, "do": {do}, "seen": {fmt.Sprintf("%s:%d", m.ID, m.Version)},
			"slug": {"docs"}, "name": {"Docs"}, "roleDefinition": {"What was typed meanwhile."}, "group": {"read"},
		})
		for _, script := range []string{"X-By: hand", "HX-Request: true"} {
			status, _, page := w.postAs("/orgs/acme/modes/docs/edit", body, media, cookie, script)
			require.Equal(t, want, status, "%s %s: %s", do, script, page)
			require.Contains(t, page, "What was typed meanwhile.", "%s %s", do, script)
		}
	}
	now, err := w.db.Modes.Get(t.Context(), w.org.ID, m.ID.String())
	require.NoError(t, err)
	require.Equal(t, "You write.", now.Config.RoleDefinition, "nothing was saved")
}
