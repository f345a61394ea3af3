package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/fault"
	"orgmodes/internal/jobs"
)

// PublicationStatus describes how far an organization's publication is.
type PublicationStatus struct {
	// Revision is the saved revision, PublishedRevision the one that readers have.
	Revision, PublishedRevision int64
	// ChangedAt is when the change with Revision was made.
	ChangedAt time.Time
	// PendingSince is when the oldest unpublished change was made; nil if everything is
	// published.
	PendingSince *time.Time
	// PublishedAt is when readers got PublishedRevision; nil if that wasn't recorded.
	PublishedAt *time.Time
	// SavedAt is when the change with PublishedRevision was made. It is nil if that isn't
	// known, or readers had that revision before and it was lost since.
	SavedAt *time.Time
	// Republishing reports whether readers already had Revision, so that a pending publication only
	// repeats it.
	Republishing bool
	// At is when the status was read. It and the times above are by the database's clock.
	At time.Time
	// Publication is the last planned publication; zero if there is none yet.
	Publication
}

// PublicationStatus returns how far an organization's publication is.
func (db *DB) PublicationStatus(ctx context.Context, org uuid.UUID) (PublicationStatus, error) {
	row, err := db.q.GetPublicationStatus(ctx, org)
	if err != nil {
		return PublicationStatus{}, orNotFound(err, "organization")
	}
	p, err := db.Publication(ctx, org)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return PublicationStatus{}, err
	}
	s := PublicationStatus{
		PublishedRevision: row.PublishedRevision, ChangedAt: row.ChangedAt.UTC(), PendingSince: row.PendingSince, At: row.At.UTC(),
		Republishing: row.PublishedRevision == row.Revision || row.LiveRevision >= row.Revision,
		Publication:  p,
	}
	if row.LiveRevision == row.PublishedRevision {
		s.PublishedAt, s.SavedAt = utcOrNil(row.LiveAt), utcOrNil(row.LiveSavedAt)
	}
	s.Revision = row.Revision
	return s, nil
}

func utcOrNil(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

// Republish enqueues another publication of an organization, whatever was published. An
// operator uses it when in doubt about the state that readers have.
func (db *DB) Republish(ctx context.Context, org uuid.UUID) error {
	return pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		revision, err := db.q.WithTx(tx).MarkOrganizationPending(ctx, org)
		if err != nil {
			return orNotFound(err, "organization")
		}
		_, err = db.river.InsertTx(ctx, tx, jobs.PublishOrganization{OrganizationID: org, Revision: revision}, nil)
		return err
	})
}

// publicationPoll is how often WaitPublished polls.
const publicationPoll = 20 * time.Millisecond

// WaitPublished returns once everything in an organization is published, or with ctx's error
// once ctx is done.
func (db *DB) WaitPublished(ctx context.Context, org uuid.UUID) error {
	tick := time.NewTicker(publicationPoll)
	defer tick.Stop()
	for {
		row, err := db.q.GetOrganization(ctx, org)
		if err != nil {
			return fmt.Errorf("wait for publication: %w", orNotFound(err, "organization"))
		}
		if row.PendingSince == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
