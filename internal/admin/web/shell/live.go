package shell

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"orgmodes/internal/admin/publication"
)

// Late is how long a change may be on its way before the page says that
// something is wrong: usually it takes far less than a second.
const Late = 5 * time.Second

// Live is the publication line: what readers have of what is saved. A page that
// shows it follows what happens, and asks for the line alone (Part).
type Live struct {
	Revision, Published int64
	// State is what there is to say:
	//
	//	live     readers have what is saved
	//	again    they have had it, and it is being published once more
	//	pending  it is on its way
	//	late     it has been for longer than that should take
	//	failed   publishing failed, and is tried again
	State string
	// ChangedAt is when Revision was saved.
	ChangedAt time.Time
	// Since is when it went live, and Took how long after saving; nil and empty
	// where that isn't known.
	Since *time.Time
	Took  string
	// Lost says that readers' Redis has lost what it had.
	Lost bool
	// Waiting is for how long something is on its way, Waits what for.
	Waiting, Waits string
	// Why is what failed, Next when it is tried again.
	Why, Next string
	// Modes and Bytes are those of what editors get merged; zero where they are not
	// to be said.
	Modes, Bytes int
	// Here says that the page is the one on publication, to which the line leads.
	Here bool
}

// Class is how the line looks.
func (l Live) Class() string {
	switch l.State {
	case "again":
		return "pending"
	case "failed":
		return "late"
	}
	return l.State
}

// Live asks how far the publication of the visit's organization is: what the
// API's publication says too. own is how many modes editors get, or 0.
func (v *Visit) Live(own int) (Live, error) {
	s, err := publication.Of(v.UserContext(), v.shell.DB, v.Org.ID)
	if err != nil {
		return Live{}, err
	}
	return LiveOf(s, own), nil
}

// LiveOf is the line on a publication; own is how many modes editors get, or 0.
func LiveOf(s publication.Status, own int) Live {
	l := Live{Revision: s.Revision, Published: s.PublishedRevision, ChangedAt: s.ChangedAt, Modes: own, State: "live"}
	for _, r := range s.Representations {
		if r.Name == "modes.yaml" {
			l.Bytes = r.Length
		}
	}
	if s.PublishedAt != nil {
		l.Since = s.PublishedAt
		if s.SavedAt != nil {
			l.Took = seconds(s.PublishedAt.Sub(*s.SavedAt))
		}
	}
	if s.PendingSince == nil {
		return l
	}
	l.Lost = s.Again && s.PublishedRevision < s.Revision
	switch waiting := s.At.Sub(*s.PendingSince); {
	case s.Failure != nil:
		l.State, l.Why, l.Next = "failed", s.Failure.Reason, nextTry(s.Failure, s.At)
	case s.Again && (l.Lost || waiting <= Late):
		// Since when is not known of what was lost: pending counts from the oldest
		// change that Redis lacks.
		l.State = "again"
	case waiting > Late:
		l.State, l.Waits = "late", s.Waits
		l.Waiting = seconds(s.At.Sub(s.ChangedAt))
		if s.Again {
			l.Waiting = seconds(waiting)
		}
	default:
		l.State = "pending"
	}
	return l
}

// nextTry is when publishing is tried again: "in 2 s".
func nextTry(f *publication.Failure, now time.Time) string {
	if f.NextAt == nil {
		if f.Running {
			return "now"
		}
		return "every second" // by the sweep
	}
	return InSeconds(*f.NextAt, now)
}

// InSeconds is when something comes that is near: "in 2 s", "now".
func InSeconds(at, now time.Time) string {
	if wait := math.Ceil(at.Sub(now).Seconds()); wait >= 1 {
		return "in " + strconv.Itoa(int(wait)) + "\u00a0s"
	}
	return "now"
}

// seconds is a duration as a line says it: "0.2 s", "34 s", "3 minutes".
func seconds(d time.Duration) string {
	switch {
	case d < 100*time.Millisecond:
		return "less than 0.1\u00a0s"
	case d < 9950*time.Millisecond:
		return fmt.Sprintf("%.1f\u00a0s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f\u00a0s", d.Seconds())
	case d < time.Hour:
		return Count(int(d/time.Minute), "minute")
	case d < 48*time.Hour:
		return Count(int(d/time.Hour), "hour")
	default:
		return Count(int(d/(24*time.Hour)), "day")
	}
}
