package modes

import (
	"net/http"
	"strconv"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/modes"
)

// modeConflict describes a change that someone else has saved first. The draft stays as it
// is until its author decides.
type modeConflict struct {
	// Author is the author of the change, Version the version that it made, and
	// ChangeSummary a sentence on what it changed.
	Author, Version, ChangeSummary string
	// Theirs is their version, as id:version; empty if they deleted the mode.
	Theirs string
	// Compared shows both versions side by side.
	Compared shell.Comparison
	// ModeDeleted is true if the mode was deleted, or reverted to the built-in one.
	ModeDeleted bool
}

// showConflict shows both versions. e's target is the version that someone else saved.
func (p *Pages) showConflict(v *shell.Request, e modeEditor) error {
	theirs := e.Saved
	c := &modeConflict{
		Author: e.SavedBy, Version: "version " + strconv.FormatInt(theirs.Version, 10), Theirs: e.modeTarget.CurrentVersion(),
	}
	c.Compared = compareModes("Where the two differ", theirs.Mode, e.Mode, false, v.DiffBudget()).WithSideNames("Theirs, "+c.Version, "Yours")
	c.Compared.Split = true
	before := modes.Mode{}
	if e.Builtin != nil {
		before = *e.Builtin
	}
	if id, version, err := shell.ParseVersionRef(e.BaseVersion); err == nil {
		parsed, err := shell.ParseID(id)
		if err != nil {
			return err
		}
		old, err := p.DB.Modes.Version(v.UserContext(), v.Org.ID, parsed, version)
		if err != nil {
			return err
		}
		before = old.Object.Mode
	}
	c.ChangeSummary = describeChanges(modes.Diff(before, theirs.Mode))
	e.Conflict = c
	p.storeAsDraft(v, &e)
	return p.showEditor(v, http.StatusConflict, e)
}

// showDeleted shows a draft whose mode was deleted, or got another slug, since the draft
// was begun. A deleted mode can be created again.
func (p *Pages) showDeleted(v *shell.Request, e modeEditor) error {
	id, _, err := shell.ParseVersionRef(e.BaseVersion)
	if err != nil {
		return err
	}
	parsed, err := shell.ParseID(id)
	if err != nil {
		return err
	}
	versions, err := p.DB.Modes.Versions(v.UserContext(), v.Org.ID, parsed, 0, 1)
	if err != nil {
		return err
	}
	newest := versions[0]
	do := e.Form.Get("do")
	saves := do == "save" || do == "mine" || do == "resume"
	if newest.Action != "delete" { // it has another slug now
		if e.modeTarget, err = p.resolveTarget(v, id); err != nil {
			return err
		}
		if !saves { // a preview from a page that doesn't know of the change yet
			return p.showDraft(v, e)
		}
		return p.showConflict(v, e)
	}
	if e.Path == "" {
		e.Path = v.Address("/modes/new")
	}
	if !saves {
		return p.showDraft(v, e)
	}
	e.Conflict = &modeConflict{Author: newest.Actor.Name, ModeDeleted: true}
	e.BaseVersion = ""
	p.storeAsDraft(v, &e)
	return p.showEditor(v, http.StatusConflict, e)
}
