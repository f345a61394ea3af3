package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/postgres/sqlcgen"
)

// Publication is the last planned publication of an organization.
type Publication struct {
	Epoch, Revision, Edition int64
	Representations          []PublishedRepresentation
	PlannedAt                time.Time
}

// PublishedRepresentation is one representation of a Publication, with the parts of its
// ETag.
type PublishedRepresentation struct {
	Name string `json:"name"`
	// Epoch and Revision are those at which its bytes last changed.
	Epoch    int64 `json:"epoch"`
	Revision int64 `json:"revision"`
	// SHA256 is the hash of the identity bytes in hex, and Length is their number.
	SHA256 string    `json:"sha256"`
	Length int       `json:"length"`
	Since  time.Time `json:"since"`
}

// Publication returns the last planned publication, or NotFound if there is none.
func (db *DB) Publication(ctx context.Context, org uuid.UUID) (Publication, error) {
	row, err := db.q.GetPublication(ctx, org)
	if err != nil {
		return Publication{}, orNotFound(err, "publication")
	}
	return toPublication(row)
}

// ErrNewerPlanned means that a newer state is already being published.
var ErrNewerPlanned = errors.New("postgres: a newer publication is planned")

// PlanPublication records a publication before it is written to Redis, and returns it with
// the tags to use. A representation whose bytes did not change keeps the epoch and revision
// of its tag, whatever happened to Redis. next holds the new hashes; PlanPublication sets
// the Epoch and Revision of each representation. It returns ErrNewerPlanned if a newer state
// was already planned.
func (db *DB) PlanPublication(ctx context.Context, org uuid.UUID, next Publication) (Publication, error) {
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		// Nothing between these statements takes time. A worker that is frozen here must not
		// keep others from the organization for longer than a lease lasts.
		if _, err := tx.Exec(ctx, "set local "+idleInTransaction+" = '10s'"); err != nil {
			return err
		}
		q := db.q.WithTx(tx)
		var before Publication
		row, err := q.LockPublication(ctx, org)
		switch {
		case err == nil:
			if before, err = toPublication(row); err != nil {
				return err
			}
		case !errors.Is(err, pgx.ErrNoRows):
			return err
		}
		next.CarryTags(before)
		enc, err := json.Marshal(next.Representations)
		if err != nil {
			return err
		}
		n, err := q.UpsertPublication(ctx, sqlcgen.UpsertPublicationParams{
			OrganizationID: org, Epoch: next.Epoch, Revision: next.Revision, Edition: next.Edition, Representations: enc,
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNewerPlanned
		}
		return nil
	})
	if err != nil {
		return Publication{}, fmt.Errorf("plan publication: %w", err)
	}
	return next, nil
}

// CarryTags gives each representation its previous tag, if its bytes are those planned before
// under the same epoch. Tags of an older epoch are never used again: after a restore the
// same number may mean other bytes.
func (p *Publication) CarryTags(before Publication) {
	previous := make(map[string]PublishedRepresentation, len(before.Representations))
	if before.Epoch == p.Epoch {
		for _, r := range before.Representations {
			previous[r.Name] = r
		}
	}
	for i := range p.Representations {
		r := &p.Representations[i]
		if old, ok := previous[r.Name]; ok && old.SHA256 == r.SHA256 {
			*r = old
			continue
		}
		r.Epoch, r.Revision = p.Epoch, p.Revision
	}
}

// MarkPublished records that a state is in Redis, under the incarnation that the script
// returned. It reports false if Redis has been replaced since: the state is then not
// published.
func (db *DB) MarkPublished(ctx context.Context, org uuid.UUID, epoch, revision, edition, incarnation int64) (bool, error) {
	n, err := db.q.OrganizationPublished(ctx, sqlcgen.OrganizationPublishedParams{
		ID: org, Epoch: epoch, Revision: revision, Edition: edition, Incarnation: incarnation,
	})
	if err != nil {
		return false, fmt.Errorf("published: %w", err)
	}
	return n == 1, nil
}

// MarkUnpublished records that Redis has an older revision than was recorded as published, or none
// (0). The organization is then pending since the first change that Redis does not have.
func (db *DB) MarkUnpublished(ctx context.Context, org uuid.UUID, found int64) error {
	_, err := db.q.UnpublishOrganization(ctx, sqlcgen.UnpublishOrganizationParams{ID: org, FoundRevision: found})
	if err != nil {
		return fmt.Errorf("unpublish: %w", err)
	}
	return nil
}

func toPublication(r sqlcgen.Publication) (Publication, error) {
	p := Publication{Epoch: r.Epoch, Revision: r.Revision, Edition: r.Edition, PlannedAt: r.PlannedAt.UTC()}
	if err := json.Unmarshal(r.Representations, &p.Representations); err != nil {
		return p, fmt.Errorf("publication of %s: %w", r.OrganizationID, err)
	}
	return p, nil
}
