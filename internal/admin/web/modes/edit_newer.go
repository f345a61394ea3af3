package modes

import (
	"strconv"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/audit"
	"orgmodes/internal/modes"
)

// modeNewer is the notice that a mode was saved or deleted since a draft of it was begun.
// It appears before the author runs into a conflict, and leaves the draft untouched.
type modeNewer struct {
	// Part is the address of the notice, with the version that the draft began from.
	Part string
	// Who is the author of the newest version. Changed is a sentence on how that differs
	// from the version that the draft began from.
	Who, Changed string
	Version      int64
	// Gone is true if the mode was deleted, Reverted if that restored the built-in one.
	Gone, Reverted bool
	// Look is the address at which both versions are compared, or of the history if the
	// mode was deleted.
	Look string
}

// ShowNewer answers with the notice alone, for a page that shows the draft.
func (p *Pages) ShowNewer(v *shell.Visit) error {
	n, err := p.newer(v, v.Query("seen"))
	if err != nil {
		return err
	}
	return v.Part("mode_edit", "mode-newer", n)
}

// newer returns what happened to a mode since the version seen, given as id:version.
func (p *Pages) newer(v *shell.Visit, seen string) (n modeNewer, err error) {
	ref, version, err := shell.VersionOf(seen)
	if err != nil {
		return n, err
	}
	id, err := shell.ParseID(ref)
	if err != nil {
		return n, err
	}
	n.Part = v.Address("/modes/" + ref + "/newer?seen=" + seen)
	versions, err := p.DB.Modes.Versions(v.UserContext(), v.Org.ID, id, 0, 1)
	if err != nil {
		return n, err
	}
	newest := versions[0]
	if newest.Version.Version <= version {
		return n, nil
	}
	n.Version = newest.Version.Version
	n.Gone = newest.Action == audit.Delete
	n.Reverted = n.Gone && p.isBuiltin(newest.Object.Slug)
	n.Look = v.Address("/modes/" + ref + "/history?from=" + strconv.FormatInt(version, 10) + "#compared")
	if newest.Actor.ID == v.Visitor.UserID.String() {
		n.Who = "You"
	} else {
		who, err := v.People()
		if err != nil {
			return n, err
		}
		if n.Who, err = who.Name(newest.Actor.ID); err != nil {
			return n, err
		}
	}
	if n.Gone {
		n.Look = v.Address("/modes/" + ref + "/history")
		return n, nil
	}
	old, err := p.DB.Modes.Version(v.UserContext(), v.Org.ID, id, version)
	if err != nil {
		return n, err
	}
	n.Changed = changeSentence(modes.Diff(old.Object.Mode, newest.Object.Mode))
	return n, nil
}
