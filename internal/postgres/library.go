package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/organization"
	"orgmodes/internal/postgres/sqlcgen"
	"orgmodes/internal/resource"
)

// Library is the state of an organization to publish, read in one snapshot.
type Library struct {
	Organization organization.Organization
	// Deleted organizations are published as tombstones.
	Deleted bool
	// ChangedAt is when the change with Organization.Revision was made.
	ChangedAt time.Time
	// Pending reports whether anything in it is unpublished.
	Pending      bool
	Installation Installation
	// Edition is the newest edition.
	Edition int64
	// Planned is the last plan, zero if there is none. Changed lists the kinds that have
	// changed since, by their names in the audit log.
	Planned Publication
	Changed []string
	// Renamed lists the requested kinds of which an object was renamed since.
	Renamed []string
	// Objects holds the objects of the chosen kinds, by their Singular.
	Objects map[string][]resource.Object
}

// Library reads an organization's current state to publish. It returns NotFound if there is
// no such organization. If a change is pending and the organization isn't deleted, choose
// receives the rest of the state and returns the kinds whose objects to read. named lists
// the kinds that Renamed covers.
func (db *DB) Library(ctx context.Context, org uuid.UUID, named []string, choose func(Library) (kinds []string)) (Library, error) {
	var out Library
	err := pgx.BeginTxFunc(ctx, db.pool, snapshotRead, func(tx pgx.Tx) error {
		q := db.q.WithTx(tx)
		row, err := q.GetOrganization(ctx, org)
		if err != nil {
			return orNotFound(err, "organization")
		}
		inst, err := q.GetInstallation(ctx)
		if err != nil {
			return err
		}
		edition, err := q.LatestEdition(ctx)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		out = Library{
			Edition:      edition.Number,
			Organization: toOrganization(row), Deleted: row.DeletedAt != nil, ChangedAt: row.ChangedAt.UTC(),
			Pending:      row.PendingSince != nil,
			Installation: Installation{Epoch: inst.Epoch, Incarnation: inst.Incarnation},
			Objects:      map[string][]resource.Object{},
		}
		if out.Deleted || !out.Pending {
			return nil
		}
		if err := db.readPlanned(ctx, q, named, &out); err != nil {
			return err
		}
		for _, name := range choose(out) {
			k, err := db.kind(name)
			if err != nil {
				return err
			}
			if out.Objects[name], err = k.list(ctx, q, org); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Library{}, fmt.Errorf("library: %w", err)
	}
	return out, nil
}

// readPlanned reads the last plan, and which kinds changed since. Without a plan all of the
// library is new, and its history isn't searched.
func (db *DB) readPlanned(ctx context.Context, q *sqlcgen.Queries, named []string, out *Library) error {
	org := out.Organization.ID
	planned, err := q.GetPublication(ctx, org)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if out.Planned, err = toPublication(planned); err != nil {
		return err
	}
	changed, err := q.ListChangedKinds(ctx, sqlcgen.ListChangedKindsParams{
		OrganizationID: &org, Revision: out.Planned.Revision, Named: named, NameFields: db.nameFields(),
	})
	if err != nil {
		return err
	}
	for _, c := range changed {
		out.Changed = append(out.Changed, c.SubjectKind)
		if c.Renamed {
			out.Renamed = append(out.Renamed, c.SubjectKind)
		}
	}
	return nil
}

// snapshotRead reads one consistent snapshot: published state was true at one moment.
var snapshotRead = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
