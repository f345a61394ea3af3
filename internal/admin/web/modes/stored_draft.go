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

// builtinSubjects is the namespace of the subjects of drafts that replace a built-in mode
// (RFC 9562, section 5.5).
var builtinSubjects = uuid.MustParse("6f0c2f35-7c0e-4d55-9a3e-1c6a2f7d9b10")

// Subject returns the id that a draft is stored under. For a built-in mode it is the same
// whether the organization has replaced that or not. For a new mode it is uuid.Nil.
func (t modeTarget) Subject() uuid.UUID {
	switch {
	case t.Builtin != nil:
		return uuid.NewSHA1(builtinSubjects, []byte(modes.SlugKey(t.Builtin.Slug)))
	case t.Saved != nil:
		return t.Saved.ID
	}
	return uuid.Nil
}

// targetOf returns the mode with the given subject, or the target of a new mode if there is
// none.
func (p *Pages) targetOf(v *shell.Visit, subject uuid.UUID) (modeTarget, error) {
	for _, b := range p.Builtins {
		if t := (modeTarget{Builtin: &b}); t.Subject() == subject {
			return p.modeTarget(v, b.Slug)
		}
	}
	t, err := p.modeTarget(v, subject.String())
	if fault.Is(err, fault.NotFound) {
		return modeTarget{}, nil
	}
	return t, err
}

// withDraft puts the user's draft of the target, or of a new mode, into the editor, if there
// is one.
func (p *Pages) withDraft(v *shell.Visit, e *modeEditor, subject uuid.UUID) error {
	var content draftContent
	draft, found, err := p.Drafts.Find(v, subject, &content)
	e.Draft = draft
	if err != nil || !found {
		return err
	}
	e.draft, e.Fresh = readDraft(v.UserContext(), shell.Form{Fields: content.Fields}), false
	e.From = e.Form.Get("from")
	if !e.IsNew() {
		e.Seen = e.Form.Get("seen")
	}
	if view := v.Query("view"); view == viewForm || view == viewYAML {
		e.draft, e.Note = e.switched(v.UserContext(), view)
	}
	return nil
}

// keep stores the unsaved form as a draft.
func (p *Pages) keep(v *shell.Visit, e *modeEditor) {
	f := shell.Form{Fields: maps.Clone(e.Form.Fields)}
	f.Fields.Set("seen", e.Seen)
	p.Drafts.Keep(v, &e.Draft, f)
}

// Written returns the content of a form, to be stored as a draft.
func (p *Pages) Written(v *shell.Visit, f shell.Form, subject uuid.UUID) (w shell.Written, err error) {
	d := readDraft(v.UserContext(), f)
	t, err := p.targetOf(v, subject)
	if err != nil {
		return w, err
	}
	if seen := f.Get("seen"); seen != "" {
		if _, w.Base, err = shell.VersionOf(seen); err != nil {
			return w, err
		}
	}
	w.Title = cmp.Or(strings.TrimSpace(d.Mode.Name), d.Mode.Slug)
	w.Unchanged = !d.Unreadable && d.Mode.Equal(t.Base()) && f.Get("seen") == t.Seen()
	content := draftContent{Fields: url.Values{}}
	for name := range f.Fields {
		if !strings.HasPrefix(name, "_") && !slices.Contains(notOfTheDraft, name) {
			for _, value := range f.All(name) {
				content.Fields.Add(name, strings.ReplaceAll(value, "\r\n", "\n"))
			}
		}
	}
	w.Content = content
	return w, nil
}

// notOfTheDraft lists the fields of a form that don't describe the mode.
var notOfTheDraft = []string{"do", "draft", "edition", "seen_by", "theirs", "touched"}

// PathOf returns the address at which a subject is edited; ok is false if it isn't a mode.
func (p *Pages) PathOf(v *shell.Visit, subject uuid.UUID) (string, bool) {
	t, err := p.targetOf(v, subject)
	return t.Path, err == nil && !t.IsNew()
}

// draftOfNew returns the subject of a new mode's draft: the one that the address names, or an
// unused one.
func draftOfNew(v *shell.Visit) uuid.UUID {
	subject, err := uuid.Parse(v.Query("draft"))
	if err != nil {
		return uuid.New()
	}
	return subject
}
