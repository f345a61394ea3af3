package postgres

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/postgres/sqlcgen"
	"orgmodes/internal/token"
)

// TokenRecord is the state of a token to publish.
type TokenRecord struct {
	ID            uuid.UUID
	Hash          token.Hash
	User          uuid.UUID
	Organizations []uuid.UUID
	Scopes        []string
	ExpiresAt     *time.Time
	// Revoked tokens are published as tombstones.
	Revoked bool
	Version int64
	// ChangedAt is when the change was made. For a revocation, it is the time of that. For
	// anything else, it is the time since when the token has been pending: that of the first
	// of several changes. It is zero if nothing is pending.
	ChangedAt time.Time
	// Pending reports whether this version is unpublished.
	Pending      bool
	Installation Installation
}

// TokenRecord reads a token's current state in one snapshot.
func (db *DB) TokenRecord(ctx context.Context, id uuid.UUID) (TokenRecord, error) {
	var out TokenRecord
	err := pgx.BeginTxFunc(ctx, db.pool, snapshotRead, func(tx pgx.Tx) error {
		q := db.q.WithTx(tx)
		row, err := q.GetToken(ctx, id)
		if err != nil {
			return orNotFound(err, "token")
		}
		u, err := q.GetUser(ctx, row.UserID)
		if err != nil {
			return err
		}
		inst, err := q.GetInstallation(ctx)
		if err != nil {
			return err
		}
		orgs, err := q.ListTokenOrganizations(ctx, id)
		if err != nil {
			return err
		}
		out = TokenRecord{
			ID: row.ID, Hash: token.Hash(row.Sha256), User: row.UserID, Organizations: orgs, Scopes: row.Scopes, ExpiresAt: row.ExpiresAt,
			Revoked: row.RevokedAt != nil || u.DisabledAt != nil, Version: row.Version, Pending: row.PendingSince != nil,
			Installation: Installation{Epoch: inst.Epoch, Incarnation: inst.Incarnation},
		}
		if out.Pending {
			out.ChangedAt = cmp.Or(row.RevokedAt, u.DisabledAt, row.PendingSince).UTC()
		}
		return nil
	})
	if err != nil {
		return TokenRecord{}, fmt.Errorf("token record: %w", err)
	}
	return out, nil
}

// MarkTokenPublished records that a token's record is in Redis, as MarkPublished does for
// an organization.
func (db *DB) MarkTokenPublished(ctx context.Context, id uuid.UUID, version int64, in Installation) (bool, error) {
	n, err := db.q.TokenPublished(ctx, sqlcgen.TokenPublishedParams{ID: id, Version: version, Epoch: in.Epoch, Incarnation: in.Incarnation})
	if err != nil {
		return false, fmt.Errorf("token published: %w", err)
	}
	return n == 1, nil
}

// PendingToken is a token whose current version isn't published.
type PendingToken struct {
	ID      uuid.UUID
	Version int64
}

// PendingTokens lists the tokens that have been pending for longer than longerThan, the
// longest first.
func (db *DB) PendingTokens(ctx context.Context, longerThan time.Duration, limit int) ([]PendingToken, error) {
	rows, err := db.q.PendingTokens(ctx, sqlcgen.PendingTokensParams{OlderThanSeconds: longerThan.Seconds(), RowLimit: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("pending tokens: %w", err)
	}
	out := make([]PendingToken, len(rows))
	for i, r := range rows {
		out[i] = PendingToken(r)
	}
	return out, nil
}

// TokenKey identifies a token and its version in a reconciliation.
type TokenKey struct {
	ID      uuid.UUID
	Hash    token.Hash
	Version int64
}

// ForEachToken calls fn with all tokens, including revoked ones, in pages.
func (db *DB) ForEachToken(ctx context.Context, page int, fn func([]TokenKey) error) error {
	var after uuid.UUID
	for {
		rows, err := db.q.ListTokenRecords(ctx, sqlcgen.ListTokenRecordsParams{AfterID: after, RowLimit: int32(page)})
		if err != nil {
			return fmt.Errorf("tokens: %w", err)
		}
		if len(rows) == 0 {
			return nil
		}
		out := make([]TokenKey, len(rows))
		for i, r := range rows {
			out[i] = TokenKey{ID: r.ID, Hash: token.Hash(r.Sha256), Version: r.Version}
		}
		after = rows[len(rows)-1].ID
		if err := fn(out); err != nil {
			return err
		}
	}
}

// MarkTokensUnpublished records that Redis does not have the current records of tokens.
func (db *DB) MarkTokensUnpublished(ctx context.Context, ids []uuid.UUID) error {
	if _, err := db.q.UnpublishTokens(ctx, ids); err != nil {
		return fmt.Errorf("unpublish tokens: %w", err)
	}
	return nil
}
