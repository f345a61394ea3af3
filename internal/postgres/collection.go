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
	// of returns an object as a T, and object is its opposite.
	of     func(resource.Object) T
	object func(T) resource.Object
}

// Names returns what the kind is called.
func (s *Collection[T]) Names() resource.Names { return s.kind.Names() }

// Diff returns the changes from the content of one object to another's, see
// resource.Diff.
func (s *Collection[T]) Diff(before, after resource.Object) []diff.Change {
	return resource.Diff(s.kind, before, after)
}

// SameName reports whether two names can't both be used in one library.
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

// At is List with the revision that the objects are of.
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

// Get returns an object by its id or its name. What has the form of an id is taken for
// one.
func (s *Collection[T]) Get(ctx context.Context, org uuid.UUID, ref string) (T, error) {
	o, err := s.kind.get(ctx, s.db.q, org, ref)
	if err != nil {
		var none T
		return none, err
	}
	return s.of(o), nil
}

// Create adds an object without labels, after the others where they have an order.
func (s *Collection[T]) Create(ctx context.Context, by audit.By, org uuid.UUID, spec resource.Spec) (T, error) {
	return s.Add(ctx, by, org, resource.Object{Spec: spec})
}

// Add adds an object with the spec and the labels of o.
func (s *Collection[T]) Add(ctx context.Context, by audit.By, org uuid.UUID, o resource.Object) (T, error) {
	return s.one(ctx, by, org, resource.Op{Verb: resource.Create, New: o})
}

// Update changes an object with edit, which is given the current one. seen is the
// version that the caller knows, 0 for any. The loser of a race gets a Stale fault with
// the current T.
func (s *Collection[T]) Update(ctx context.Context, by audit.By, org uuid.UUID, ref string, seen int64, edit func(T) (T, error)) (T, error) {
	return s.one(ctx, by, org, resource.Op{
		Verb: resource.Update, Ref: ref, Seen: seen,
		Edit: func(now resource.Object) (resource.Object, error) {
			t, err := edit(s.of(now))
			return s.object(t), err
		},
	})
}

// Delete deletes an object that nothing refers to; its history stays. seen is as for
// Update.
func (s *Collection[T]) Delete(ctx context.Context, by audit.By, org uuid.UUID, ref string, seen int64) (T, error) {
	return s.one(ctx, by, org, resource.Op{Verb: resource.Delete, Ref: ref, Seen: seen})
}

// Restore makes an older version of an object the current one; a deleted one returns
// under its id. seen is as for Update; of a deleted object it is the version of its
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

// Seen names an object and the version of it that the caller knows.
type Seen struct {
	ID      uuid.UUID
	Version int64
}

// DeleteAll deletes several objects in one change, each only at the version that the
// caller knows: all of them or none. It returns them as they were, and the
// organization's revision after the change.
//
// All failures are reported in one fault, with a place for each, such as
// "/deletions/3", and the object's name; Current has the objects that still exist as
// they are now.
func (s *Collection[T]) DeleteAll(ctx context.Context, by audit.By, org uuid.UUID, seen []Seen) (deleted []T, revision int64, err error) {
	ops := make([]resource.Op, len(seen))
	for i, o := range seen {
		ops[i] = resource.Op{Verb: resource.Delete, Ref: o.ID.String(), Seen: o.Version}
	}
	return s.several(ctx, by, org, ops, "deletions", "Nothing was deleted: it is all of the %d or none")
}

// Restoration names an object and the version of it to restore.
type Restoration struct {
	ID      uuid.UUID
	Version int64
	// Seen is the newest version that the caller knows, 0 for any; of a deleted object
	// it is that of its deletion.
	Seen int64
}

// RestoreAll makes older versions of several objects their current ones, in one change:
// all of them or none. Deleted ones return under their ids. Failures are reported as by
// DeleteAll, with places such as "/restorations/3".
func (s *Collection[T]) RestoreAll(ctx context.Context, by audit.By, org uuid.UUID, wanted []Restoration) (restored []T, revision int64, err error) {
	ops := make([]resource.Op, len(wanted))
	for i, r := range wanted {
		ops[i] = resource.Op{Verb: resource.Restore, Ref: r.ID.String(), Version: r.Version, Seen: r.Seen}
	}
	return s.several(ctx, by, org, ops, "restorations", "Nothing was restored: it is all of the %d or none")
}

// several applies the operations of a list of the request; refusal says, with their
// number, that none was applied.
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

// DeletedBy lists the restorations that undo what one revision deleted.
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

// typed makes the current object of a fault a T.
func (s *Collection[T]) typed(err error) error {
	if f, ok := fault.As(err); ok {
		if o, ok := f.Current.(resource.Object); ok {
			f.Current = s.of(o)
		}
	}
	return err
}

// combined merges the failures of several operations into one: its kind is Stale if any
// of them is, else that of the first. The places are those of a list.
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
			detail = f.Error() // with what is wrong in it
		}
		all.Fields = append(all.Fields, fault.Field{Pointer: fmt.Sprintf("/%s/%d", list, one.Index), Detail: detail})
	}
	all.Current = current
	return &all
}
