package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres/sqlcgen"
)

// noun is a kind of object that libraries hold: what is its own of it. What all
// kinds share, from the organization's lock to the audit row, is its methods,
// which are written once.
type noun[T any] struct {
	// kind is also its word in messages.
	kind audit.SubjectKind
	// of returns an object's id, its version, and the name that people know it by.
	of func(T) (id uuid.UUID, version int64, name string)
	// content is what versions and the audit log keep; read is its opposite, and
	// may ask for the names of the templates that it refers to.
	content func(T) any
	read    func(ctx context.Context, names *templateNames, id uuid.UUID, content json.RawMessage) (T, error)
	// find looks an object up by its id, or by what else people name it with.
	find func(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID, ref string) (T, error)
	list func(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID) ([]T, error)
	// accepted is what every object goes through before it is written, whichever
	// way it came.
	accepted func(ctx context.Context, c *change, t T) (T, error)
	same     func(a, b T) bool
	// onto returns what is there now with what a person wrote of the other one.
	onto func(now, other T) T
	// taken refuses what would be a second one of the same name; before is nil for
	// a new one.
	taken func(ctx context.Context, c *change, before *T, after T) error
	// insert, update and remove touch the rows alone. insert is given the id and
	// the version to use; the other two touch only the version that they are given.
	insert func(ctx context.Context, c *change, id uuid.UUID, version int64, t T) (T, error)
	update func(ctx context.Context, c *change, before, after T) (T, error)
	remove func(ctx context.Context, c *change, t T) (rows int64, err error)
	// within refuses a change after which the library would be too large.
	within func(ctx context.Context, c *change) error
	// match returns which of some objects an imported one would replace. fileList is
	// what the list of them is called in a file, for error pointers.
	match    func(all []T) func(T) (T, bool)
	fileList string
}

// Create adds an object to an organization's library.
func (n *noun[T]) Create(ctx context.Context, db *DB, by audit.By, org uuid.UUID, t T) (T, error) {
	var out T
	_, err := db.inChange(ctx, by, org, func(c *change) (err error) {
		if t, err = n.accepted(ctx, c, t); err != nil {
			return err
		}
		if out, err = n.create(ctx, c, uuid.New(), t, audit.Create); err != nil {
			return err
		}
		return n.within(ctx, c)
	})
	return out, err
}

// Update changes an object with edit, which gets what is there now. seen is the
// version that the caller saw; 0 means that edit is right for any version. The
// loser of a race gets a Stale fault with the current object.
func (n *noun[T]) Update(ctx context.Context, db *DB, by audit.By, org uuid.UUID, ref string, seen int64, edit func(T) (T, error)) (T, error) {
	var out T
	_, err := db.inChange(ctx, by, org, func(c *change) error {
		before, err := n.current(ctx, c, ref, seen)
		if err != nil {
			return err
		}
		after, err := edit(before)
		if err != nil {
			return err
		}
		if out, err = n.change(ctx, c, before, after, audit.Update); err != nil {
			return err
		}
		return n.within(ctx, c)
	})
	return out, err
}

// Delete deletes an object; history keeps it. seen is as for Update.
func (n *noun[T]) Delete(ctx context.Context, db *DB, by audit.By, org uuid.UUID, ref string, seen int64) (T, error) {
	var out T
	_, err := db.inChange(ctx, by, org, func(c *change) error {
		before, err := n.current(ctx, c, ref, seen)
		if err != nil {
			return err
		}
		out = before
		return n.delete(ctx, c, before)
	})
	return out, err
}

// delete deletes an object as it was found under the organization's lock.
func (n *noun[T]) delete(ctx context.Context, c *change, t T) error {
	rows, err := n.remove(ctx, c, t)
	if err != nil {
		return err
	}
	id, version, name := n.of(t)
	if rows != 1 {
		return fmt.Errorf("delete %s: %s changed under its organization's lock", n.kind, id)
	}
	return c.record(ctx, object{
		kind: n.kind, id: id, name: name, version: version + 1, action: audit.Delete, before: n.content(t),
	})
}

