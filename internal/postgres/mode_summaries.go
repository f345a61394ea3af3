package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/modes"
	"orgmodes/internal/postgres/sqlcgen"
)

// ModeSummary is an organization's mode without its configuration. Lists and links need no more
// of hundreds of modes, whose prompts are megabytes.
type ModeSummary struct {
	ID         uuid.UUID
	Slug, Name string
	Version    int64
	Position   int
	UpdatedAt  time.Time
	UpdatedBy  string
}

// ModeSummaries lists the summaries of an organization's own modes, in the order of
// publication.
func (db *DB) ModeSummaries(ctx context.Context, org uuid.UUID) ([]ModeSummary, error) {
	return listModeSummaries(ctx, db.q, org)
}

// ModeSummariesWithRevision returns the mode summaries with the revision that they belong
// to. whole holds the complete modes for which needWhole returns true.
func (db *DB) ModeSummariesWithRevision(ctx context.Context, org uuid.UUID, needWhole func(ModeSummary) bool) (all []ModeSummary, whole []modes.OrganizationMode, revision int64, err error) {
	err = pgx.BeginTxFunc(ctx, db.pool, snapshotRead, func(tx pgx.Tx) error {
		q := db.q.WithTx(tx)
		row, err := q.GetOrganization(ctx, org)
		if err != nil {
			return orNotFound(err, "organization")
		}
		revision = row.Revision
		if all, err = listModeSummaries(ctx, q, org); err != nil {
			return err
		}
		var ids []uuid.UUID
		for _, m := range all {
			if needWhole(m) {
				ids = append(ids, m.ID)
			}
		}
		if len(ids) == 0 {
			return nil
		}
		rows, err := q.ListModesByID(ctx, sqlcgen.ListModesByIDParams{OrganizationID: org, Ids: ids})
		if err != nil {
			return fmt.Errorf("list modes by id: %w", err)
		}
		objects, err := modeStore{db}.fromRows(ctx, q, org, rows)
		whole = db.Modes.fromObjects(objects)
		return err
	})
	return all, whole, revision, err
}

func listModeSummaries(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID) ([]ModeSummary, error) {
	rows, err := q.ListModeSummaries(ctx, org)
	if err != nil {
		return nil, fmt.Errorf("list summaries of modes: %w", err)
	}
	out := make([]ModeSummary, len(rows))
	for i, r := range rows {
		out[i] = ModeSummary{
			ID: r.ID, Slug: r.Slug, Name: r.Name, Version: r.Version, Position: int(r.Position), UpdatedAt: r.UpdatedAt.UTC(), UpdatedBy: r.UpdatedBy,
		}
	}
	modes.SortBy(out, func(m ModeSummary) (int, string, string) { return m.Position, m.Name, m.Slug })
	return out, nil
}
