package web

import (
	"strconv"
	"strings"

	"github.com/google/uuid"

	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
)

// modesRestore undoes what the toast after a change says, in one change: it brings
// back what a revision has deleted, or modes as they were before they were changed.
// Where somebody has changed one of them since, all stay as they are.
func (w *Web) modesRestore(v *visit) error {
	wanted, err := w.undone(v, readForm(v.Ctx))
	if err != nil {
		return err
	}
	restored, _, err := w.DB.Modes.RestoreAll(v.UserContext(), v.by(), v.org.ID, wanted)
	if refusal, ok := isMistake(err); ok {
		return w.notUndone(v, wanted, refusal)
	}
	if err != nil {
		return err
	}
	s := said{Text: "There was nothing to undo."}
	switch len(restored) {
	case 0:
	case 1:
		s.Text = restored[0].Name + " is restored. Editors get it at their next poll."
	default:
		s.Text = count(len(restored), "mode") + " are restored. Editors get them at their next poll."
	}
	return v.done(v.path("/modes"), s)
}

// undone reads what is to be brought back.
func (w *Web) undone(v *visit, f form) (wanted []postgres.Restoration, err error) {
	if revision := f.Get("revision"); revision != "" {
		n, err := strconv.ParseInt(revision, 10, 64)
		if err != nil {
			return nil, unreadable(err)
		}
		return w.DB.Modes.DeletedBy(v.UserContext(), v.org.ID, n)
	}
	for _, field := range f.All("mode") {
		u, err := undoingOf(field)
		if err != nil {
			return nil, err
		}
		wanted = append(wanted, postgres.Restoration(u))
	}
	return wanted, nil
}

// saidAtMost is how many reasons are said at once.
const saidAtMost = 3

// notUndone says why a change stays: somebody has changed a mode since, or there is
// another one in its place.
func (w *Web) notUndone(v *visit, wanted []postgres.Restoration, refusal *fault.Error) error {
	var reasons []string
	for i, f := range refusal.Fields {
		if i == saidAtMost {
			reasons = append(reasons, "and "+count(len(refusal.Fields)-i, "more mode"))
			break
		}
		why, err := w.whyNotUndone(v, wanted, f)
		if err != nil {
			return err
		}
		reasons = append(reasons, why)
	}
	if len(reasons) == 0 {
		reasons = append(reasons, strings.TrimSuffix(refusal.Message, "."))
	}
	back := v.path("/modes/deleted") // where each can be brought back alone
	if len(wanted) == 1 {            // where both can be looked at
		back = v.path("/modes/" + wanted[0].ID.String() + "/history")
	}
	return v.done(back, said{Bad: true, Text: "Not undone, so that nothing is lost: " + strings.Join(reasons, "; ") + "."})
}

// whyNotUndone is the reason of one mode, whose place a field blames.
func (w *Web) whyNotUndone(v *visit, wanted []postgres.Restoration, f fault.Field) (string, error) {
	i, err := strconv.Atoi(strings.TrimPrefix(f.Pointer, "/restorations/"))
	if err != nil || i >= len(wanted) {
		return f.Detail, nil //nolint:nilerr // it is about none of them
	}
	r := wanted[i]
	n, err := w.newer(v, r.ID.String()+":"+strconv.FormatInt(r.Seen, 10))
	if err != nil {
		return "", err
	}
	if n.Version == 0 {
		return f.Detail, nil
	}
	name, err := w.nameOf(v, r.ID, n.Version)
	switch {
	case err != nil:
		return "", err
	case n.Gone:
		return n.Who + " deleted " + name + " since", nil
	}
	return n.Who + " saved version " + strconv.FormatInt(n.Version, 10) + " of " + name + " since", nil
}

func (w *Web) nameOf(v *visit, id uuid.UUID, version int64) (string, error) {
	m, err := w.DB.Modes.Version(v.UserContext(), v.org.ID, id, version)
	return m.Object.Name, err
}