// Restore makes an older version of an object the current one; a deleted one
// comes back under its id. seen is as for Update; of a deleted one it is the
// version that its deletion made.
func (n *noun[T]) Restore(ctx context.Context, db *DB, by audit.By, org, id uuid.UUID, version, seen int64) (T, error) {
	var out T
	_, err := db.inChange(ctx, by, org, func(c *change) (err error) {
		if out, err = n.restore(ctx, c, id, version, seen); err != nil {
			return err
		}
		return n.within(ctx, c)
	})
	return out, err
}

func (n *noun[T]) restore(ctx context.Context, c *change, id uuid.UUID, version, seen int64) (T, error) {
	var none T
	old, err := n.version(ctx, c.q, c.org.ID, id, version)
	if err != nil {
		return none, err
	}
	now, err := n.current(ctx, c, id.String(), seen)
	switch {
	case fault.Is(err, fault.NotFound):
		if err := n.stillDeleted(ctx, c, id, seen); err != nil {
			return none, err
		}
		t, err := n.accepted(ctx, c, old.Object)
		if err != nil {
			return none, err
		}
		return n.create(ctx, c, id, t, audit.Restore)
	case err != nil:
		return none, err
	}
	return n.change(ctx, c, now, n.onto(now, old.Object), audit.Restore)
}

// create inserts an object that was accepted. Its version follows whatever
// history knows of the id, so a restored one goes on where it was deleted.
func (n *noun[T]) create(ctx context.Context, c *change, id uuid.UUID, t T, action audit.Action) (T, error) {
	var none T
	if err := n.taken(ctx, c, nil, t); err != nil {
		return none, err
	}
	last, err := c.q.LastVersion(ctx, sqlcgen.LastVersionParams{OrganizationID: c.org.ID, SubjectKind: string(n.kind), SubjectID: id})
	if err != nil {
		return none, fmt.Errorf("last version: %w", err)
	}
	out, err := n.insert(ctx, c, id, last+1, t)
	if err != nil {
		return none, err
	}
	_, version, name := n.of(out)
	return out, c.record(ctx, object{
		kind: n.kind, id: id, name: name, version: version, action: action, after: n.content(out),
	})
}

// change writes what changed of an object; where nothing did, it records
// nothing.
func (n *noun[T]) change(ctx context.Context, c *change, before, after T, action audit.Action) (T, error) {
	var none T
	after, err := n.accepted(ctx, c, after)
	if err != nil {
		return none, err
	}
	if n.same(before, after) {
		return before, nil
	}
	if err := n.taken(ctx, c, &before, after); err != nil {
		return none, err
	}
	out, err := n.update(ctx, c, before, after)
	if err != nil {
		return none, err
	}
	id, version, name := n.of(out)
	return out, c.record(ctx, object{
		kind: n.kind, id: id, name: name, version: version, action: action, before: n.content(before), after: n.content(out),
	})
}

// current finds an object under the organization's lock and holds it against
// the version that the caller saw.
func (n *noun[T]) current(ctx context.Context, c *change, ref string, seen int64) (T, error) {
	t, err := n.find(ctx, c.q, c.org.ID, ref)
	if err != nil {
		return t, err
	}
	id, version, _ := n.of(t)
	if seen == 0 || seen == version {
		return t, nil
	}
	newest, err := n.version(ctx, c.q, c.org.ID, id, version)
	if err != nil {
		return t, err
	}
	f := fault.New(fault.Stale, "version_conflict",
		"The %s was changed meanwhile, by %s: it is at version %d now. Nothing was saved; compare, and send yours again with the current version",
		n.kind, newest.Actor.Name, version)
	f.Current = t
	return t, f
}

// stillDeleted holds a deleted object against the deletion that the caller saw.
func (n *noun[T]) stillDeleted(ctx context.Context, c *change, id uuid.UUID, seen int64) error {
	if seen == 0 {
		return nil
	}
	last, err := c.q.LastVersion(ctx, sqlcgen.LastVersionParams{OrganizationID: c.org.ID, SubjectKind: string(n.kind), SubjectID: id})
	if err != nil {
		return fmt.Errorf("last version: %w", err)
	}
	if last == seen {
		return nil
	}
	newest, err := n.version(ctx, c.q, c.org.ID, id, last)
	if err != nil {
		return err
	}
	return fault.New(fault.Stale, "version_conflict",
		"The %s was deleted again meanwhile, by %s, as version %d. Nothing was saved; look at its history", n.kind, newest.Actor.Name, last)
}
