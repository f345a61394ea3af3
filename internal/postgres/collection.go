package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/audit"
	"orgmodes/internal/diff"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres/sqlcgen"
	"orgmodes/internal/resource"
)

// Collection gives access to the objects of one kind as values of type T. All changes
// go through DB.Apply.
type Collection[T any] struct {
	db   *DB
	kind *kind
	// fromObject converts an object to a T, and toObject converts it back.
	fromObject func(resource.Object) T
	toObject   func(T) resource.Object
}

// Names returns the names of the kind.
func (s *Collection[T]) Names() resource.Names { return s.kind.Names() }

// Diff returns the changes from the content of one object to that of another; see
// resource.Diff.
func (s *Collection[T]) Diff(before, after resource.Object) []diff.Change {
	return resource.Diff(s.kind, before, after)
}

// SameName reports whether two names count as the same one, so that a library can't have
// both.
func (s *Collection[T]) SameName(a, b string) bool { return s.kind.NameKey(a) == s.kind.NameKey(b) }

// List lists an organization's objects in their order.
func (s *Collection[T]) List(ctx context.Context, org uuid.UUID) ([]T, error) {
	return s.list(ctx, s.db.q, org)
}

func (s *Collection[T]) list(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID) ([]T, error) {
	all, err := s.kind.list(ctx, q, org)
	if err != nil {
		return nil, err
	}
	return s.fromObjects(all), nil
}

// ListWithRevision lists objects as List does, with the revision that they belong to.
func (s *Collection[T]) ListWithRevision(ctx context.Context, org uuid.UUID) (all []T, revision int64, err error) {
	err = pgx.BeginTxFunc(ctx, s.db.pool, snapshotRead, func(tx pgx.Tx) error {
		q := s.db.q.WithTx(tx)
		row, err := q.GetOrganization(ctx, org)
		if err != nil {
			return orNotFound(err, "organization")
		}
		revision = row.Revision
		all, err = s.list(ctx, q, org)
		return err
	})
	return all, revision, err
}

// Count counts an organization's objects.
func (s *Collection[T]) Count(ctx context.Context, org uuid.UUID) (int, error) {
	objects, _, err := s.kind.measure(ctx, s.db.q, org)
	return objects, err
}

// Get returns an object by its id or its name. A ref in the form of an id is taken as an id.
func (s *Collection[T]) Get(ctx context.Context, org uuid.UUID, ref string) (T, error) {
	o, err := s.kind.get(ctx, s.db.q, org, ref)
	if err != nil {
		var none T
		return none, err
	}
	return s.fromObject(o), nil
}

// Create adds an object without labels, after the others if the kind has an order.
func (s *Collection[T]) Create(ctx context.Context, by audit.Attribution, org uuid.UUID, spec resource.Spec) (T, error) {
	return s.Add(ctx, by, org, resource.Object{Spec: spec})
}

// Add adds an object with the spec and the labels of o.
func (s *Collection[T]) Add(ctx context.Context, by audit.Attribution, org uuid.UUID, o resource.Object) (T, error) {
	return s.applyOne(ctx, by, org, resource.Op{Verb: resource.Create, New: o})
}

// Update changes an object with edit, which receives the current one. expected is the
// version that the caller expects, 0 for any. A caller that lost a race gets a Stale fault
// with the current T.
func (s *Collection[T]) Update(ctx context.Context, by audit.Attribution, org uuid.UUID, ref string, expected int64, edit func(T) (T, error)) (T, error) {
	return s.applyOne(ctx, by, org, resource.Op{
		Verb: resource.Update, Ref: ref, ExpectedVersion: expected,
		Edit: func(now resource.Object) (resource.Object, error) {
			t, err := edit(s.fromObject(now))
			return s.toObject(t), err
		},
	})
}

// Delete deletes an object that nothing refers to; its history remains. expected is as for
// Update.
func (s *Collection[T]) Delete(ctx context.Context, by audit.Attribution, org uuid.UUID, ref string, expected int64) (T, error) {
	return s.applyOne(ctx, by, org, resource.Op{Verb: resource.Delete, Ref: ref, ExpectedVersion: expected})
}

// Restore makes an older version of an object the current one. A deleted object returns
// under its id. expected is as for Update; for a deleted object it is the version of the
// deletion.
func (s *Collection[T]) Restore(ctx context.Context, by audit.Attribution, org, id uuid.UUID, version, expected int64) (T, error) {
	return s.applyOne(ctx, by, org, resource.Op{Verb: resource.Restore, Ref: id.String(), Version: version, ExpectedVersion: expected})
}

// applyOne applies a single operation.
func (s *Collection[T]) applyOne(ctx context.Context, by audit.Attribution, org uuid.UUID, op resource.Op) (T, error) {
	var none T
	op.Kind = s.Names().Singular
	result, err := s.db.Apply(ctx, by, org, []resource.Op{op}, resource.Options{})
	if err != nil {
		return none, s.withTypedCurrent(err)
	}
	return s.fromObject(result.Outcomes[0].Object), nil
}

