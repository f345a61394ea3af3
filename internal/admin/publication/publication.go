// Package publication knows how far an organization's publication is, and what is
// in its way in words that an admin understands: the same for pages and the API.
package publication

import (
	"context"
	"encoding/hex"
	"strings"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/endpoint"
	"orgmodes/internal/postgres"
	"orgmodes/internal/snapshot"
)

// Status is how far publication is.
type Status struct {
	postgres.PublicationStatus
	// Jobs are those that aren't done, newest first.
	Jobs []postgres.PublishJob
	// Failure is why what is pending isn't published; nil where nothing has failed.
	Failure *Failure
	// Waits says what it waits for where nothing has failed, "" where that isn't
	// known.
	Waits string
}

// Failure is a publication that failed, and is tried again.
type Failure struct {
	// Reason is what went wrong in words, Detail what the worker said.
	Reason, Detail string
	FailedAt       time.Time
	// NextAt is when it is tried again; nil where a worker is at it, or the sweep
	// is, which tries twice a second.
	NextAt *time.Time
	// Running says that it is being tried.
	Running bool
}

// Of asks how far an organization's publication is.
func Of(ctx context.Context, db *postgres.DB, org uuid.UUID) (Status, error) {
	now, err := db.PublicationStatus(ctx, org)
	if err != nil || now.PendingSince == nil {
		return Status{PublicationStatus: now}, err
	}
	jobs, err := db.PublishJobs(ctx, org)
	if err != nil {
		return Status{}, err
	}
	return judge(now, jobs), nil
}

// judge finds among the jobs what keeps the newest revision from being published.
func judge(now postgres.PublicationStatus, jobs []postgres.PublishJob) Status {
	s := Status{PublicationStatus: now}
	// told is the job that was tried last of those that came to something.
	var told *postgres.PublishJob
	running := false
	for _, j := range jobs {
		// A job for what readers have already is done, whatever befell it.
		if j.Revision <= now.PublishedRevision && (!now.Again || j.Revision < now.Revision) {
			continue
		}
		s.Jobs = append(s.Jobs, j)
		running = running || j.Running()
		if (j.Error != "" || j.PutOff()) && (told == nil || j.TriedAt.After(told.TriedAt)) {
			told = &j
		}
	}
	switch {
	case told != nil && told.PutOff():
		s.Waits = "workers put it off: Redis is being filled again, or publishing is halted until an operator raises the epoch"
	case told != nil:
		s.Failure = &Failure{Reason: Reason(told.Error), Detail: told.Error, FailedAt: told.FailedAt, Running: running}
	case running:
		s.Waits = "a worker is at it"
	case len(s.Jobs) > 0:
		s.Waits = "no worker has taken it up"
	}
	if s.Failure == nil || running {
		return s
	}
	for _, j := range s.Jobs {
		if j.Waits() && (s.Failure.NextAt == nil || j.NextAt.Before(*s.Failure.NextAt)) {
			s.Failure.NextAt = &j.NextAt
		}
	}
	return s
}

// URL returns the address at which readers at base serve an organization's
// representation; "" if base isn't known, or the readers of this release don't
// serve it.
func URL(base string, organization uuid.UUID, name string) string {
	path := endpoint.Path(organization.String(), name)
	if base == "" || path == "" {
		return ""
	}
	return strings.TrimSuffix(base, "/") + path
}

// ETag is the entity-tag that readers give a representation, uncoded.
func ETag(r postgres.PublishedRepresentation) string {
	t := snapshot.Tag{Epoch: r.Epoch, Revision: r.Revision}
	if sum, err := hex.DecodeString(r.SHA256); err == nil {
		copy(t.Hash[:], sum)
	}
	return t.ETag(snapshot.Identity)
}
