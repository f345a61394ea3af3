package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/jobs"
	"orgmodes/internal/postgres/sqlcgen"
)

// Publishable describes an organization's unpublished state.
type Publishable struct {
	// Pending is false if everything is published.
	Pending bool
	// Held is true if another publication of the organization is under way. That one learns
	// of this request: its EndLease reports it.
	Held bool
	// Bytes is the approximate length of the texts to render, of the kinds that changed. It
	// is computed only if the publication can begin.
	Bytes int64
}

// PublicationRequest holds the options of RequestPublication.
type PublicationRequest struct {
	// Force ignores a publication that is under way.
	Force bool
	// Whole counts the whole library, not only the kinds that changed.
	Whole bool
	// Dependencies lists the kinds to read in order to render the changes.
	Dependencies []Dependency
}

// Dependency is a kind of object that is read because of a change.
type Dependency struct {
	// Change is the kind of the changed object, as in the audit log.
	Change string
	// Kind is the kind that is read.
	Kind string
	// RenamedOnly restricts it to changes of names.
	RenamedOnly bool
}

// RequestPublication returns the unpublished state of an organization, or NotFound if there is no
// such organization.
func (db *DB) RequestPublication(ctx context.Context, org uuid.UUID, a PublicationRequest) (Publishable, error) {
	params := sqlcgen.AskToPublishParams{ID: org, Force: a.Force, Whole: a.Whole, NameFields: db.nameFields()}
	for _, r := range a.Dependencies {
		params.Changes, params.Reads = append(params.Changes, r.Change), append(params.Reads, r.Kind)
		params.RenamedOnly = append(params.RenamedOnly, r.RenamedOnly)
	}
	row, err := db.q.AskToPublish(ctx, params)
	if err != nil {
		return Publishable{}, orNotFound(err, "organization")
	}
	return Publishable(row), nil
}

// PublicationLease is the right to publish an organization, for one publication.
type PublicationLease struct {
	Organization uuid.UUID
	// Holder is a new id for each publication: a worker can have two of the same
	// organization, of which only one is allowed to be active.
	Holder uuid.UUID
	// JobID is the River job that the publication belongs to, 0 for none.
	JobID int64
	// Duration is how long the lease lasts from its last renewal.
	Duration time.Duration
	// Force takes the lease over from another holder.
	Force bool
}

// TakeLease takes the lease, and reports false if another publication holds it. At its end,
// that one learns that the organization has to be published again.
func (db *DB) TakeLease(ctx context.Context, l PublicationLease) (bool, error) {
	p := sqlcgen.TakePublicationLeaseParams{
		OrganizationID: l.Organization, Holder: l.Holder, LeaseSeconds: l.Duration.Seconds(), Force: l.Force,
	}
	if l.JobID != 0 {
		p.JobID = &l.JobID
	}
	taken, err := db.q.TakePublicationLease(ctx, p)
	if err != nil {
		return false, fmt.Errorf("take publication lease: %w", err)
	}
	return taken, nil
}

// RenewLease extends the lease. It reports false if the lease was lost, because it expired
// or was taken over.
func (db *DB) RenewLease(ctx context.Context, l PublicationLease) (bool, error) {
	n, err := db.q.RenewPublicationLease(ctx, sqlcgen.RenewPublicationLeaseParams{
		OrganizationID: l.Organization, Holder: l.Holder, LeaseSeconds: l.Duration.Seconds(),
	})
	if err != nil {
		return false, fmt.Errorf("renew publication lease: %w", err)
	}
	return n == 1, nil
}

// EndLease releases the lease. It reports whether a publication of the organization was
// requested since the lease was taken, so that it has to be published again. A lease that
// was lost is left to its new holder.
func (db *DB) EndLease(ctx context.Context, l PublicationLease) (again bool, err error) {
	again, err = db.q.EndPublicationLease(ctx, sqlcgen.EndPublicationLeaseParams{OrganizationID: l.Organization, Holder: l.Holder})
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return false, fmt.Errorf("end publication lease: %w", err)
	}
	return again, nil
}

// requeueJobs makes the jobs of workers that are gone available again. River itself never
// does, because their time is not limited. The lease is the sign of life. A job that has no
// lease yet waits for capacity, and it does no harm if another worker takes it.
const requeueJobs = `
update river_job j
set state = 'available', scheduled_at = now(), max_attempts = greatest(j.max_attempts, j.attempt + 1)
where j.state = 'running' and j.kind = $1
  and j.attempted_at <= now() - make_interval(secs => $2)
  and not exists (select from publication_leases l where l.job_id = j.id)`

// RequeueExpired deletes the expired leases and returns their jobs to the queue. It also
// returns jobs without a lease that a worker took longer than after ago. It reports how many
// leases there were.
func (db *DB) RequeueExpired(ctx context.Context, after time.Duration) (expired int, err error) {
	err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		rows, err := db.q.WithTx(tx).DeleteExpiredPublicationLeases(ctx)
		if err != nil {
			return err
		}
		expired = len(rows)
		_, err = tx.Exec(ctx, requeueJobs, jobs.PublishOrganization{}.Kind(), after.Seconds())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("return expired publications: %w", err)
	}
	return expired, nil
}
