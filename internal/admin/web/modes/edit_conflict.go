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
	// Who is the author of the change, What the version that it made, and Changed a sentence
	// on what it changed.
	Who, What, Changed string
	// Theirs is their version, as id:version; empty if they deleted the mode.
	Theirs string
	// Compared shows both versions side by side.
	Compared shell.Comparison
	// Gone is true if the mode was deleted, or reverted to the built-in one.
	Gone bool
}

// conflict shows both versions. e's target is the version that someone else saved.
func (p *Pages) conflict(v *shell.Visit, e modeEditor) error {
	theirs := e.Saved
	c := &modeConflict{
		Who: e.By, What: "version " + strconv.FormatInt(theirs.Version, 10), Theirs: e.modeTarget.Seen(),
	}
	c.Compared = comparisonOfModes("Where the two differ", theirs.Mode, e.Mode, false, v.Budget()).Between("Theirs, "+c.What, "Yours")
	c.Compared.Split = true
	before := modes.Mode{}
	if e.Builtin != nil {
		before = *e.Builtin
	}
	if id, version, err := shell.VersionOf(e.Seen); err == nil {
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
	c.Changed = changeSentence(modes.Diff(before, theirs.Mode))
	e.Conflict = c
	p.keep(v, &e)
	return p.showEditor(v, http.StatusConflict, e)
}

// gone shows a draft whose mode was deleted, or got another slug, since the draft was begun.
// A deleted mode can be created again.
func (p *Pages) gone(v *shell.Visit, e modeEditor) error {
	id, _, err := shell.VersionOf(e.Seen)
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
		if e.modeTarget, err = p.modeTarget(v, id); err != nil {
			return err
		}
		if !saves { // a preview from a page that doesn't know of the change yet
			return p.showDraft(v, e)
		}
		return p.conflict(v, e)
	}
	if e.Path == "" {
		e.Path = v.Address("/modes/new")
	}
	if !saves {
		return p.showDraft(v, e)
	}
	e.Conflict = &modeConflict{Who: newest.Actor.Name, Gone: true}
	e.Seen = ""
	p.keep(v, &e)
	return p.showEditor(v, http.StatusConflict, e)
}
