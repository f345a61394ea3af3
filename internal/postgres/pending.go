package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/postgres/sqlcgen"
	"orgmodes/internal/token"
)

// PendingOrganization is an organization with an unpublished change.
type PendingOrganization struct {
	ID       uuid.UUID
	Revision int64
}

// PendingOrganizations lists the organizations that have been pending for longer than
// longerThan, the longest first.
func (db *DB) PendingOrganizations(ctx context.Context, longerThan time.Duration, limit int) ([]PendingOrganization, error) {
	rows, err := db.q.PendingOrganizations(ctx, sqlcgen.PendingOrganizationsParams{OlderThanSeconds: longerThan.Seconds(), RowLimit: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("pending organizations: %w", err)
	}
	out := make([]PendingOrganization, len(rows))
	for i, r := range rows {
		out[i] = PendingOrganization(r)
	}
	return out, nil
}

// ForEachOrganization calls fn with all organizations, including deleted ones, in pages.
func (db *DB) ForEachOrganization(ctx context.Context, page int, fn func([]PendingOrganization) error) error {
	var after uuid.UUID
	for {
		rows, err := db.q.ListPublishedRevisions(ctx, sqlcgen.ListPublishedRevisionsParams{AfterID: after, RowLimit: int32(page)})
		if err != nil {
			return fmt.Errorf("revisions: %w", err)
		}
		if len(rows) == 0 {
			return nil
		}
		out := make([]PendingOrganization, len(rows))
		for i, r := range rows {
			out[i] = PendingOrganization(r)
		}
		after = rows[len(rows)-1].ID
		if err := fn(out); err != nil {
			return err
		}
	}
}

// Revision returns an organization's current revision, deleted or not.
func (db *DB) Revision(ctx context.Context, org uuid.UUID) (int64, error) {
	row, err := db.q.GetOrganization(ctx, org)
	if err != nil {
		return 0, orNotFound(err, "organization")
	}
	return row.Revision, nil
}

// Unpublished holds the subjects that were unpublished at one moment.
type Unpublished struct {
	// At is that moment, by the database's clock. Every change that was committed before At
	// is published, except for the subjects below.
	At           time.Time
	Installation Installation
	// Organizations and Tokens are the unpublished ones, with the time since when they are
	// pending: the oldest, up to the requested limit.
	Organizations map[uuid.UUID]time.Time
	Tokens        map[token.Hash]time.Time
	// More reports whether there were more than the limit. The oldest of all has been
	// pending since Oldest.
	More   bool
	Oldest time.Time
}

// Unpublished reads the unpublished subjects in one snapshot. Its time is now(), the start
// of the transaction, and not the time of the statement. The snapshot is taken after it, and
// so has everything that was committed before.
func (db *DB) Unpublished(ctx context.Context, limit int) (Unpublished, error) {
	var out Unpublished
	err := pgx.BeginTxFunc(ctx, db.pool, snapshotRead, func(tx pgx.Tx) error {
		q := db.q.WithTx(tx)
		inst, err := q.GetInstallationAt(ctx)
		if err != nil {
			return err
		}
		rows, err := q.ListPending(ctx, int32(limit)+1)
		if err != nil {
			return err
		}
		out = Unpublished{
			At: inst.At.UTC(), Installation: Installation{Epoch: inst.Epoch, Incarnation: inst.Incarnation},
			Organizations: map[uuid.UUID]time.Time{}, Tokens: map[token.Hash]time.Time{}, More: len(rows) > limit,
		}
		for i, r := range rows {
			if i == 0 {
				out.Oldest = r.PendingSince.UTC()
			}
			switch {
			case i == limit:
			case len(r.Sha256) == 0:
				out.Organizations[r.OrganizationID] = r.PendingSince.UTC()
			default:
				out.Tokens[token.Hash(r.Sha256)] = r.PendingSince.UTC()
			}
		}
		return nil
	})
	if err != nil {
		return Unpublished{}, fmt.Errorf("unpublished: %w", err)
	}
	return out, nil
}
