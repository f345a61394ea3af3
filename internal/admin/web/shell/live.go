package shell

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"orgmodes/internal/admin/pubstatus"
)

// Late is the publishing delay above which a page warns that something is wrong. Publishing
// usually takes far less than a second.
const Late = 5 * time.Second

// Live is the publication line of a page: how much of the saved state readers have. A page
// that shows it follows events and reloads only the line (Part).
type Live struct {
	Revision, Published int64
	// State is one of:
	//
	//	live     readers have the saved revision
	//	again    readers had it, and it is being republished
	//	pending  it is being published
	//	late     publishing takes longer than expected
	//	failed   publishing failed and is retried
	State string
	// ChangedAt is when Revision was saved.
	ChangedAt time.Time
	// Since is when it went live, and Took how long that was after saving. They are nil and
	// empty if unknown.
	Since *time.Time
	Took  string
	// Lost reports whether the readers' Redis has lost data.
	Lost bool
	// Waiting is how long publishing has been pending, Waits what it is waiting for.
	Waiting, Waits string
	// Why is the reason of a failure, Next when publishing is retried.
	Why, Next string
	// Modes and Bytes are the number of modes that editors get merged, and their size. They
	// are not shown if zero.
	Modes, Bytes int
	// Here reports whether the page is the publication page, to which the line links.
	Here bool
}

// Class returns the CSS class of the line.
func (l Live) Class() string {
	switch l.State {
	case "again":
		return "pending"
	case "failed":
		return "late"
	}
	return l.State
}

// Live returns the publication line of the visit's organization, from the same status as in
// the API. own is the number of modes that editors get, or 0.
func (v *Visit) Live(own int) (Live, error) {
	s, err := pubstatus.Of(v.UserContext(), v.shell.DB, v.Org.ID)
	if err != nil {
		return Live{}, err
	}
	return LiveOf(s, own), nil
}

// LiveOf returns the publication line for a status. own is the number of modes that editors
// get, or 0.
func LiveOf(s pubstatus.Status, own int) Live {
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
		// It is not known when data was lost: PendingSince is the time of the oldest change
		// that Redis lacks.
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

// nextTry returns when publishing is retried: "in 2 s".
func nextTry(f *pubstatus.Failure, now time.Time) string {
	if f.NextAt == nil {
		if f.Running {
			return "now"
		}
		return "every second" // by the sweep
	}
	return InSeconds(*f.NextAt, now)
}

// InSeconds formats a time in the near future: "in 2 s", "now".
func InSeconds(at, now time.Time) string {
	if wait := math.Ceil(at.Sub(now).Seconds()); wait >= 1 {
		return "in " + strconv.Itoa(int(wait)) + "\u00a0s"
	}
	return "now"
}

// seconds formats a duration: "0.2 s", "34 s", "3 minutes".
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
