package postgres

import (
	"context"
	"fmt"
	"math"

	"github.com/google/uuid"

	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres/sqlcgen"
	"orgmodes/internal/resource"
)

// Version is one version of an object.
type Version[T any] struct {
	audit.Version
	Object T
}

// The versions of the kinds that have Go types.
type (
	// ModeVersion is one version of a mode.
	ModeVersion = Version[modes.OrganizationMode]
	// ModeHistoryEntry is a version of a mode with its predecessor.
	ModeHistoryEntry = HistoryEntry[modes.OrganizationMode]
)

// Versions lists the versions of an object, deleted or not, newest first. It starts below
// the version number before; 0 starts at the newest.
func (s *Collection[T]) Versions(ctx context.Context, org, id uuid.UUID, before int64, limit int) ([]Version[T], error) {
	if before == 0 {
		before = math.MaxInt64
	}
	rows, err := s.db.q.ListVersions(ctx, sqlcgen.ListVersionsParams{
		OrganizationID: org, SubjectKind: string(s.kind.subjectKind()), SubjectID: id, BeforeVersion: before, RowLimit: int32(limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list versions: %w", err)
	}
	if len(rows) == 0 && before == math.MaxInt64 {
		return nil, fault.New(fault.NotFound, "not_found", "There is no such %s", s.kind.Names().Singular)
	}
	out, names := make([]Version[T], len(rows)), s.db.referenceNames(org)
	for i, r := range rows {
		if out[i], err = s.toVersion(ctx, names, r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// HistoryEntry is a version of an object with its predecessor, which is nil for the first version.
type HistoryEntry[T any] struct {
	Version[T]
	Previous *Version[T]
}

// HistoryCursor is a position in the history: the last version on a page.
type HistoryCursor struct {
	Revision int64
	Subject  uuid.UUID
	Version  int64
}

// historyStart comes before all versions.
var historyStart = HistoryCursor{math.MaxInt64, uuid.Max, math.MaxInt64}

// History lists the versions of all objects of the kind, including deleted ones, newest
// first. It starts after a cursor; nil starts at the newest.
func (s *Collection[T]) History(ctx context.Context, org uuid.UUID, after *HistoryCursor, limit int) ([]HistoryEntry[T], error) {
	if after == nil {
		after = &historyStart
	}
	rows, err := s.db.q.ListHistory(ctx, sqlcgen.ListHistoryParams{
		OrganizationID: org, SubjectKind: string(s.kind.subjectKind()), BeforeRevision: after.Revision, BeforeSubject: after.Subject,
		BeforeVersion: after.Version, RowLimit: int32(limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list history: %w", err)
	}
	out, names := make([]HistoryEntry[T], len(rows)), s.db.referenceNames(org)
	for i, r := range rows {
		v := sqlcgen.Version{
			SubjectKind: string(s.kind.subjectKind()), SubjectID: r.SubjectID, Version: r.Version, OrganizationID: org, Revision: r.Revision,
			Action: r.Action, Content: r.Content, ActorKind: r.ActorKind, ActorID: r.ActorID, ActorName: r.ActorName, OccurredAt: r.OccurredAt,
		}
		if out[i].Version, err = s.toVersion(ctx, names, v); err != nil {
			return nil, err
		}
		if r.PreviousAction == nil {
			continue
		}
		// Of the predecessor only the action and the content are known, which is all that
		// callers need.
		previous, err := s.toVersion(ctx, names, sqlcgen.Version{
			SubjectKind: string(s.kind.subjectKind()), SubjectID: r.SubjectID, Version: r.Version - 1, OrganizationID: org,
			Action: *r.PreviousAction, Content: r.PreviousContent,
		})
		if err != nil {
			return nil, err
		}
		out[i].Previous = &previous
	}
	return out, nil
}

// VersionSummaries lists versions as Versions does, but its objects have only their names.
func (s *Collection[T]) VersionSummaries(ctx context.Context, org, id uuid.UUID, before int64, limit int) ([]Version[T], error) {
	if before == 0 {
		before = math.MaxInt64
	}
	rows, err := s.db.q.ListVersionSummaries(ctx, sqlcgen.ListVersionSummariesParams{
		OrganizationID: org, SubjectKind: string(s.kind.subjectKind()), SubjectID: id, BeforeVersion: before, RowLimit: int32(limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list summaries of versions: %w", err)
	}
	if len(rows) == 0 && before == math.MaxInt64 {
		return nil, fault.New(fault.NotFound, "not_found", "There is no such %s", s.kind.Names().Singular)
	}
	out, names := make([]Version[T], len(rows)), s.db.referenceNames(org)
	for i, r := range rows {
		if out[i], err = s.toVersion(ctx, names, sqlcgen.Version(r)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Deleted lists the objects that were deleted and not restored, newest first. It starts
// after a cursor; nil starts at the newest. The objects have only their names.
func (s *Collection[T]) Deleted(ctx context.Context, org uuid.UUID, after *HistoryCursor, limit int) ([]Version[T], error) {
	if after == nil {
		after = &historyStart
	}
	rows, err := s.db.q.ListDeleted(ctx, sqlcgen.ListDeletedParams{
		OrganizationID: org, SubjectKind: string(s.kind.subjectKind()), BeforeRevision: after.Revision, BeforeSubject: after.Subject,
		RowLimit: int32(limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list deleted: %w", err)
	}
	out, names := make([]Version[T], len(rows)), s.db.referenceNames(org)
	for i, r := range rows {
		out[i], err = s.toVersion(ctx, names, sqlcgen.Version{
			SubjectKind: string(s.kind.subjectKind()), SubjectID: r.SubjectID, Version: r.Version, OrganizationID: org, Revision: r.Revision,
			Action: string(audit.Delete), Content: r.Content, ActorKind: r.ActorKind, ActorID: r.ActorID, ActorName: r.ActorName, OccurredAt: r.OccurredAt,
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Version returns one version of an object.
func (s *Collection[T]) Version(ctx context.Context, org, id uuid.UUID, version int64) (Version[T], error) {
	v, err := s.kind.version(ctx, s.db.referenceNames(org), id, version)
	return s.versionOf(v), err
}

func (s *Collection[T]) toVersion(ctx context.Context, names *referenceNames, r sqlcgen.Version) (Version[T], error) {
	v, err := s.kind.toVersion(ctx, names, r)
	return s.versionOf(v), err
}

// versionOf returns v with its object as a T.
func (s *Collection[T]) versionOf(v Version[resource.Object]) Version[T] {
	out := Version[T]{Version: v.Version}
	if v.Object.Spec != nil {
		out.Object = s.fromObject(v.Object)
	}
	return out
}

func (k *kind) version(ctx context.Context, names *referenceNames, id uuid.UUID, version int64) (Version[resource.Object], error) {
	row, err := names.q.GetVersion(ctx, sqlcgen.GetVersionParams{
		OrganizationID: names.org, SubjectKind: string(k.subjectKind()), SubjectID: id, Version: version,
	})
	if err != nil {
		return Version[resource.Object]{}, orNotFound(err, "version")
	}
	return k.toVersion(ctx, names, row)
}

func (k *kind) toVersion(ctx context.Context, names *referenceNames, r sqlcgen.Version) (Version[resource.Object], error) {
	o, err := k.decode(ctx, names, r.SubjectID, r.Content)
	if err != nil {
		return Version[resource.Object]{}, fmt.Errorf("version %d of %s %s: %w", r.Version, k.subjectKind(), r.SubjectID, err)
	}
	return Version[resource.Object]{
		Version: audit.Version{
			Subject: audit.Subject{Kind: k.subjectKind(), ID: r.SubjectID.String(), Name: o.Spec.Title()},
			Version: r.Version, Revision: r.Revision, Action: audit.Action(r.Action), Content: r.Content,
			Actor:      audit.Actor{Kind: audit.ActorKind(r.ActorKind), ID: r.ActorID, Name: r.ActorName},
			OccurredAt: r.OccurredAt.UTC(),
		},
		Object: o,
	}, nil
}
