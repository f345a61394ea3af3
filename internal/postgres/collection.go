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
	// of converts an object to a T, and object converts it back.
	of     func(resource.Object) T
	object func(T) resource.Object
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
	return s.read(ctx, s.db.q, org)
}

func (s *Collection[T]) read(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID) ([]T, error) {
	all, err := s.kind.list(ctx, q, org)
	if err != nil {
		return nil, err
	}
	return s.each(all), nil
}

// At lists objects as List does, with the revision that they belong to.
func (s *Collection[T]) At(ctx context.Context, org uuid.UUID) (all []T, revision int64, err error) {
	err = pgx.BeginTxFunc(ctx, s.db.pool, snapshotRead, func(tx pgx.Tx) error {
		q := s.db.q.WithTx(tx)
		row, err := q.GetOrganization(ctx, org)
		if err != nil {
			return orNotFound(err, "organization")
		}
		revision = row.Revision
		all, err = s.read(ctx, q, org)
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
	return s.of(o), nil
}

// Create adds an object without labels, after the others if the kind has an order.
func (s *Collection[T]) Create(ctx context.Context, by audit.By, org uuid.UUID, spec resource.Spec) (T, error) {
	return s.Add(ctx, by, org, resource.Object{Spec: spec})
}

// Add adds an object with the spec and the labels of o.
func (s *Collection[T]) Add(ctx context.Context, by audit.By, org uuid.UUID, o resource.Object) (T, error) {
	return s.one(ctx, by, org, resource.Op{Verb: resource.Create, New: o})
}

// Update changes an object with edit, which receives the current one. seen is the version
// that the caller expects, 0 for any. A caller that lost a race gets a Stale fault with the
// current T.
func (s *Collection[T]) Update(ctx context.Context, by audit.By, org uuid.UUID, ref string, seen int64, edit func(T) (T, error)) (T, error) {
	return s.one(ctx, by, org, resource.Op{
		Verb: resource.Update, Ref: ref, Seen: seen,
		Edit: func(now resource.Object) (resource.Object, error) {
			t, err := edit(s.of(now))
			return s.object(t), err
		},
	})
}

// Delete deletes an object that nothing refers to; its history remains. seen is as for
// Update.
func (s *Collection[T]) Delete(ctx context.Context, by audit.By, org uuid.UUID, ref string, seen int64) (T, error) {
	return s.one(ctx, by, org, resource.Op{Verb: resource.Delete, Ref: ref, Seen: seen})
}

// Restore makes an older version of an object the current one. A deleted object returns
// under its id. seen is as for Update; for a deleted object it is the version of the
// deletion.
func (s *Collection[T]) Restore(ctx context.Context, by audit.By, org, id uuid.UUID, version, seen int64) (T, error) {
	return s.one(ctx, by, org, resource.Op{Verb: resource.Restore, Ref: id.String(), Version: version, Seen: seen})
}

// one applies a single operation.
func (s *Collection[T]) one(ctx context.Context, by audit.By, org uuid.UUID, op resource.Op) (T, error) {
	var none T
	op.Kind = s.Names().Singular
	result, err := s.db.Apply(ctx, by, org, []resource.Op{op}, resource.Options{})
	if err != nil {
		return none, s.typed(err)
	}
	return s.of(result.Outcomes[0].Object), nil
}

// Seen identifies an object and the version of it that the caller expects.
type Seen struct {
	ID      uuid.UUID
	Version int64
}

// DeleteAll deletes several objects in one change, all of them or none, each only at the
// version that the caller expects. It returns the deleted objects, and the organization's
// revision after the change.
//
// All failures are reported in one fault. Each has a field with a pointer, such as
// "/deletions/3", and the object's name. Current holds the failed objects that still exist,
// as they are now.
func (s *Collection[T]) DeleteAll(ctx context.Context, by audit.By, org uuid.UUID, seen []Seen) (deleted []T, revision int64, err error) {
	ops := make([]resource.Op, len(seen))
	for i, o := range seen {
		ops[i] = resource.Op{Verb: resource.Delete, Ref: o.ID.String(), Seen: o.Version}
	}
	return s.several(ctx, by, org, ops, "deletions", "Nothing was deleted: either all %d are deleted or none")
}

// Restoration identifies an object and the version of it to restore.
type Restoration struct {
	ID      uuid.UUID
	Version int64
	// Seen is the newest version that the caller expects, 0 for any. For a deleted object it
	// is the version of the deletion.
	Seen int64
}

// RestoreAll makes older versions of several objects the current ones in one change, all of
// them or none. Deleted objects return under their ids. Failures are reported as by
// DeleteAll, with pointers such as "/restorations/3".
func (s *Collection[T]) RestoreAll(ctx context.Context, by audit.By, org uuid.UUID, wanted []Restoration) (restored []T, revision int64, err error) {
	ops := make([]resource.Op, len(wanted))
	for i, r := range wanted {
		ops[i] = resource.Op{Verb: resource.Restore, Ref: r.ID.String(), Version: r.Version, Seen: r.Seen}
	}
	return s.several(ctx, by, org, ops, "restorations", "Nothing was restored: either all %d are restored or none")
}

// several applies the operations of one list of a request. refusal is the format of the
// message that none was applied; its argument is their number.
func (s *Collection[T]) several(ctx context.Context, by audit.By, org uuid.UUID, ops []resource.Op, list, refusal string) ([]T, int64, error) {
	for i := range ops {
		ops[i].Kind = s.Names().Singular
	}
	result, err := s.db.Apply(ctx, by, org, ops, resource.Options{Batch: true})
	if err != nil {
		return nil, result.Revision, s.combined(err, list, fmt.Sprintf(refusal, len(ops)))
	}
	all := make([]T, len(result.Outcomes))
	for i, o := range result.Outcomes {
		all[i] = s.of(o.Object)
	}
	return all, result.Revision, nil
}

// DeletedBy lists the restorations that undo the deletions of one revision.
func (s *Collection[T]) DeletedBy(ctx context.Context, org uuid.UUID, revision int64) ([]Restoration, error) {
	rows, err := s.db.q.ListDeletedBy(ctx, sqlcgen.ListDeletedByParams{OrganizationID: org, SubjectKind: string(s.kind.is()), Revision: revision})
	if err != nil {
		return nil, fmt.Errorf("list deleted by revision: %w", err)
	}
	out := make([]Restoration, len(rows))
	for i, r := range rows {
		out[i] = Restoration{ID: r.SubjectID, Version: r.Version, Seen: r.Version}
	}
	return out, nil
}

func (s *Collection[T]) each(all []resource.Object) []T { return resource.Each(all, s.of) }

// typed converts the current object of a fault to a T.
func (s *Collection[T]) typed(err error) error {
	if f, ok := fault.As(err); ok {
		if o, ok := f.Current.(resource.Object); ok {
			f.Current = s.of(o)
		}
	}
	return err
}

// combined merges the failures of several operations into one. Its kind is Stale if any of
// them is, else that of the first. Its pointers are positions in list.
func (s *Collection[T]) combined(err error, list, message string) error {
	var failed resource.OpErrors
	if !errors.As(err, &failed) {
		return err
	}
	var all fault.Error
	var current []T
	for i, one := range failed {
		f, _ := fault.As(one.Err)
		if i == 0 {
			all = *f
			all.Message, all.Fields = message, nil
		}
		if f.Kind == fault.Stale {
			all.Kind, all.Code = f.Kind, f.Code
		}
		if o, ok := f.Current.(resource.Object); ok {
			current = append(current, s.of(o))
		}
		detail := f.Message
		if f.Kind == fault.Invalid {
			detail = f.Error() // with the invalid fields
		}
		all.Fields = append(all.Fields, fault.Field{Pointer: fmt.Sprintf("/%s/%d", list, one.Index), Detail: detail})
	}
	all.Current = current
	return &all
}
