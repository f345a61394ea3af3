package web

import (
	"time"

	"orgmodes/internal/postgres"
)

// late is how long a change may be on its way before the page says that
// something is wrong: usually it takes far less than a second.
const late = 5 * time.Second

// live is the publication line: what readers have of what is saved.
type live struct {
	Revision, Published int64
	// ChangedAt is when Revision was saved; PendingSince when the oldest change that
	// readers lack was.
	ChangedAt, PendingSince time.Time
	// Waiting is for how long something is on its way, whole seconds.
	Waiting int
	// Modes and Bytes are those of what editors get merged.
	Modes, Bytes int
	// State is "live", "pending" or "late".
	State string
}

// live asks how far the publication of the visit's organization is: what the
// API's publication says too.
func (v *visit) live(own int) (live, error) {
	s, err := v.w.DB.PublicationStatus(v.UserContext(), v.org.ID)
	if err != nil {
		return live{}, err
	}
	return liveOf(s, own, v.w.now()), nil
}

func liveOf(s postgres.PublicationStatus, own int, now time.Time) live {
	l := live{Revision: s.Revision, Published: s.PublishedRevision, ChangedAt: s.ChangedAt, Modes: own, State: "live"}
	for _, r := range s.Representations {
		if r.Name == "modes.yaml" {
			l.Bytes = r.Length
		}
	}
	if s.PendingSince == nil {
		return l
	}
	l.State, l.PendingSince = "pending", *s.PendingSince
	if waiting := now.Sub(l.PendingSince); waiting > late {
		l.State, l.Waiting = "late", int(waiting/time.Second)
	}
	return l
}

// modesLive is the line alone, for pages that show it and wait.
func (w *Web) modesLive(v *visit) error {
	l, err := v.live(v.QueryInt("modes"))
	if err != nil {
		return err
	}
	return v.part("modes", "live", l)
}
