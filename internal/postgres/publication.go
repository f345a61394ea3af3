package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/organization"
	"orgmodes/internal/postgres/sqlcgen"
	"orgmodes/internal/resource"
	"orgmodes/internal/token"
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

func toPublication(r sqlcgen.Publication) (Publication, error) {
	p := Publication{Epoch: r.Epoch, Revision: r.Revision, Edition: r.Edition, PlannedAt: r.PlannedAt.UTC()}
	if err := json.Unmarshal(r.Representations, &p.Representations); err != nil {
		return p, fmt.Errorf("publication of %s: %w", r.OrganizationID, err)
	}
	return p, nil
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