// VersionRef identifies an object and the version of it that the caller expects.
type VersionRef struct {
	ID      uuid.UUID
	Version int64
}

// DeleteBatch deletes several objects in one change, all of them or none, each only at the
// version that the caller expects. It returns the deleted objects, and the organization's
// revision after the change.
//
// All failures are reported in one fault. Each has a field with a pointer, such as
// "/deletions/3", and the object's name. Current holds the failed objects that still exist,
// as they are now.
func (s *Collection[T]) DeleteBatch(ctx context.Context, by audit.Attribution, org uuid.UUID, refs []VersionRef) (deleted []T, revision int64, err error) {
	ops := make([]resource.Op, len(refs))
	for i, o := range refs {
		ops[i] = resource.Op{Verb: resource.Delete, Ref: o.ID.String(), ExpectedVersion: o.Version}
	}
	return s.applyBatch(ctx, by, org, ops, "deletions", "Nothing was deleted: either all %d are deleted or none")
}

// Restoration identifies an object and the version of it to restore.
type Restoration struct {
	ID      uuid.UUID
	Version int64
	// ExpectedVersion is the newest version that the caller expects, 0 for any. For a
	// deleted object it is the version of the deletion.
	ExpectedVersion int64
}

// RestoreBatch makes older versions of several objects the current ones in one change, all of
// them or none. Deleted objects return under their ids. Failures are reported as by
// DeleteBatch, with pointers such as "/restorations/3".
func (s *Collection[T]) RestoreBatch(ctx context.Context, by audit.Attribution, org uuid.UUID, restorations []Restoration) (restored []T, revision int64, err error) {
	ops := make([]resource.Op, len(restorations))
	for i, r := range restorations {
		ops[i] = resource.Op{Verb: resource.Restore, Ref: r.ID.String(), Version: r.Version, ExpectedVersion: r.ExpectedVersion}
	}
	return s.applyBatch(ctx, by, org, ops, "restorations", "Nothing was restored: either all %d are restored or none")
}

// applyBatch applies the operations of one list of a request. refusal is the format of the
// message that none was applied; its argument is their number.
func (s *Collection[T]) applyBatch(ctx context.Context, by audit.Attribution, org uuid.UUID, ops []resource.Op, list, refusal string) ([]T, int64, error) {
	for i := range ops {
		ops[i].Kind = s.Names().Singular
	}
	result, err := s.db.Apply(ctx, by, org, ops, resource.Options{Batch: true})
	if err != nil {
		return nil, result.Revision, s.combineErrors(err, list, fmt.Sprintf(refusal, len(ops)))
	}
	all := make([]T, len(result.Outcomes))
	for i, o := range result.Outcomes {
		all[i] = s.fromObject(o.Object)
	}
	return all, result.Revision, nil
}

// DeletedBy lists the restorations that undo the deletions of one revision.
func (s *Collection[T]) DeletedBy(ctx context.Context, org uuid.UUID, revision int64) ([]Restoration, error) {
	rows, err := s.db.q.ListDeletedBy(ctx, sqlcgen.ListDeletedByParams{OrganizationID: org, SubjectKind: string(s.kind.subjectKind()), Revision: revision})
	if err != nil {
		return nil, fmt.Errorf("list deleted by revision: %w", err)
	}
	out := make([]Restoration, len(rows))
	for i, r := range rows {
		out[i] = Restoration{ID: r.SubjectID, Version: r.Version, ExpectedVersion: r.Version}
	}
	return out, nil
}

func (s *Collection[T]) fromObjects(all []resource.Object) []T {
	return resource.MapObjects(all, s.fromObject)
}

// withTypedCurrent converts the current object of a fault to a T.
func (s *Collection[T]) withTypedCurrent(err error) error {
	if f, ok := fault.As(err); ok {
		if o, ok := f.Current.(resource.Object); ok {
			f.Current = s.fromObject(o)
		}
	}
	return err
}

// combineErrors merges the failures of several operations into one. Its kind is Stale if any of
// them is, else that of the first. Its pointers are positions in list.
func (s *Collection[T]) combineErrors(err error, list, message string) error {
	var failed resource.OpErrors
	if !errors.As(err, &failed) {
		return err
	}
	var all fault.Error
	var current []T
	for i, opErr := range failed {
		f, _ := fault.As(opErr.Err)
		if i == 0 {
			all = *f
			all.Message, all.Fields = message, nil
		}
		if f.Kind == fault.Stale {
			all.Kind, all.Code = f.Kind, f.Code
		}
		if o, ok := f.Current.(resource.Object); ok {
			current = append(current, s.fromObject(o))
		}
		detail := f.Message
		if f.Kind == fault.Invalid {
			detail = f.Error() // with the invalid fields
		}
		all.Fields = append(all.Fields, fault.Field{Pointer: fmt.Sprintf("/%s/%d", list, opErr.Index), Detail: detail})
	}
	all.Current = current
	return &all
}
