package web

import (
	"strconv"
	"strings"

	"orgmodes/internal/fault"
)

// modesRestore undoes what the toast after a change says: it brings modes back as
// they were before it. A mode that somebody has changed since stays as they left it.
func (w *Web) modesRestore(v *visit) error {
	var names, kept []string
	fields := readForm(v.Ctx).All("mode")
	back := v.path("/modes")
	for _, field := range fields {
		u, err := undoingOf(field)
		if err != nil {
			return err
		}
		m, err := w.DB.RestoreMode(v.UserContext(), v.by(), v.org.ID, u.ID, u.Version, u.Seen)
		if refusal, ok := isMistake(err); ok {
			why, err := w.notUndone(v, u, refusal)
			if err != nil {
				return err
			}
			kept = append(kept, why)
			if len(fields) == 1 { // where both can be looked at
				back = v.path("/modes/" + u.ID.String() + "/history")
			}
			continue
		}
		if err != nil {
			return err
		}
		names = append(names, m.Name)
	}
	return v.done(back, restoredWords(names, kept))
}

// notUndone says why a change stays: somebody has changed the mode since, or
// there is another one in its place.
func (w *Web) notUndone(v *visit, u undoing, refusal *fault.Error) (string, error) {
	old, err := w.DB.ModeVersion(v.UserContext(), v.org.ID, u.ID, u.Version)
	if err != nil {
		return "", err
	}
	name := old.Object.Name
	if refusal.Kind != fault.Stale {
		return name + ": " + refusal.Message, nil
	}
	n, err := w.newer(v, u.ID.String()+":"+strconv.FormatInt(u.Seen, 10))
	if err != nil {
		return "", err
	}
	if n.Gone {
		return n.Who + " deleted " + name + " since", nil
	}
	return n.Who + " saved version " + strconv.FormatInt(n.Version, 10) + " of " + name + " since", nil
}

func restoredWords(names, kept []string) (s said) {
	switch len(names) {
	case 0:
	case 1:
		s.Text = names[0] + " is restored. Editors get it at their next poll."
	default:
		s.Text = count(len(names), "mode") + " are restored. Editors get them at their next poll."
	}
	if len(kept) > 0 {
		s.Bad = true
		s.Text = strings.TrimSpace(s.Text + " Not undone, so that nothing is lost: " + strings.Join(kept, "; ") + ".")
	}
	return s
}
