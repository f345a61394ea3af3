package shell

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"orgmodes/internal/admin/pubstatus"
	"orgmodes/internal/endpoint"
)

// OverdueAfter is the publishing delay above which a page warns that something is wrong: the
// state of a PublicationLine is then "late". Publishing usually takes far less than a second.
const OverdueAfter = 5 * time.Second

// PublicationLine is the publication line of a page: it tells which part of the saved state
// has reached readers. A page that shows it follows events and reloads only the line.
//
// Durations and times in strings are formatted for display, such as "0.2 s" and "in 2 s".
type PublicationLine struct {
	// Revision is the organization's saved revision, Published the one that readers have.
	// Published is 0 if they have none.
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
	// Since is when readers got Published; nil if unknown.
	Since *time.Time
	// PublishDuration is how long after saving that was; empty if unknown.
	PublishDuration string
	// DataLost reports whether the readers' Redis has lost data.
	DataLost bool
	// PendingFor is how long publishing has been pending, and PendingReason explains the
	// delay, if the reason is known. They are set in the state late.
	PendingFor, PendingReason string
	// FailureReason explains why publishing failed, and NextAttempt is when it is retried.
	// They are set in the state failed.
	FailureReason, NextAttempt string
	// Modes is the number of modes that editors receive, built-in ones included. Bytes is the
	// size of the file modes.yaml, in which they receive them. 0 means unknown and is not
	// shown.
	Modes, Bytes int
	// OnStatusPage reports whether the line is on the publication page. On other pages, the
	// line links to it.
	OnStatusPage bool
}

// Class returns the CSS class of the line.
func (l PublicationLine) Class() string {
	switch l.State {
	case "again":
		return "pending"
	case "failed":
		return "late"
	}
	return l.State
}

// PublicationLine returns the publication line of the request's organization, from the same
// status as in the API. own becomes the line's Modes.
func (v *Request) PublicationLine(own int) (PublicationLine, error) {
	s, err := pubstatus.Get(v.UserContext(), v.shell.DB, v.Org.ID)
	if err != nil {
		return PublicationLine{}, err
	}
	return NewPublicationLine(s, own), nil
}

// NewPublicationLine returns the publication line for a status. own is the number of modes
// that editors receive, built-in ones included; 0 if unknown. It becomes the line's Modes.
func NewPublicationLine(s pubstatus.Status, own int) PublicationLine {
	l := PublicationLine{Revision: s.Revision, Published: s.PublishedRevision, ChangedAt: s.ChangedAt, Modes: own, State: "live"}
	for _, r := range s.Representations {
		if r.Name == endpoint.ModesYAML {
			l.Bytes = r.Length
		}
	}
	if s.PublishedAt != nil {
		l.Since = s.PublishedAt
		if s.SavedAt != nil {
			l.PublishDuration = formatDuration(s.PublishedAt.Sub(*s.SavedAt))
		}
	}
	if s.PendingSince == nil {
		return l
	}
	l.DataLost = s.Republishing && s.PublishedRevision < s.Revision
	switch waiting := s.At.Sub(*s.PendingSince); {
	case s.Failure != nil:
		l.State, l.FailureReason, l.NextAttempt = "failed", s.Failure.Reason, nextAttempt(s.Failure, s.At)
	case s.Republishing && (l.DataLost || waiting <= OverdueAfter):
		// It is not known when data was lost: PendingSince is the time of the oldest change
		// that Redis lacks.
		l.State = "again"
	case waiting > OverdueAfter:
		l.State, l.PendingReason = "late", s.DelayReason
		l.PendingFor = formatDuration(s.At.Sub(s.ChangedAt))
		if s.Republishing {
			l.PendingFor = formatDuration(waiting)
		}
	default:
		l.State = "pending"
	}
	return l
}

// nextAttempt returns when publishing is retried: "in 2 s".
func nextAttempt(f *pubstatus.Failure, now time.Time) string {
	if f.NextAttemptAt == nil {
		if f.Running {
			return "now"
		}
		return "every second" // by the sweep
	}
	return InSeconds(*f.NextAttemptAt, now)
}

// InSeconds formats the time at, in the near future, relative to now: "in 2 s". It returns
// "now" once at has come.
func InSeconds(at, now time.Time) string {
	if wait := math.Ceil(at.Sub(now).Seconds()); wait >= 1 {
		return "in " + strconv.Itoa(int(wait)) + "\u00a0s"
	}
	return "now"
}

// formatDuration formats a duration: "0.2 s", "34 s", "3 minutes".
func formatDuration(d time.Duration) string {
	switch {
	case d < 100*time.Millisecond:
		return "less than 0.1\u00a0s"
	case d < 9950*time.Millisecond:
		return fmt.Sprintf("%.1f\u00a0s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f\u00a0s", d.Seconds())
	case d < time.Hour:
		return Pluralize(int(d/time.Minute), "minute")
	case d < 48*time.Hour:
		return Pluralize(int(d/time.Hour), "hour")
	default:
		return Pluralize(int(d/(24*time.Hour)), "day")
	}
}
