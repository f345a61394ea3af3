package modes

import (
	"strconv"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/audit"
	"orgmodes/internal/modes"
)

// newerVersion is the notice that a mode was saved or deleted since a draft of it was begun.
// It appears before the author runs into a conflict, and leaves the draft untouched.
type newerVersion struct {
	// RefreshPath is the address of the notice, with the version that the draft began from.
	RefreshPath string
	// Author is the author of the newest version. ChangeSummary is a sentence on how that
	// differs from the version that the draft began from.
	Author, ChangeSummary string
	Version               int64
	// ModeDeleted is true if the mode was deleted, Reverted if that restored the built-in
	// one.
	ModeDeleted, Reverted bool
	// ComparePath is the address at which both versions are compared, or of the history if
	// the mode was deleted.
	ComparePath string
}

// ShowNewer answers with the notice alone, for a page that shows the draft.
func (p *Pages) ShowNewer(v *shell.Request) error {
	n, err := p.newerVersion(v, v.Query("seen"))
	if err != nil {
		return err
	}
	return v.Part("mode_edit", "mode-newer", n)
}

// newerVersion returns what happened to a mode since the version base, given as id:version.
func (p *Pages) newerVersion(v *shell.Request, base string) (n newerVersion, err error) {
	ref, version, err := shell.ParseVersionRef(base)
	if err != nil {
		return n, err
	}
	id, err := shell.ParseID(ref)
	if err != nil {
		return n, err
	}
	n.RefreshPath = v.Address("/modes/" + ref + "/newer?seen=" + base)
	versions, err := p.DB.Modes.Versions(v.UserContext(), v.Org.ID, id, 0, 1)
	if err != nil {
		return n, err
	}
	newest := versions[0]
	if newest.Version.Version <= version {
		return n, nil
	}
	n.Version = newest.Version.Version
	n.ModeDeleted = newest.Action == audit.Delete
	n.Reverted = n.ModeDeleted && p.isBuiltin(newest.Object.Slug)
	n.ComparePath = v.Address("/modes/" + ref + "/history?from=" + strconv.FormatInt(version, 10) + "#compared")
	if newest.Actor.ID == v.Principal.UserID.String() {
		n.Author = "You"
	} else {
		actors, err := v.Actors()
		if err != nil {
			return n, err
		}
		if n.Author, err = actors.Name(newest.Actor.ID); err != nil {
			return n, err
		}
	}
	if n.ModeDeleted {
		n.ComparePath = v.Address("/modes/" + ref + "/history")
		return n, nil
	}
	old, err := p.DB.Modes.Version(v.UserContext(), v.Org.ID, id, version)
	if err != nil {
		return n, err
	}
	n.ChangeSummary = describeChanges(modes.Diff(old.Object.Mode, newest.Object.Mode))
	return n, nil
}
