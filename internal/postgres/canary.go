package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	ours "orgmodes/internal/canary"
	"orgmodes/internal/jobs"
	"orgmodes/internal/postgres/sqlcgen"
)

var canaryID = uuid.MustParse(ours.ID)

// TouchCanary changes the canary organization, which has no members, modes, versions or
// audit rows. The change is published like any other. Readers report the age of the last one
// that they have.
func (db *DB) TouchCanary(ctx context.Context) error {
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		revision, err := db.q.WithTx(tx).TouchCanary(ctx, sqlcgen.TouchCanaryParams{ID: canaryID, Slug: "orgmodes-canary", Name: "Canary"})
		if err != nil {
			return err
		}
		_, err = db.river.InsertTx(ctx, tx, jobs.PublishOrganization{OrganizationID: canaryID, Revision: revision}, nil)
		return err
	})
	if err != nil {
		return fmt.Errorf("touch canary: %w", err)
	}
	return nil
}
