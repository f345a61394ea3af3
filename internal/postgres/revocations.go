package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/audit"
	"orgmodes/internal/jobs"
	"orgmodes/internal/postgres/sqlcgen"
)

// RevokeAsPublished revokes a token that readers know to be revoked. This database doesn't
// know it because it was restored from an older backup. RevokeAsPublished reports false if
// the token was already revoked.
func (db *DB) RevokeAsPublished(ctx context.Context, by audit.By, id uuid.UUID) (bool, error) {
	revoked := false
	err := db.inAudited(ctx, func(tx pgx.Tx, q *sqlcgen.Queries) error {
		revoked = false
		found, err := q.GetToken(ctx, id)
		if err != nil {
			return orNotFound(err, "token")
		}
		u, err := q.GetUser(ctx, found.UserID)
		if err != nil {
			return err
		}
		row, err := q.RevokeToken(ctx, id)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("revoke as published: %w", err)
		}
		revoked = true
		before, err := content(toToken(found, u).content())
		if err != nil {
			return err
		}
		after, err := content(toToken(row, u).content())
		if err != nil {
			return err
		}
		orgs, err := q.ListTokenOrganizations(ctx, id)
		if err != nil {
			return err
		}
		for _, org := range orgs {
			e := entry{organization: &org, action: audit.Revoke, subject: toToken(row, u).subject(), before: before, after: after}
			if err := insertAudit(ctx, q, by, e); err != nil {
				return err
			}
		}
		_, err = db.river.InsertTx(ctx, tx, jobs.PublishToken{TokenID: id, Version: row.Version}, nil)
		return err
	})
	return revoked, err
}
