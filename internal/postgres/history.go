package postgres

import (
	"context"
	"fmt"
	"math"

	"github.com/google/uuid"

	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres/sqlcgen"
)

// Version is one version of an object.
type Version[T any] struct {
	audit.Version
	Object T
}

// Versions lists the versions of an object, deleted or not, newest first: those
// below the version number before (0: from the newest).
func (n *noun[T]) Versions(ctx context.Context, db *DB, org, id uuid.UUID, before int64, limit int) ([]Version[T], error) {
	if before == 0 {
		before = math.MaxInt64
	}
	rows, err := db.q.ListVersions(ctx, sqlcgen.ListVersionsParams{
		OrganizationID: org, SubjectKind: string(n.kind), SubjectID: id, BeforeVersion: before, RowLimit: int32(limit), //nolint:gosec // a page's size
	})
	if err != nil {
		return nil, fmt.Errorf("list versions: %w", err)
	}
	if len(rows) == 0 && before == math.MaxInt64 {
		return nil, fault.New(fault.NotFound, "not_found", "There is no such %s", n.kind)
	}
	out, names := make([]Version[T], len(rows)), &templateNames{q: db.q, org: org}
	for i, r := range rows {
		if out[i], err = n.toVersion(ctx, names, r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Step is a version of an object with the one that it followed, which is nil for
// the first.
type Step[T any] struct {
	Version[T]
	Previous *Version[T]
}

// Place is where a page of the history ends: the last version on it.
type Place struct {
	Revision int64
	Subject  uuid.UUID
	Version  int64
}

// newest is before all versions.
var newest = Place{math.MaxInt64, uuid.Max, math.MaxInt64}

// History lists the versions of all objects of the kind, deleted ones too, newest
// first: those that come after a place (nil: from the newest).
func (n *noun[T]) History(ctx context.Context, db *DB, org uuid.UUID, after *Place, limit int) ([]Step[T], error) {
	if after == nil {
		after = &newest
	}
	rows, err := db.q.ListHistory(ctx, sqlcgen.ListHistoryParams{
		OrganizationID: org, SubjectKind: string(n.kind), BeforeRevision: after.Revision, BeforeSubject: after.Subject,
		BeforeVersion: after.Version, RowLimit: int32(limit), //nolint:gosec // a page's size
	})
	if err != nil {
		return nil, fmt.Errorf("list history: %w", err)
	}
	out, names := make([]Step[T], len(rows)), &templateNames{q: db.q, org: org}
	for i, r := range rows {
		v := sqlcgen.Version{
			SubjectKind: string(n.kind), SubjectID: r.SubjectID, Version: r.Version, OrganizationID: org, Revision: r.Revision,
			Action: r.Action, Content: r.Content, ActorKind: r.ActorKind, ActorID: r.ActorID, ActorName: r.ActorName, OccurredAt: r.OccurredAt,
		}
		if out[i].Version, err = n.toVersion(ctx, names, v); err != nil {
			return nil, err
		}
		if r.PreviousAction == nil {
			continue
		}
		// Only what it was is known of the one before, which is all that is asked.
		previous, err := n.toVersion(ctx, names, sqlcgen.Version{
			SubjectKind: string(n.kind), SubjectID: r.SubjectID, Version: r.Version - 1, OrganizationID: org,
			Action: *r.PreviousAction, Content: r.PreviousContent,
		})
		if err != nil {
			return nil, err
		}
		out[i].Previous = &previous
	}
	return out, nil
}

// VersionHeads is Versions for lists: of the objects it has only names.
func (n *noun[T]) VersionHeads(ctx context.Context, db *DB, org, id uuid.UUID, before int64, limit int) ([]Version[T], error) {
	if before == 0 {
		before = math.MaxInt64
	}
	rows, err := db.q.ListVersionHeads(ctx, sqlcgen.ListVersionHeadsParams{
		OrganizationID: org, SubjectKind: string(n.kind), SubjectID: id, BeforeVersion: before, RowLimit: int32(limit), //nolint:gosec // a page's size
	})
	if err != nil {
		return nil, fmt.Errorf("list heads of versions: %w", err)
	}
	if len(rows) == 0 && before == math.MaxInt64 {
		return nil, fault.New(fault.NotFound, "not_found", "There is no such %s", n.kind)
	}
	out, names := make([]Version[T], len(rows)), &templateNames{q: db.q, org: org}
	for i, r := range rows {
		if out[i], err = n.toVersion(ctx, names, sqlcgen.Version(r)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Deleted lists what was deleted and not restored, newest first: what comes after a
// place (nil: from the newest). Of the objects it has only names.
func (n *noun[T]) Deleted(ctx context.Context, db *DB, org uuid.UUID, after *Place, limit int) ([]Version[T], error) {
	if after == nil {
		after = &newest
	}
	rows, err := db.q.ListDeleted(ctx, sqlcgen.ListDeletedParams{
		OrganizationID: org, SubjectKind: string(n.kind), BeforeRevision: after.Revision, BeforeSubject: after.Subject,
		RowLimit: int32(limit), //nolint:gosec // a page's size
	})
	if err != nil {
		return nil, fmt.Errorf("list deleted: %w", err)
	}
	out, names := make([]Version[T], len(rows)), &templateNames{q: db.q, org: org}
	for i, r := range rows {
		out[i], err = n.toVersion(ctx, names, sqlcgen.Version{
			SubjectKind: string(n.kind), SubjectID: r.SubjectID, Version: r.Version, OrganizationID: org, Revision: r.Revision,
			Action: string(audit.Delete), Content: r.Content, ActorKind: r.ActorKind, ActorID: r.ActorID, ActorName: r.ActorName, OccurredAt: r.OccurredAt,
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (n *noun[T]) version(ctx context.Context, q *sqlcgen.Queries, org, id uuid.UUID, version int64) (Version[T], error) {
	row, err := q.GetVersion(ctx, sqlcgen.GetVersionParams{
		OrganizationID: org, SubjectKind: string(n.kind), SubjectID: id, Version: version,
	})
	if err != nil {
		return Version[T]{}, orNotFound(err, "version")
	}
	return n.toVersion(ctx, &templateNames{q: q, org: org}, row)
}

func (n *noun[T]) toVersion(ctx context.Context, names *templateNames, r sqlcgen.Version) (Version[T], error) {
	t, err := n.read(ctx, names, r.SubjectID, r.Content)
	if err != nil {
		return Version[T]{}, fmt.Errorf("version %d of %s %s: %w", r.Version, n.kind, r.SubjectID, err)
	}
	_, _, name := n.of(t)
	return Version[T]{
		Version: audit.Version{
			Subject: audit.Subject{Kind: n.kind, ID: r.SubjectID.String(), Name: name},
			Version: r.Version, Revision: r.Revision, Action: audit.Action(r.Action), Content: r.Content,
			Actor:      audit.Actor{Kind: audit.ActorKind(r.ActorKind), ID: r.ActorID, Name: r.ActorName},
			OccurredAt: r.OccurredAt.UTC(),
		},
		Object: t,
	}, nil
}
