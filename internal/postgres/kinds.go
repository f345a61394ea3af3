package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/audit"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres/sqlcgen"
	"orgmodes/internal/resource"
	"orgmodes/internal/templates"
)

// kind is a kind of object: its rules, and where its objects are stored.
type kind struct {
	resource.Kind
	store
}

// store reads and writes the rows of one kind. Its methods apply no rules: their arguments
// were checked, and the caller of a method that writes holds the organization's lock.
type store interface {
	// list returns an organization's objects in their order.
	list(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID) ([]resource.Object, error)
	// byID and byName return an object, or pgx.ErrNoRows.
	byID(ctx context.Context, q *sqlcgen.Queries, org, id uuid.UUID) (resource.Object, error)
	byName(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID, name string) (resource.Object, error)
	// names returns the names of an organization's objects by their ids.
	names(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID) (map[uuid.UUID]string, error)
	// users returns the objects that refer to o from tables other than resource_references.
	users(ctx context.Context, c *change, o resource.Object) ([]resource.Referrer, error)
	// insert adds a row with the id and the version of o.
	insert(ctx context.Context, c *change, o resource.Object) (resource.Object, error)
	// update replaces the row with the id and the version of before.
	update(ctx context.Context, c *change, before, after resource.Object) (resource.Object, error)
	// remove deletes the row with the id and the version of o. It returns the number of rows
	// that it deleted.
	remove(ctx context.Context, c *change, o resource.Object) (rows int64, err error)
	// measure returns the number of an organization's objects, and their total bytes.
	measure(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID) (objects, bytes int, err error)
	// encode returns the representation of o that versions and the audit log store. decode
	// is its inverse, and gives references their current names.
	encode(o resource.Object) any
	decode(ctx context.Context, names *referenceNames, id uuid.UUID, content []byte) (resource.Object, error)
}

// kind returns a kind by its Singular.
func (db *DB) kind(singular string) (*kind, error) {
	for _, k := range db.kinds {
		if k.Names().Singular == singular {
			return k, nil
		}
	}
	return nil, fmt.Errorf("unknown kind %q", singular)
}

// nameFields returns the fields of contents that hold the names of objects.
func (db *DB) nameFields() []string {
	var fields []string
	for _, k := range db.kinds {
		fields = append(fields, k.Names().NameField)
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

// Kinds returns the rules of all kinds.
func (db *DB) Kinds() []resource.Kind {
	all := make([]resource.Kind, len(db.kinds))
	for i, k := range db.kinds {
		all[i] = k.Kind
	}
	return all
}

// GenericKinds returns the rules of all kinds except modes and permission templates. These two
// have dedicated representations in the API and for agents.
func (db *DB) GenericKinds() []resource.Kind {
	return slices.DeleteFunc(db.Kinds(), func(k resource.Kind) bool {
		return k.Names().Singular == modes.KindName || k.Names().Singular == templates.KindName
	})
}

// HasStatus reports whether any kind's objects have conditions. Modes and permission
// templates have none.
func (db *DB) HasStatus() bool { return len(db.GenericKinds()) > 0 }

// subjectKind returns the name of the kind in versions and in the audit log.
func (k *kind) subjectKind() audit.SubjectKind { return audit.SubjectKind(k.Names().Singular) }

// get returns an object by its id or its name. A ref in the form of an id is taken as an id.
func (k *kind) get(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID, ref string) (o resource.Object, err error) {
	if id, parseErr := uuid.Parse(ref); parseErr == nil && len(ref) == 36 {
		o, err = k.byID(ctx, q, org, id)
	} else {
		o, err = k.byName(ctx, q, org, ref)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return o, k.NotFound()
	}
	return o, translateError(err)
}
