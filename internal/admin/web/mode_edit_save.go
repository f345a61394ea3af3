package web

import (
	"net/http"
	"strconv"

	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
)

// modeSave takes the form of a mode. Its button says what becomes of the draft:
//
//	save      saves it
//	preview   says what there is to say about it; with htmx, only that
//	yaml form shows it in the other view
//	mine      saves it over the version that came in between
//	resume    goes on with it, against that version
func (w *Web) modeSave(v *visit) error {
	f := readForm(v.Ctx)
	e := modeEditor{draft: readDraft(v.UserContext(), f), Seen: f.Get("seen")}
	t, err := w.modeTarget(v, v.Params("mode"))
	if fault.Is(err, fault.NotFound) && e.Seen != "" {
		return w.gone(v, e)
	}
	if err != nil {
		return err
	}
	if t.Saved == nil && e.Seen != "" {
		e.modeTarget = t
		return w.gone(v, e)
	}
	e.modeTarget = t
	switch f.Get("do") {
	case "save":
	case "mine", "resume":
		e.Seen = f.Get("theirs")
		if f.Get("do") == "resume" {
			return w.showEditor(v, http.StatusOK, e)
		}
	default:
		return w.showDraft(v, e)
	}
	return w.saveDraft(v, e)
}

// saveDraft saves a draft by all rules, or shows it again with what is against
// that.
func (w *Web) saveDraft(v *visit, e modeEditor) error {
	if err := w.complete(v, &e); err != nil {
		return err
	}
	if len(e.Problems) > 0 {
		return w.refuse(v, e)
	}
	saved, err := w.saveMode(v, e)
	if err != nil {
		return w.notSaved(v, e, err)
	}
	return v.done(v.path("/modes/"+modeRef(saved.Slug, saved.ID.String())+"/edit"), w.savedWords(v, e.modeTarget, saved))
}

// showDraft shows the draft again, in the view that is asked for.
func (w *Web) showDraft(v *visit, e modeEditor) error {
	do := e.Form.Get("do")
	if v.hx() && do == "preview" {
		e.Part = true
		if err := w.complete(v, &e); err != nil {
			return err
		}
		return v.part("mode_edit", "mode-preview", e)
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
	return w.showEditor(v, http.StatusOK, e)
}

// refuse shows the draft with what is wrong with it.
func (w *Web) refuse(v *visit, e modeEditor) error {
	e.Tried = true
	e.Problems = dedupe(e.Problems)
	e.Form.Fields.Set("touched", touchedAll)
	return w.showEditor(v, http.StatusUnprocessableEntity, e)
}

// dedupe drops what is said twice.
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

// saveMode writes the draft, in the place of the version that it began from.
func (w *Web) saveMode(v *visit, e modeEditor) (modes.OrganizationMode, error) {
	if e.Seen == "" {
		return w.DB.Modes.Create(v.UserContext(), v.by(), v.org.ID, e.Mode)
	}
	id, version, err := versionOf(e.Seen)
	if err != nil {
		return modes.OrganizationMode{}, err
	}
	return w.DB.Modes.Update(v.UserContext(), v.by(), v.org.ID, id, version,
		func(m modes.OrganizationMode) (modes.OrganizationMode, error) { m.Mode = e.Mode; return m, nil })
}

// notSaved answers where saving was refused: with the conflict, or with what is
// wrong.
func (w *Web) notSaved(v *visit, e modeEditor, err error) error {
	refusal, ok := isMistake(err)
	if !ok {
		return err
	}
	var theirs *modes.OrganizationMode
	if current, ok := refusal.Current.(modes.OrganizationMode); ok {
		theirs = &current
	}
	inTheWay := e.Builtin != nil && refusal.Kind == fault.Conflict && theirs != nil
	if refusal.Kind == fault.Stale && theirs != nil || inTheWay {
		t, err := w.modeTarget(v, theirs.ID.String())
		if err != nil {
			return err
		}
		e.modeTarget = t
		return w.conflict(v, e)
	}
	switch {
	case refusal.Code == "slug_taken":
		e.Problems = append(e.Problems, e.at("/slug", refusal.Message))
	case len(refusal.Fields) > 0:
		for _, p := range refusal.Fields {
			e.Problems = append(e.Problems, e.at(p.Pointer, p.Detail))
		}
	default:
		e.Problems = append(e.Problems, fault.Field{Detail: refusal.Message})
	}
	return w.refuse(v, e)
}

// savedWords says what was done, with the way back.
func (w *Web) savedWords(v *visit, before modeTarget, saved modes.OrganizationMode) said {
	const arrives = " Editors get it at their next poll."
	seen := saved.ID.String() + ":" + strconv.FormatInt(saved.Version, 10)
	switch {
	case before.Saved != nil && before.Saved.Version == saved.Version:
		return said{Text: saved.Name + " is as it was: nothing was changed, so nothing was saved."}
	case before.Saved != nil:
		return said{
			Text: saved.Name + " is saved as version " + strconv.FormatInt(saved.Version, 10) + "." + arrives,
			Undo: &undo{Path: v.path("/modes/restorations"), Fields: []pair{undoing{saved.ID, before.Saved.Version, saved.Version}.pair()}},
		}
	case before.Builtin != nil:
		return said{
			Text: saved.Name + " is " + v.org.Name + "’s own now, in place of the built-in mode." + arrives,
			Undo: &undo{Path: v.path("/modes/deletions"), Fields: []pair{{"mode", seen}}},
		}
	}
	return said{
		Text: saved.Name + " is created." + arrives,
		Undo: &undo{Path: v.path("/modes/deletions"), Fields: []pair{{"mode", seen}}},
	}
}
