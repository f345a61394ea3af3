package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres/sqlcgen"
)

// Installation identifies the state of Redis that belongs to this database.
type Installation struct {
	// Epoch is raised by an operator after a restore of this database.
	Epoch int64 `json:"epoch"`
	// Incarnation is raised whenever Redis turns out not to be the one that was
	// filled.
	Incarnation int64 `json:"incarnation"`
}

// Installation returns the current Installation.
func (db *DB) Installation(ctx context.Context) (Installation, error) {
	row, err := db.q.GetInstallation(ctx)
	if err != nil {
		return Installation{}, fmt.Errorf("installation: %w", err)
	}
	return Installation{Epoch: row.Epoch, Incarnation: row.Incarnation}, nil
}

// RaiseIncarnation begins another filling of Redis. Data that was written under an older
// incarnation no longer counts as published. The new incarnation is above both the current
// one and found, the one in Redis.
func (db *DB) RaiseIncarnation(ctx context.Context, found int64) (Installation, error) {
	row, err := db.q.RaiseIncarnation(ctx, found)
	if err != nil {
		return Installation{}, fmt.Errorf("raise incarnation: %w", err)
	}
	return Installation{Epoch: row.Epoch, Incarnation: row.Incarnation}, nil
}

// RaiseEpoch makes everything published from now on newer than anything published before,
// whatever its revision. An operator raises the epoch after restoring this database from a
// backup. The epoch must be above both this database's and the one found in Redis.
func (db *DB) RaiseEpoch(ctx context.Context, by audit.Attribution, epoch int64) (Installation, error) {
	var out Installation
	err := db.withAudit(ctx, func(_ pgx.Tx, q *sqlcgen.Queries) error {
		was, err := q.LockInstallation(ctx)
		if err != nil {
			return fmt.Errorf("raise epoch: %w", err)
		}
		row, err := q.RaiseEpoch(ctx, epoch)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.New(fault.Conflict, "epoch_not_above", "The epoch is %d already: the new one must be above it", was.Epoch)
		}
		if err != nil {
			return fmt.Errorf("raise epoch: %w", err)
		}
		out = Installation{Epoch: row.Epoch, Incarnation: row.Incarnation}
		before, err := encodeJSON(Installation{Epoch: was.Epoch, Incarnation: was.Incarnation})
		if err != nil {
			return err
		}
		after, err := encodeJSON(out)
		if err != nil {
			return err
		}
		return insertAudit(ctx, q, by, auditEntry{
			action: audit.Raise, subject: audit.Subject{Kind: audit.Installation, ID: "epoch", Name: "epoch"},
			before: before, after: after,
		})
	})
	return out, err
}

// ErrSuperseded means that an edition newer than the worker's has been raised. The worker
// must not publish.
var ErrSuperseded = errors.New("postgres: a newer edition has been raised")

// ClaimEdition returns the edition of a renderer with a set of built-in modes. An unknown
// combination becomes the newest edition, and everything has to be published again. A
// superseded one gets ErrSuperseded, so that the workers of an older release pause while a
// newer one is rolled out.
func (db *DB) ClaimEdition(ctx context.Context, renderer int, builtinsHash string) (int64, error) {
	var number int64
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		q := db.q.WithTx(tx)
		// The installation's row is the lock: two new workers must not both raise an
		// edition.
		if _, err := q.LockInstallation(ctx); err != nil {
			return err
		}
		latest, err := q.LatestEdition(ctx)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if err == nil && int(latest.Renderer) == renderer && latest.BuiltinsSha256 == builtinsHash {
			number = latest.Number
			return nil
		}
		known, err := q.EditionExists(ctx, sqlcgen.EditionExistsParams{Renderer: int32(renderer), BuiltinsSha256: builtinsHash})
		if err != nil {
			return err
		}
		if known || int(latest.Renderer) > renderer {
			return ErrSuperseded
		}
		number, err = q.InsertEdition(ctx, sqlcgen.InsertEditionParams{Renderer: int32(renderer), BuiltinsSha256: builtinsHash})
		if err != nil {
			return err
		}
		_, err = q.UnpublishBelowEdition(ctx, number)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("claim edition: %w", err)
	}
	return number, nil
}

// LatestEdition returns the number of the current edition, 0 if none was claimed yet.
func (db *DB) LatestEdition(ctx context.Context) (int64, error) {
	row, err := db.q.LatestEdition(ctx)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf("latest edition: %w", err)
	}
	return row.Number, nil
}

// Edition is a renderer with a set of built-in modes, as raised.
type Edition struct {
	Number   int64     `json:"number"`
	Renderer int       `json:"renderer"`
	Builtins string    `json:"builtins_sha256"`
	RaisedAt time.Time `json:"raised_at"`
}

// Editions lists the newest editions, the current one first.
func (db *DB) Editions(ctx context.Context, limit int) ([]Edition, error) {
	rows, err := db.q.ListEditions(ctx, int32(limit))
	if err != nil {
		return nil, fmt.Errorf("list editions: %w", err)
	}
	out := make([]Edition, len(rows))
	for i, r := range rows {
		out[i] = Edition{Number: r.Number, Renderer: int(r.Renderer), Builtins: r.BuiltinsSha256, RaisedAt: r.RaisedAt.UTC()}
	}
	return out, nil
}

// ReactivateEdition makes a superseded edition the newest one again, under a new number. An
// operator uses it to roll back on purpose.
func (db *DB) ReactivateEdition(ctx context.Context, by audit.Attribution, number int64) (int64, error) {
	var raised int64
	err := db.withAudit(ctx, func(_ pgx.Tx, q *sqlcgen.Queries) error {
		if _, err := q.LockInstallation(ctx); err != nil {
			return err
		}
		e, err := q.GetEdition(ctx, number)
		if err != nil {
			return orNotFound(err, "edition")
		}
		raised, err = q.InsertEdition(ctx, sqlcgen.InsertEditionParams{Renderer: e.Renderer, BuiltinsSha256: e.BuiltinsSha256})
		if err != nil {
			return err
		}
		if _, err := q.UnpublishBelowEdition(ctx, raised); err != nil {
			return err
		}
		after, err := json.Marshal(map[string]int64{"edition": raised, "as": number})
		if err != nil {
			return err
		}
		return insertAudit(ctx, q, by, auditEntry{
			action: audit.Raise, subject: audit.Subject{Kind: audit.Installation, ID: "edition", Name: "edition"}, after: after,
		})
	})
	return raised, err
}
