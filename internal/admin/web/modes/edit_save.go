package modes

import (
	"net/http"
	"strconv"

	"orgmodes/internal/admin/web/paths"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
)

// Save handles the form of a mode. Its button, do, selects what happens to the draft:
//
//	save      saves it
//	preview   checks it and shows the results; with htmx, only those
//	yaml form shows it in the other view
//	mine      saves it over the version that was saved in between
//	resume    continues editing it, based on that version
func (p *Pages) Save(v *shell.Visit) error {
	f := shell.ReadForm(v.Ctx)
	e := modeEditor{draft: readDraft(v.UserContext(), f), Seen: f.Get("seen"), Draft: shell.DraftIn(f)}
	t, err := p.modeTarget(v, v.Params("mode"))
	if fault.Is(err, fault.NotFound) && e.Seen != "" {
		return p.gone(v, e)
	}
	if err != nil {
		return err
	}
	if t.Saved == nil && e.Seen != "" {
		e.modeTarget = t
		return p.gone(v, e)
	}
	e.modeTarget = t
	switch f.Get("do") {
	case "save":
	case "mine", "resume":
		e.Seen = f.Get("theirs")
		if f.Get("do") == "resume" {
			p.keep(v, &e)
			return p.showEditor(v, http.StatusOK, e)
		}
	default:
		return p.showDraft(v, e)
	}
	return p.saveDraft(v, e)
}

// saveDraft saves a draft that breaks no rule. Any other draft is shown again with its
// problems.
func (p *Pages) saveDraft(v *shell.Visit, e modeEditor) error {
	if err := p.complete(v, &e); err != nil {
		return err
	}
	if len(e.Problems) > 0 {
		return p.refuse(v, e)
	}
	saved, err := p.saveMode(v, e)
	if err != nil {
		return p.notSaved(v, e, err)
	}
	if err := p.Drafts.End(v, e.Draft, e.Form); err != nil {
		return err
	}
	return v.Done(v.Address("/modes/"+paths.Mode(saved.Slug, saved.ID.String())+"/edit"), p.savedWords(v, e.modeTarget, saved))
}

// showDraft shows the draft again, in the requested view.
func (p *Pages) showDraft(v *shell.Visit, e modeEditor) error {
	do := e.Form.Get("do")
	if v.HX() && do == "preview" {
		e.Part = true
		if err := p.complete(v, &e); err != nil {
			return err
		}
		return v.Part("mode_edit", "mode-preview", e)
	}
	if !v.HX() { // with scripts, the page stores the draft itself
		p.keep(v, &e)
	}
	if do == viewYAML || do == viewForm {
		e.draft, e.Note = e.switched(v.UserContext(), do)
		if e.Note != "" {
			e.Tried = true
		}
	} else {
		e.Tried = true
		e.Form.Fields.Set("touched", touchedAll)
	}
	return p.showEditor(v, http.StatusOK, e)
}

// refuse shows the draft with its problems.
func (p *Pages) refuse(v *shell.Visit, e modeEditor) error {
	e.Tried = true
	e.Problems = dedupe(e.Problems)
	p.keep(v, &e)
	e.Form.Fields.Set("touched", touchedAll)
	return p.showEditor(v, http.StatusUnprocessableEntity, e)
}

// dedupe removes duplicate problems.
func dedupe(problems []fault.Field) (out []fault.Field) {
	seen := map[fault.Field]bool{}
	for _, p := range problems {
		if !seen[p] {
			out = append(out, p)
		}
		seen[p] = true
	}
	return out
}

// saveMode creates the mode, or replaces the version that the draft began from.
func (p *Pages) saveMode(v *shell.Visit, e modeEditor) (modes.OrganizationMode, error) {
	if e.Seen == "" {
		return p.DB.Modes.Create(v.UserContext(), v.By(), v.Org.ID, e.Mode)
	}
	id, version, err := shell.VersionOf(e.Seen)
	if err != nil {
		return modes.OrganizationMode{}, err
	}
	return p.DB.Modes.Update(v.UserContext(), v.By(), v.Org.ID, id, version,
		func(m modes.OrganizationMode) (modes.OrganizationMode, error) { m.Mode = e.Mode; return m, nil })
}

// notSaved answers a refused save with the conflict or the problems. It returns any other
// error.
func (p *Pages) notSaved(v *shell.Visit, e modeEditor, err error) error {
	refusal, ok := shell.IsMistake(err)
	if !ok {
		return err
	}
	var theirs *modes.OrganizationMode
	if current, ok := refusal.Current.(modes.OrganizationMode); ok {
		theirs = &current
	}
	inTheWay := e.Builtin != nil && refusal.Kind == fault.Conflict && theirs != nil
	if refusal.Kind == fault.Stale && theirs != nil || inTheWay {
		t, err := p.modeTarget(v, theirs.ID.String())
		if err != nil {
			return err
		}
		e.modeTarget = t
		return p.conflict(v, e)
	}
	switch {
	case refusal.Code == "slug_taken":
		e.Problems = append(e.Problems, e.at("/slug", refusal.Message))
	case len(refusal.Fields) > 0:
		for _, wrong := range refusal.Fields {
			e.Problems = append(e.Problems, e.at(wrong.Pointer, wrong.Detail))
		}
	default:
		e.Problems = append(e.Problems, fault.Field{Detail: refusal.Message})
	}
	return p.refuse(v, e)
}

// savedWords returns the message on a saved mode. Unless nothing changed, it offers an undo.
func (p *Pages) savedWords(v *shell.Visit, before modeTarget, saved modes.OrganizationMode) shell.Said {
	const arrives = " Editors get it at their next poll."
	seen := saved.ID.String() + ":" + strconv.FormatInt(saved.Version, 10)
	switch {
	case before.Saved != nil && before.Saved.Version == saved.Version:
		return shell.Said{Text: saved.Name + " has no changes, so nothing was saved."}
	case before.Saved != nil:
		return shell.Said{
			Text: saved.Name + " is saved as version " + strconv.FormatInt(saved.Version, 10) + "." + arrives,
			Undo: &shell.Undo{Path: v.Address("/modes/restorations"), Fields: []shell.Pair{shell.Undoing{ID: saved.ID, Version: before.Saved.Version, Seen: saved.Version}.Pair()}},
		}
	case before.Builtin != nil:
		return shell.Said{
			Text: saved.Name + " is " + v.Org.Name + "’s own now, in place of the built-in mode." + arrives,
			Undo: &shell.Undo{Path: v.Address("/modes/deletions"), Fields: []shell.Pair{{Name: "mode", Value: seen}}},
		}
	}
	return shell.Said{
		Text: saved.Name + " is created." + arrives,
		Undo: &shell.Undo{Path: v.Address("/modes/deletions"), Fields: []shell.Pair{{Name: "mode", Value: seen}}},
	}
}
