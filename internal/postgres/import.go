package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres/sqlcgen"
)

// ImportAction says what an import did with an object.
type ImportAction string

// What an import does with a valid object.
const (
	ImportCreate    ImportAction = "create"
	ImportUpdate    ImportAction = "update"
	ImportUnchanged ImportAction = "unchanged"
)

// Imported is what became of one object of an import.
type Imported[T any] struct {
	Action ImportAction
	Object T
	// Before is what an update replaces.
	Before *T
}

// Import says how objects are imported.
type Import[T any] struct {
	// Objects need only what a person writes of one; an id, where there is one, is
	// used for what is new.
	Objects []T
	// Plan, where it is set, says instead of Objects what to import, given the
	// library as it is: under the organization's lock, so that nothing can change
	// between the plan and what is done.
	Plan func(existing []T) ([]T, error)
	// Seen is the organization's revision that the caller's plan was made at; 0
	// means that the import is right for any.
	Seen int64
}

// Import creates the objects that are new and updates the others, in one
// transaction and one revision: all of them or none. It returns what became of
// each, in the same order, and the organization's revision after it.
func (n *noun[T]) Import(ctx context.Context, db *DB, by audit.By, org uuid.UUID, in Import[T]) ([]Imported[T], int64, error) {
	var out []Imported[T]
	revision, err := db.inChange(ctx, by, org, func(c *change) error {
		out = nil
		if before := c.org.Revision - 1; in.Seen != 0 && in.Seen != before {
			f := fault.New(fault.Stale, "revision_conflict",
				"The library was changed since this import was planned: it is at revision %d now, the plan was made at %d. Nothing was imported; plan again", before, in.Seen)
			f.Current = before
			return f
		}
		all, err := n.list(ctx, c.q, org)
		if err != nil {
			return err
		}
		wanted := in.Objects
		if in.Plan != nil {
			if wanted, err = in.Plan(all); err != nil {
				return err
			}
		}
		match := n.match(all)
		for i, t := range wanted {
			done, err := n.importOne(ctx, c, match, t)
			if err != nil {
				return at(err, n.fileList, i)
			}
			out = append(out, done)
		}
		return n.within(ctx, c)
	})
	return out, revision, err
}

func (n *noun[T]) importOne(ctx context.Context, c *change, match func(T) (T, bool), t T) (Imported[T], error) {
	t, err := n.accepted(ctx, c, t)
	if err != nil {
		return Imported[T]{}, err
	}
	before, ok := match(t)
	if !ok {
		id, err := n.freeID(ctx, c, t)
		if err != nil {
			return Imported[T]{}, err
		}
		created, err := n.create(ctx, c, id, t, audit.Import)
		return Imported[T]{Action: ImportCreate, Object: created}, err
	}
	updated, err := n.change(ctx, c, before, n.onto(before, t), audit.Import)
	if err != nil {
		return Imported[T]{}, err
	}
	_, was, _ := n.of(before)
	if _, is, _ := n.of(updated); is == was {
		return Imported[T]{Action: ImportUnchanged, Object: before}, nil
	}
	return Imported[T]{Action: ImportUpdate, Object: updated, Before: &before}, nil
}

// freeID is the id that an object brings, or a new one: also where another
// organization has it, which is nobody else's business.
func (n *noun[T]) freeID(ctx context.Context, c *change, t T) (uuid.UUID, error) {
	id, _, _ := n.of(t)
	if id == uuid.Nil {
		return uuid.New(), nil
	}
	elsewhere, err := c.q.IsElsewhere(ctx, sqlcgen.IsElsewhereParams{SubjectKind: string(n.kind), SubjectID: id, OrganizationID: c.org.ID})
	if err != nil {
		return id, fmt.Errorf("look for the id: %w", err)
	}
	if elsewhere {
		id = uuid.New()
	}
	return id, nil
}

// At lists an organization's objects, and the revision that they are of.
func (n *noun[T]) At(ctx context.Context, db *DB, org uuid.UUID) (all []T, revision int64, err error) {
	err = pgx.BeginTxFunc(ctx, db.pool, snapshotRead, func(tx pgx.Tx) error {
		q := db.q.WithTx(tx)
		row, err := q.GetOrganization(ctx, org)
		if err != nil {
			return orNotFound(err, "organization")
		}
		revision = row.Revision
		all, err = n.list(ctx, q, org)
		return err
	})
	return all, revision, err
}

// at makes the pointers of a fault start at the object's place in the import.
func at(err error, list string, index int) error {
	f, ok := fault.As(err)
	if !ok {
		return err
	}
	c := *f
	c.Fields = append([]fault.Field(nil), f.Fields...)
	for i := range c.Fields {
		c.Fields[i].Pointer = fmt.Sprintf("/%s/%d%s", list, index, c.Fields[i].Pointer)
	}
	return &c
}
