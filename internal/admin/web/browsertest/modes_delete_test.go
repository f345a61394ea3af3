package browsertest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
	"orgmodes/internal/prove"
)

// If another user changed or deleted one of several modes, none is deleted. The page lists
// which ones with the reason, and preserves the rest of the selection.
func TestBatchDeleteIsAtomic(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	all := []modes.OrganizationMode{s.createMode("anna", "Anna"), s.createMode("bert", "Bert"), s.createMode("carl", "Carl"), s.createMode("dora", "Dora")}
	s.readerServes("anna", "bert", "carl", "dora")
	b := s.browser().signIn(s.owner)
	b.expectConsole("status of 409")
	b.open("/orgs/acme/modes")
	for i := range all[:3] {
		b.click(fmt.Sprintf(`[data-order] > li:nth-child(%d) input`, i+1))
	}
	b.click("[data-selection] [data-confirm-dialog]")
	b.text("dialog[open] h2").is("Delete 3 modes?")
	_, err := s.db.Modes.Update(t.Context(), byUser(s.admin), s.acme.ID, "anna", 0,
		func(m modes.OrganizationMode) (modes.OrganizationMode, error) { m.Name = "Anna, edited"; return m, nil })
	require.NoError(t, err)
	_, err = s.db.Modes.Delete(t.Context(), byUser(s.admin), s.acme.ID, "bert", 0)
	require.NoError(t, err)

	b.clickAndNavigate("dialog[open] [data-confirm]")
	b.text("h1").is("Delete 2 modes?")
	b.texts(".error-summary li").are("Anna, edited was changed by Ada Admin and is now at version 2", "Bert was deleted by Ada Admin")
	b.texts(".names li").are("Anna, edited anna", "Carl carl")
	s.readerServes("anna", "carl", "dora")
	b.checkA11yAndConsole()
	b.screenshot("delete-several-conflict")

	b.clickAndNavigate("[data-confirm]")
	b.text(".flash").has("2 modes are deleted. Editors lose them at their next poll.")
	s.readerServes("dora")
	b.clickAndNavigate("[data-undo]")
	b.text(".flash").has("2 modes are restored.")
	s.readerServes("anna", "carl", "dora")
	b.checkA11yAndConsole()
}

// Any number of deleted modes can be restored at once, but not over a mode that was created
// since.
func TestUndoBatchDeleteIsAtomic(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	var slugs []string
	query := ""
	for i := range 120 {
		slugs = append(slugs, fmt.Sprintf("mode-%03d", i))
		s.createMode(slugs[i], fmt.Sprintf("Mode %03d", i))
		query += "mode=" + slugs[i] + "&"
	}
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes/deletions?" + query)
	b.text("h1").is("Delete 120 modes?")
	b.checkA11yAndConsole()
	b.clickAndNavigate("[data-confirm]")
	b.text(".flash").has("120 modes are deleted.")
	s.readerServes()
	taken := s.createMode("mode-007", "In the way")
	b.clickAndNavigate("[data-undo]")
	b.text(".flash.bad").has(`Not undone, so that nothing is lost: A mode with the slug "mode-007" already exists in this organization.`)
	b.text("h1").is("Deleted modes")
	b.texts(".deleted-row [data-confirm-dialog]").count(100, "each of them can be brought back alone")
	b.checkA11yAndConsole()
	b.screenshot("restore-several-refused")
	b.clickAndNavigate(".pages [rel=next]")
	b.texts(".deleted-row [data-confirm-dialog]").count(20, "the rest is on the next page")
	b.checkA11yAndConsole()
	s.readerServes("mode-007")

	_, err := s.db.Modes.Delete(t.Context(), byUser(s.admin), s.acme.ID, taken.ID.String(), 0)
	require.NoError(t, err)
	revision, err := s.db.Revision(t.Context(), s.acme.ID)
	require.NoError(t, err)
	back, err := s.db.Modes.DeletedBy(t.Context(), s.acme.ID, revision-2)
	require.NoError(t, err)
	_, _, err = s.db.Modes.RestoreBatch(t.Context(), byUser(s.admin), s.acme.ID, back)
	require.NoError(t, err)
	s.readerServes(slugs...)
}
