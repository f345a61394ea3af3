package objects

import (
	"strings"

	"github.com/google/uuid"

	"orgmodes/internal/admin/web/shell"
)

// draftContent is what is stored of a draft.
type draftContent struct {
	YAML string `json:"yaml"`
}

// withDraft puts the visitor's draft of a subject into the editor, if there is one.
func (p *Pages) withDraft(v *shell.Visit, e *editor, subject uuid.UUID) error {
	var content draftContent
	draft, found, err := p.Drafts.Find(v, subject, &content)
	e.Draft = draft
	if found {
		e.Text, e.Seen = content.YAML, draft.Base
	}
	return err
}

// Written is what a form has, for a draft.
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

// PathOf is where a subject is written, if it is an object.
func (p *Pages) PathOf(v *shell.Visit, subject uuid.UUID) (string, bool) {
	_, err := p.store.Get(v.UserContext(), v.Org.ID, subject.String())
	return p.path(v, "/"+subject.String()), err == nil
}

// titleOf is the name in a manifest that may be half written.
func titleOf(text string) string {
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "name:"); ok {
			return strings.Trim(strings.TrimSpace(name), `"'`)
		}
	}
	return ""
}
