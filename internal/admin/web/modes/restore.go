package modes

import (
	"strconv"
	"strings"

	"github.com/google/uuid"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
)

// Restore undoes, in one change, the change that a flash message reported. It restores the
// modes that a revision deleted, or modes as they were before they were changed. If one of
// them has been changed since, all stay as they are.
func (p *Pages) Restore(v *shell.Request) error {
	restorations, err := p.undoTargets(v, shell.ReadForm(v.Ctx))
	if err != nil {
		return err
	}
	restored, _, err := p.DB.Modes.RestoreBatch(v.UserContext(), v.By(), v.Org.ID, restorations)
	if refusal, ok := shell.AsUserError(err); ok {
		return p.undoRefused(v, restorations, refusal)
	}
	if err != nil {
		return err
	}
	s := shell.Flash{Text: "There was nothing to undo."}
	switch len(restored) {
	case 0:
	case 1:
		s.Text = restored[0].Name + " is restored. Editors get it at their next poll."
	default:
		s.Text = shell.Pluralize(len(restored), "mode") + " are restored. Editors get them at their next poll."
	}
	return v.RedirectWithFlash(v.Address("/modes"), s)
}

// undoTargets reads which versions of which modes to restore.
func (p *Pages) undoTargets(v *shell.Request, f shell.Form) (restorations []postgres.Restoration, err error) {
	if revision := f.Get("revision"); revision != "" {
		n, err := strconv.ParseInt(revision, 10, 64)
		if err != nil {
			return nil, shell.MalformedForm(err)
		}
		return p.DB.Modes.DeletedBy(v.UserContext(), v.Org.ID, n)
	}
	for _, field := range f.Values("mode") {
		u, err := shell.ParseUndoField(field)
		if err != nil {
			return nil, err
		}
		restorations = append(restorations, postgres.Restoration(u))
	}
	return restorations, nil
}

// maxFlashReasons bounds the reasons in one message.
const maxFlashReasons = 3

// undoRefused reports why a change was not undone: a mode was changed since, or another one
// has taken its place.
func (p *Pages) undoRefused(v *shell.Request, restorations []postgres.Restoration, refusal *fault.Error) error {
	var reasons []string
	for i, f := range refusal.Fields {
		if i == maxFlashReasons {
			reasons = append(reasons, "and "+shell.Pluralize(len(refusal.Fields)-i, "more mode"))
			break
		}
		reason, err := p.undoReason(v, restorations, f)
		if err != nil {
			return err
		}
		reasons = append(reasons, reason)
	}
	if len(reasons) == 0 {
		reasons = append(reasons, strings.TrimSuffix(refusal.Message, "."))
	}
	back := v.Address("/modes/deleted") // where each can be restored alone
	if len(restorations) == 1 {         // where both versions can be viewed
		back = v.Address("/modes/" + restorations[0].ID.String() + "/history")
	}
	return v.RedirectWithFlash(back, shell.Flash{IsError: true, Text: "Not undone, so that nothing is lost: " + strings.Join(reasons, "; ") + "."})
}

// undoReason returns the reason for one mode, which f names by its pointer.
func (p *Pages) undoReason(v *shell.Request, restorations []postgres.Restoration, f fault.Field) (string, error) {
	i, err := strconv.Atoi(strings.TrimPrefix(f.Pointer, "/restorations/"))
	if err != nil || i >= len(restorations) {
		return f.Detail, nil //nolint:nilerr // it is about none of them
	}
	r := restorations[i]
	n, err := p.newerVersion(v, r.ID.String()+":"+strconv.FormatInt(r.ExpectedVersion, 10))
	if err != nil {
		return "", err
	}
	if n.Version == 0 {
		return f.Detail, nil
	}
	name, err := p.modeName(v, r.ID, n.Version)
	switch {
	case err != nil:
		return "", err
	case n.ModeDeleted:
		return n.Author + " deleted " + name + " since", nil
	}
	return n.Author + " saved version " + strconv.FormatInt(n.Version, 10) + " of " + name + " since", nil
}

func (p *Pages) modeName(v *shell.Request, id uuid.UUID, version int64) (string, error) {
	m, err := p.DB.Modes.Version(v.UserContext(), v.Org.ID, id, version)
	return m.Object.Name, err
}
