package modes

import (
	"strconv"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/audit"
	"orgmodes/internal/modes"
)

// modeNewer says that somebody has saved or deleted a mode since a draft of it was
// begun, before its author runs into that. It touches nothing of the draft.
type modeNewer struct {
	// Part is where this is asked for, with the version that the draft began from.
	Part string
	// Who has done it, and what; Changed is in a sentence what is other than in the
	// version that was begun from.
	Who, Changed string
	Version      int64
	// Gone says that it was deleted, Reverted that the built-in mode is back.
	Gone, Reverted bool
	// Look is where both versions can be compared.
	Look string
}

// ShowNewer is that note alone, for the page on which the draft is.
func (p *Pages) ShowNewer(v *shell.Visit) error {
	n, err := p.newer(v, v.Query("seen"))
	if err != nil {
		return err
	}
	return v.Part("mode_edit", "mode-newer", n)
}

// newer finds out what happened to a mode since a version of it, id:version.
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
