package objects

import (
	"strings"

	"github.com/google/uuid"

	"orgmodes/internal/admin/web/shell"
)

// draftContent is the stored content of a draft.
type draftContent struct {
	YAML string `json:"yaml"`
}

// loadDraft puts the user's draft of a subject into the editor, if there is one.
func (p *Pages) loadDraft(v *shell.Request, e *editor, subject uuid.UUID) error {
	var content draftContent
	draft, found, err := p.Drafts.Load(v, subject, &content)
	e.Draft = draft
	if found {
		e.Text, e.BaseVersion = content.YAML, draft.BaseVersion
	}
	return err
}

// DraftInput implements shell.DraftEditor. It returns the manifest in the form f of the edit
// page, as typed. The error is always nil.
func (p *Pages) DraftInput(v *shell.Request, f shell.Form, subject uuid.UUID) (shell.DraftInput, error) {
	e := parseEditor(f)
	saved := p.blankManifest()
	if o, err := p.store.Get(v.UserContext(), v.Org.ID, subject.String()); err == nil {
		saved = p.manifestText(o)
	}
	return shell.DraftInput{
		Title: manifestName(e.Text), Content: draftContent{YAML: e.Text}, BaseVersion: e.BaseVersion, Unchanged: e.Text == saved,
	}, nil
}

// EditPath implements shell.DraftEditor. It returns the address of the edit page of the
// object with the id subject, and reports whether that object exists.
func (p *Pages) EditPath(v *shell.Request, subject uuid.UUID) (string, bool) {
	_, err := p.store.Get(v.UserContext(), v.Org.ID, subject.String())
	return p.path(v, "/"+subject.String()), err == nil
}

// manifestName returns the name in a manifest that can be incomplete.
func manifestName(text string) string {
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "name:"); ok {
			return strings.Trim(strings.TrimSpace(name), `"'`)
		}
	}
	return ""
}
