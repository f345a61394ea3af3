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

// AdoptRevocation revokes a token that readers know to be revoked. This database doesn't
// know it because it was restored from an older backup. AdoptRevocation reports false if
// the token was already revoked.
func (db *DB) AdoptRevocation(ctx context.Context, by audit.Attribution, id uuid.UUID) (bool, error) {
	revoked := false
	err := db.withAudit(ctx, func(tx pgx.Tx, q *sqlcgen.Queries) error {
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
		before, err := encodeJSON(toToken(found, u).auditContent())
		if err != nil {
			return err
		}
		after, err := encodeJSON(toToken(row, u).auditContent())
		if err != nil {
			return err
		}
		orgs, err := q.ListTokenOrganizations(ctx, id)
		if err != nil {
			return err
		}
		for _, org := range orgs {
			e := auditEntry{organization: &org, action: audit.Revoke, subject: toToken(row, u).auditSubject(), before: before, after: after}
			if err := insertAudit(ctx, q, by, e); err != nil {
				return err
			}
		}
		_, err = db.river.InsertTx(ctx, tx, jobs.PublishToken{TokenID: id, Version: row.Version}, nil)
		return err
	})
	return revoked, err
}
