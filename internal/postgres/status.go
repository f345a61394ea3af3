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

// PublicationStatus says how far an organization's publication is.
type PublicationStatus struct {
	// Revision is what is saved, PublishedRevision what readers have.
	Revision, PublishedRevision int64
	// ChangedAt is when the change that Revision counts was made.
	ChangedAt time.Time
	// PendingSince is when the oldest unpublished change was made; nil where
	// everything is published.
	PendingSince *time.Time
	// PublishedAt is when readers got PublishedRevision; nil where nobody noted it.
	PublishedAt *time.Time
	// SavedAt is when the change that PublishedRevision counts was made: nil where
	// it isn't known, or readers had that revision before and it was lost since.
	SavedAt *time.Time
	// Again says that readers have had Revision already: what is pending is to
	// publish it once more.
	Again bool
	// At is when all this was so. It and the times above are the database's.
	At time.Time
	// Publication is what was last planned to be published; zero where nothing
	// was yet.
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
		Again:       row.PublishedRevision == row.Revision || row.LiveRevision >= row.Revision,
		Publication: p,
	}
	if row.LiveRevision == row.PublishedRevision {
		s.PublishedAt, s.SavedAt = utc(row.LiveAt), utc(row.LiveSavedAt)
	}
	s.Revision = row.Revision
	return s, nil
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

// PublishAgain has an organization published again, whatever was published:
// what an operator does who doesn't trust what readers have.
func (db *DB) PublishAgain(ctx context.Context, org uuid.UUID) error {
	return pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		revision, err := db.q.WithTx(tx).PendingOne(ctx, org)
		if err != nil {
			return orNotFound(err, "organization")
		}
		_, err = db.river.InsertTx(ctx, tx, jobs.PublishOrganization{OrganizationID: org, Revision: revision}, nil)
		return err
	})
}

// publicationPoll is how often WaitPublished looks.
const publicationPoll = 20 * time.Millisecond

// WaitPublished returns once nothing of an organization is unpublished, or with
// ctx's error.
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
