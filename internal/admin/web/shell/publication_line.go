package shell

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"orgmodes/internal/admin/pubstatus"
	"orgmodes/internal/endpoint"
)

// OverdueAfter is how long a change can be unpublished before pages warn that something is
// wrong: the State of a PublicationLine is then "late". Publishing usually takes far less
// than a second.
const OverdueAfter = 5 * time.Second

// PublicationLine is the data of the publication line, for the template "publication-line".
// It is a line on a page about the newest saved revision of the library: whether readers
// have it, and if not, why. Scripts reload the line when its state changes.
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
	//	late     it has been unpublished for longer than OverdueAfter
	//	failed   publishing failed and is retried
	State string
	// ChangedAt is when Revision was saved.
	ChangedAt time.Time
	// Since is when readers got the revision Published; nil if unknown.
	Since *time.Time
	// PublishDuration is the time from saving the revision Published until Since, such as
	// "0.2 s"; empty if unknown.
	PublishDuration string
	// DataLost reports whether Revision is being republished because Redis, from which
	// readers serve it, has lost it.
	DataLost bool
	// PendingFor is how long Revision has been waiting to be published, such as "34 s".
	// PendingReason explains the delay; it is empty if the reason is unknown. Both are set
	// only in the state late.
	PendingFor, PendingReason string
	// FailureReason explains why publishing failed. NextAttempt is when it is retried: "in
	// 2 s", "now" or "every second". Both are set only in the state failed.
	FailureReason, NextAttempt string
	// Modes is the number of modes that editors receive, built-in ones included. Bytes is the
	// size of the published file modes.yaml in bytes. 0 means unknown and is not shown.
	Modes, Bytes int
	// OnStatusPage reports whether the line is on the page "Publication". On other pages, the
	// line links to that page. The page sets it; it is false after NewPublicationLine.
	OnStatusPage bool
}

// Class returns the CSS class of the line: "live", "pending" or "late". The states again and
// failed look like pending and late.
func (l PublicationLine) Class() string {
	switch l.State {
	case "again":
		return "pending"
	case "failed":
		return "late"
	}
	return l.State
}

// PublicationLine reads the publication status of the request's organization from the
// database, and returns NewPublicationLine of it and modeCount.
func (v *Request) PublicationLine(modeCount int) (PublicationLine, error) {
	s, err := pubstatus.Get(v.UserContext(), v.shell.DB, v.Org.ID)
	if err != nil {
		return PublicationLine{}, err
	}
	return NewPublicationLine(s, modeCount), nil
}

// NewPublicationLine returns the publication line for the status s. modeCount becomes its
// Modes: the number of modes that editors receive, built-in ones included, or 0 if unknown.
func NewPublicationLine(s pubstatus.Status, modeCount int) PublicationLine {
	l := PublicationLine{Revision: s.Revision, Published: s.PublishedRevision, ChangedAt: s.ChangedAt, Modes: modeCount, State: "live"}
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

// InSeconds formats the duration from now until the time at in seconds, rounded up: "in 2 s".
// It returns "now" if at is not after now.
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
