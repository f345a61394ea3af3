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

// withDraft puts the user's draft of a subject into the editor, if there is one.
func (p *Pages) withDraft(v *shell.Visit, e *editor, subject uuid.UUID) error {
	var content draftContent
	draft, found, err := p.Drafts.Find(v, subject, &content)
	e.Draft = draft
	if found {
		e.Text, e.Seen = content.YAML, draft.Base
	}
	return err
}

// Written returns the content of a form, to be stored as a draft.
func (p *Pages) Written(v *shell.Visit, f shell.Form, subject uuid.UUID) (shell.Written, error) {
	e := editorOf(f)
	applied := p.blank()
	if o, err := p.store.Get(v.UserContext(), v.Org.ID, subject.String()); err == nil {
		applied = p.text(o)
	}
	return shell.Written{
		Title: titleOf(e.Text), Content: draftContent{YAML: e.Text}, Base: e.Seen, Unchanged: e.Text == applied,
	}, nil
}

// PathOf returns the address at which a subject is edited; ok is false if it isn't an
// object.
func (p *Pages) PathOf(v *shell.Visit, subject uuid.UUID) (string, bool) {
	_, err := p.store.Get(v.UserContext(), v.Org.ID, subject.String())
	return p.path(v, "/"+subject.String()), err == nil
}

// titleOf returns the name in a manifest that can be incomplete.
func titleOf(text string) string {
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "name:"); ok {
			return strings.Trim(strings.TrimSpace(name), `"'`)
		}
	}
	return ""
}
