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
func (p *Pages) Save(v *shell.Request) error {
	f := shell.ReadForm(v.Ctx)
	e := modeEditor{draft: readDraft(v.UserContext(), f), BaseVersion: f.Get("seen"), Draft: shell.DraftFromForm(f)}
	t, err := p.resolveTarget(v, v.Params("mode"))
	if fault.Is(err, fault.NotFound) && e.BaseVersion != "" {
		return p.showDeleted(v, e)
	}
	if err != nil {
		return err
	}
	if t.Saved == nil && e.BaseVersion != "" {
		e.modeTarget = t
		return p.showDeleted(v, e)
	}
	e.modeTarget = t
	switch f.Get("do") {
	case "save":
	case "mine", "resume":
		e.BaseVersion = f.Get("theirs")
		if f.Get("do") == "resume" {
			p.storeAsDraft(v, &e)
			return p.showEditor(v, http.StatusOK, e)
		}
	default:
		return p.showDraft(v, e)
	}
	return p.saveDraft(v, e)
}

// saveDraft saves a draft that breaks no rule. Any other draft is shown again with its
// problems.
func (p *Pages) saveDraft(v *shell.Request, e modeEditor) error {
	if err := p.populate(v, &e); err != nil {
		return err
	}
	if len(e.Problems) > 0 {
		return p.showInvalid(v, e)
	}
	if e.IsBuiltin() && len(e.Changes()) == 0 {
		// Saving it would replace the built-in mode for everyone, and freeze it as it is today.
		if err := p.Drafts.End(v, e.Draft, e.Form); err != nil {
			return err
		}
		return v.RedirectWithFlash(v.Address("/modes/"+paths.Mode(e.Mode.Slug, "")+"/edit"), unchangedMessage(e.Mode.Name))
	}
	saved, err := p.saveMode(v, e)
	if err != nil {
		return p.handleSaveError(v, e, err)
	}
	if err := p.Drafts.End(v, e.Draft, e.Form); err != nil {
		return err
	}
	return v.RedirectWithFlash(v.Address("/modes/"+paths.Mode(saved.Slug, saved.ID.String())+"/edit"), p.savedMessage(v, e.modeTarget, saved))
}

// showDraft shows the draft again, in the requested view.
func (p *Pages) showDraft(v *shell.Request, e modeEditor) error {
	do := e.Form.Get("do")
	if v.IsHTMX() && do == "preview" {
		e.Partial = true
		if err := p.populate(v, &e); err != nil {
			return err
		}
		return v.Part("mode_edit", "mode-preview", e)
	}
	if !v.IsHTMX() { // with scripts, the page stores the draft itself
		p.storeAsDraft(v, &e)
	}
	if do == viewYAML || do == viewForm {
		e.draft, e.Note = e.inView(v.UserContext(), do)
		if e.Note != "" {
			e.SaveAttempted = true
		}
	} else {
		e.SaveAttempted = true
		e.Form.Fields.Set("touched", touchedAll)
	}
	return p.showEditor(v, http.StatusOK, e)
}

// showInvalid shows the draft with its problems.
func (p *Pages) showInvalid(v *shell.Request, e modeEditor) error {
	e.SaveAttempted = true
	e.Problems = dedupe(e.Problems)
	p.storeAsDraft(v, &e)
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
func (p *Pages) saveMode(v *shell.Request, e modeEditor) (modes.OrganizationMode, error) {
	if e.BaseVersion == "" {
		return p.DB.Modes.Create(v.UserContext(), v.By(), v.Org.ID, e.Mode)
	}
	id, version, err := shell.ParseVersionRef(e.BaseVersion)
	if err != nil {
		return modes.OrganizationMode{}, err
	}
	return p.DB.Modes.Update(v.UserContext(), v.By(), v.Org.ID, id, version,
		func(m modes.OrganizationMode) (modes.OrganizationMode, error) { m.Mode = e.Mode; return m, nil })
}

// handleSaveError answers a refused save with the conflict or the problems. It returns any
// other error.
func (p *Pages) handleSaveError(v *shell.Request, e modeEditor, err error) error {
	refusal, ok := shell.AsUserError(err)
	if !ok {
		return err
	}
	var theirs *modes.OrganizationMode
	if current, ok := refusal.Current.(modes.OrganizationMode); ok {
		theirs = &current
	}
	slugConflict := e.Builtin != nil && refusal.Kind == fault.Conflict && theirs != nil
	if refusal.Kind == fault.Stale && theirs != nil || slugConflict {
		t, err := p.resolveTarget(v, theirs.ID.String())
		if err != nil {
			return err
		}
		e.modeTarget = t
		return p.showConflict(v, e)
	}
	switch {
	case refusal.Code == "slug_taken":
		e.Problems = append(e.Problems, e.problemAt("/slug", refusal.Message))
	case len(refusal.Fields) > 0:
		for _, f := range refusal.Fields {
			e.Problems = append(e.Problems, e.problemAt(f.Pointer, f.Detail))
		}
	default:
		e.Problems = append(e.Problems, fault.Field{Detail: refusal.Message})
	}
	return p.showInvalid(v, e)
}

func unchangedMessage(name string) shell.Flash {
	return shell.Flash{Text: name + " has no changes, so nothing was saved."}
}

// savedMessage returns the message on a saved mode. Unless nothing changed, it offers an
// undo.
func (p *Pages) savedMessage(v *shell.Request, before modeTarget, saved modes.OrganizationMode) shell.Flash {
	const delivery = " Editors get it at their next poll."
	versionRef := saved.ID.String() + ":" + strconv.FormatInt(saved.Version, 10)
	switch {
	case before.Saved != nil && before.Saved.Version == saved.Version:
		return unchangedMessage(saved.Name)
	case before.Saved != nil:
		return shell.Flash{
			Text: saved.Name + " is saved as version " + strconv.FormatInt(saved.Version, 10) + "." + delivery,
			Undo: &shell.Undo{Path: v.Address("/modes/restorations"), Fields: []shell.Pair{shell.UndoField{ID: saved.ID, Version: before.Saved.Version, ExpectedVersion: saved.Version}.Pair()}},
		}
	case before.Builtin != nil:
		return shell.Flash{
			Text: saved.Name + " is " + v.Org.Name + "’s own now, in place of the built-in mode." + delivery,
			Undo: &shell.Undo{Path: v.Address("/modes/deletions"), Fields: []shell.Pair{{Name: "mode", Value: versionRef}}},
		}
	}
	return shell.Flash{
		Text: saved.Name + " is created." + delivery,
		Undo: &shell.Undo{Path: v.Address("/modes/deletions"), Fields: []shell.Pair{{Name: "mode", Value: versionRef}}},
	}
}
