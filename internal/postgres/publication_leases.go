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

// Publishable is what there is to publish of an organization.
type Publishable struct {
	// Pending is false where everything is published.
	Pending bool
	// Held is true where another publication of it is under way, which has been left
	// word that the organization was asked for: it returns that from EndLease.
	Held bool
	// Bytes is about how long the texts are that are to be rendered: of the kinds that
	// changed. It is counted only where the publication can begin.
	Bytes int64
}

// Ask holds the options of AskToPublish.
type Ask struct {
	// Force ignores a publication that is under way.
	Force bool
	// Whole counts the whole library, not only the kinds that changed.
	Whole bool
	// Reads lists what is read to render what changed.
	Reads []Read
}

// Read is a kind of objects that is read because of a change.
type Read struct {
	// Change is the kind of what was changed, as the audit log has it.
	Change string
	// Kind is the kind that is read.
	Kind string
	// RenamedOnly restricts it to changes of names.
	RenamedOnly bool
}

// AskToPublish returns what there is to publish: NotFound where there is no such
// organization.
func (db *DB) AskToPublish(ctx context.Context, org uuid.UUID, a Ask) (Publishable, error) {
	params := sqlcgen.AskToPublishParams{ID: org, Force: a.Force, Whole: a.Whole, NameFields: db.nameFields()}
	for _, r := range a.Reads {
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
	// Holder is drawn for each publication: a worker can have two of the same
	// organization, of which only one may be at work.
	Holder uuid.UUID
	// JobID is the River job that it is done for, 0 for none.
	JobID int64
	// For is how long the lease lasts from its last renewal.
	For time.Duration
	// Force takes the lease over from another holder.
	Force bool
}

// TakeLease takes the lease, and reports false where another publication holds it.
// That one then learns at its end that the organization has to be published again.
func (db *DB) TakeLease(ctx context.Context, l PublicationLease) (bool, error) {
	p := sqlcgen.TakePublicationLeaseParams{
		OrganizationID: l.Organization, Holder: l.Holder, LeaseSeconds: l.For.Seconds(), Force: l.Force,
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

// RenewLease prolongs the lease, and reports false where it is lost: it expired, or
// was taken over.
func (db *DB) RenewLease(ctx context.Context, l PublicationLease) (bool, error) {
	n, err := db.q.RenewPublicationLease(ctx, sqlcgen.RenewPublicationLeaseParams{
		OrganizationID: l.Organization, Holder: l.Holder, LeaseSeconds: l.For.Seconds(),
	})
	if err != nil {
		return false, fmt.Errorf("renew publication lease: %w", err)
	}
	return n == 1, nil
}

// EndLease gives the lease back. It reports whether the organization was asked for
// since the lease was taken, and so has to be published again; a lease that was lost
// is another publication's to end.
func (db *DB) EndLease(ctx context.Context, l PublicationLease) (again bool, err error) {
	again, err = db.q.EndPublicationLease(ctx, sqlcgen.EndPublicationLeaseParams{OrganizationID: l.Organization, Holder: l.Holder})
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return false, fmt.Errorf("end publication lease: %w", err)
	}
	return again, nil
}

// returnJobs makes jobs available again whose worker is gone: River itself never
// does, as their time is not limited. The lease is the sign of life; a job that has
// none yet waits for a place, and no harm is done where another worker takes it.
const returnJobs = `
update river_job j
set state = 'available', scheduled_at = now(), max_attempts = greatest(j.max_attempts, j.attempt + 1)
where j.state = 'running' and j.kind = $1
  and j.attempted_at <= now() - make_interval(secs => $2)
  and not exists (select from publication_leases l where l.job_id = j.id)`

// ReturnExpired drops the leases whose holders show no sign of life, and returns
// their jobs, and those that a worker took longer ago than that without coming to a
// lease, to the queue. It reports how many leases there were.
func (db *DB) ReturnExpired(ctx context.Context, after time.Duration) (expired int, err error) {
	err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		rows, err := db.q.WithTx(tx).DeleteExpiredPublicationLeases(ctx)
		if err != nil {
			return err
		}
		expired = len(rows)
		_, err = tx.Exec(ctx, returnJobs, jobs.PublishOrganization{}.Kind(), after.Seconds())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("return expired publications: %w", err)
	}
	return expired, nil
}
