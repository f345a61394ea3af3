// Package pubstatus reports the state of an organization's publication and what
// delays it, in words for admins. Pages and the API use the same.
package pubstatus

import (
	"context"
	"encoding/hex"
	"strings"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/endpoint"
	"orgmodes/internal/postgres"
	"orgmodes/internal/pubstore"
)

// Status is the state of an organization's publication.
type Status struct {
	postgres.PublicationStatus
	// Jobs are the unfinished jobs, newest first.
	Jobs []postgres.PublishJob
	// Failure explains why a pending revision isn't published; nil if nothing has failed.
	Failure *Failure
	// DelayReason explains the delay if nothing has failed; "" if the cause is unknown.
	DelayReason string
}

// Failure is a failed publication, which is retried.
type Failure struct {
	// Reason explains the failure in words. Detail is the worker's error message.
	Reason, Detail string
	FailedAt       time.Time
	// NextAttemptAt is the time of the next try. It is nil while a worker is trying, or if the
	// sweep retries it, which it does twice a second.
	NextAttemptAt *time.Time
	// Running reports whether it is being retried.
	Running bool
}

// Get returns the state of an organization's publication.
func Get(ctx context.Context, db *postgres.DB, org uuid.UUID) (Status, error) {
	now, err := db.PublicationStatus(ctx, org)
	if err != nil || now.PendingSince == nil {
		return Status{PublicationStatus: now}, err
	}
	jobs, err := db.PublishJobs(ctx, org)
	if err != nil {
		return Status{}, err
	}
	return diagnose(now, jobs), nil
}

// diagnose determines from the jobs why the newest revision isn't published.
func diagnose(now postgres.PublicationStatus, jobs []postgres.PublishJob) Status {
	s := Status{PublicationStatus: now}
	// decisive is the most recently tried job that has an outcome.
	var decisive *postgres.PublishJob
	running := false
	for _, j := range jobs {
		// A job for a revision that readers have is done, whatever its outcome.
		if j.Revision <= now.PublishedRevision && (!now.Republishing || j.Revision < now.Revision) {
			continue
		}
		s.Jobs = append(s.Jobs, j)
		running = running || j.Running()
		if (j.Error != "" || j.Snoozed()) && (decisive == nil || j.TriedAt.After(decisive.TriedAt)) {
			decisive = &j
		}
	}
	switch {
	case decisive != nil && decisive.Snoozed():
		s.DelayReason = "workers postponed it: Redis is being refilled, or publishing is halted until an operator raises the epoch"
	case decisive != nil:
		s.Failure = &Failure{Reason: Reason(decisive.Error), Detail: decisive.Error, FailedAt: decisive.FailedAt, Running: running}
	case running:
		s.DelayReason = "a worker is publishing it"
	case len(s.Jobs) > 0:
		s.DelayReason = "no worker has started it"
	}
	if s.Failure == nil || running {
		return s
	}
	for _, j := range s.Jobs {
		if j.Retrying() && (s.Failure.NextAttemptAt == nil || j.NextAt.Before(*s.Failure.NextAttemptAt)) {
			s.Failure.NextAttemptAt = &j.NextAt
		}
	}
	return s
}

// URL returns the address at which readers at base serve an organization's
// representation. It is "" if base is unknown, or the readers of this release don't
// serve it.
func URL(base string, organization uuid.UUID, name string) string {
	path := endpoint.Path(organization.String(), name)
	if base == "" || path == "" {
		return ""
	}
	return strings.TrimSuffix(base, "/") + path
}

// ETag returns the entity-tag that readers give a representation without content
// coding.
func ETag(r postgres.PublishedRepresentation) string {
	t := pubstore.Tag{Epoch: r.Epoch, Revision: r.Revision}
	if sum, err := hex.DecodeString(r.SHA256); err == nil {
		copy(t.Hash[:], sum)
	}
	return t.ETag(pubstore.Identity)
}
