package modes

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
)

// draftContent is the stored content of a draft: the fields of the form, in either view.
type draftContent struct {
	Fields url.Values `json:"fields"`
}

// builtinNamespace is the namespace of the subjects of drafts that replace a built-in mode
// (RFC 9562, section 5.5).
var builtinNamespace = uuid.MustParse("6f0c2f35-7c0e-4d55-9a3e-1c6a2f7d9b10")

// Subject returns the id that a draft is stored under. For a built-in mode it is the same
// whether the organization has replaced that or not. For a new mode it is uuid.Nil.
func (t modeTarget) Subject() uuid.UUID {
	switch {
	case t.Builtin != nil:
		return uuid.NewSHA1(builtinNamespace, []byte(modes.SlugKey(t.Builtin.Slug)))
	case t.Saved != nil:
		return t.Saved.ID
	}
	return uuid.Nil
}

// targetOfSubject returns the mode with the given subject, or the target of a new mode if
// there is none.
func (p *Pages) targetOfSubject(v *shell.Request, subject uuid.UUID) (modeTarget, error) {
	for _, b := range p.Builtins {
		if t := (modeTarget{Builtin: &b}); t.Subject() == subject {
			return p.resolveTarget(v, b.Slug)
		}
	}
	t, err := p.resolveTarget(v, subject.String())
	if fault.Is(err, fault.NotFound) {
		return modeTarget{}, nil
	}
	return t, err
}

// loadDraft puts the user's draft of the target, or of a new mode, into the editor, if there
// is one.
func (p *Pages) loadDraft(v *shell.Request, e *modeEditor, subject uuid.UUID) error {
	var content draftContent
	draft, found, err := p.Drafts.Load(v, subject, &content)
	e.Draft = draft
	if err != nil || !found {
		return err
	}
	e.draft, e.Untouched = readDraft(v.UserContext(), shell.Form{Fields: content.Fields}), false
	e.From = e.Form.Get("from")
	if !e.IsNew() {
		e.BaseVersion = e.Form.Get("seen")
	}
	if view := v.Query("view"); view == viewForm || view == viewYAML {
		e.draft, e.Note = e.inView(v.UserContext(), view)
	}
	return nil
}

// storeAsDraft stores the unsaved form as a draft.
func (p *Pages) storeAsDraft(v *shell.Request, e *modeEditor) {
	f := shell.Form{Fields: maps.Clone(e.Form.Fields)}
	f.Fields.Set("seen", e.BaseVersion)
	p.Drafts.StoreForm(v, &e.Draft, f)
}

// DraftInput returns the content of a form, to be stored as a draft.
func (p *Pages) DraftInput(v *shell.Request, f shell.Form, subject uuid.UUID) (w shell.DraftInput, err error) {
	d := readDraft(v.UserContext(), f)
	t, err := p.targetOfSubject(v, subject)
	if err != nil {
		return w, err
	}
	if seen := f.Get("seen"); seen != "" {
		if _, w.BaseVersion, err = shell.ParseVersionRef(seen); err != nil {
			return w, err
		}
	}
	w.Title = cmp.Or(strings.TrimSpace(d.Mode.Name), d.Mode.Slug)
	w.Unchanged = !d.Unreadable && d.Mode.Equal(t.Base()) && f.Get("seen") == t.CurrentVersion()
	content := draftContent{Fields: url.Values{}}
	for name := range f.Fields {
		if !strings.HasPrefix(name, "_") && !slices.Contains(nonDraftFields, name) {
			for _, value := range f.Values(name) {
				content.Fields.Add(name, strings.ReplaceAll(value, "\r\n", "\n"))
			}
		}
	}
	w.Content = content
	return w, nil
}

// nonDraftFields lists the fields of a form that don't describe the mode.
var nonDraftFields = []string{"do", "draft", "edition", "seen_by", "theirs", "touched"}

// EditPath returns the address at which a subject is edited; ok is false if it isn't a mode.
func (p *Pages) EditPath(v *shell.Request, subject uuid.UUID) (string, bool) {
	t, err := p.targetOfSubject(v, subject)
	return t.Path, err == nil && !t.IsNew()
}

// newDraftSubject returns the subject of a new mode's draft: the one that the address
// names, or an unused one.
func newDraftSubject(v *shell.Request) uuid.UUID {
	subject, err := uuid.Parse(v.Query("draft"))
	if err != nil {
		return uuid.New()
	}
	return subject
}
