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

// Seen names an object and the version of it that somebody saw.
type Seen struct {
	ID      uuid.UUID
	Version int64
}

// Restoration names an object and the version of it that is to be the current
// one again.
type Restoration struct {
	ID      uuid.UUID
	Version int64
	// Seen is the newest version that the caller knows of, which for a deleted one
	// is that of its deletion; 0 means that the restoration is right for any.
	Seen int64
}

// DeleteAll deletes several objects in one transaction and one revision, each
// only at the version that the caller saw: all of them or none. It returns them as
// they were, and the organization's revision after it.
//
// What stands in the way of any of them is in one fault: a place for each, as
// "/deletions/3", with the object's name; Current has what those are now that are
// still there.
func (n *noun[T]) DeleteAll(ctx context.Context, db *DB, by audit.By, org uuid.UUID, seen []Seen) (deleted []T, revision int64, err error) {
	revision, err = db.inChange(ctx, by, org, func(c *change) error {
		deleted = make([]T, len(seen))
		var refused refusals
		for i, s := range seen {
			t, err := n.asSeen(ctx, c, s)
			if err == nil {
				deleted[i], err = t, n.delete(ctx, c, t)
			}
			// Who is told of one obstacle is told of all: it goes on, for nothing of it
			// will stay.
			if err := refused.add(i, err); err != nil {
				return err
			}
		}
		return asOne[T](refused, "deletions", fmt.Sprintf("Nothing was deleted: it is all of the %d or none", len(seen)))
	})
	if err != nil {
		return nil, revision, err
	}
	return deleted, revision, nil
}

// RestoreAll makes older versions of several objects their current ones, in one
// transaction and one revision: all of them or none. Deleted ones come back under
// their ids. What stands in the way is told as by DeleteAll, as "/restorations/3".
func (n *noun[T]) RestoreAll(ctx context.Context, db *DB, by audit.By, org uuid.UUID, wanted []Restoration) (restored []T, revision int64, err error) {
	revision, err = db.inChange(ctx, by, org, func(c *change) error {
		var refused refusals
		restored = make([]T, len(wanted))
		for i, r := range wanted {
			err := n.unchanged(ctx, c, Seen{r.ID, r.Seen})
			if err == nil {
				restored[i], err = n.restore(ctx, c, r.ID, r.Version, 0)
			}
			if err := refused.add(i, err); err != nil {
				return err
			}
		}
		if err := asOne[T](refused, "restorations", fmt.Sprintf("Nothing was restored: it is all of the %d or none", len(wanted))); err != nil {
			return err
		}
		return n.within(ctx, c)
	})
	if err != nil {
		return nil, revision, err
	}
	return restored, revision, nil
}

// DeletedBy lists the restorations that undo what one revision deleted.
func (n *noun[T]) DeletedBy(ctx context.Context, db *DB, org uuid.UUID, revision int64) ([]Restoration, error) {
	rows, err := db.q.ListDeletedBy(ctx, sqlcgen.ListDeletedByParams{OrganizationID: org, SubjectKind: string(n.kind), Revision: revision})
	if err != nil {
		return nil, fmt.Errorf("list deleted by revision: %w", err)
	}
	out := make([]Restoration, len(rows))
	for i, r := range rows {
		out[i] = Restoration{ID: r.SubjectID, Version: r.Version, Seen: r.Version}
	}
	return out, nil
}

// asSeen finds an object that has to be there as the caller saw it.
func (n *noun[T]) asSeen(ctx context.Context, c *change, s Seen) (T, error) {
	t, err := n.find(ctx, c.q, c.org.ID, s.ID.String())
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			err = n.meanwhile(ctx, c, s.ID, err)
		}
		return t, err
	}
	if _, version, _ := n.of(t); version != s.Version {
		err := n.meanwhile(ctx, c, s.ID, nil)
		if f, ok := fault.As(err); ok {
			f.Current = t
		}
		return t, err
	}
	return t, nil
}

// unchanged refuses where history goes on after the version that the caller saw.
func (n *noun[T]) unchanged(ctx context.Context, c *change, s Seen) error {
	if s.Version == 0 {
		return nil
	}
	last, err := c.q.LastVersion(ctx, sqlcgen.LastVersionParams{OrganizationID: c.org.ID, SubjectKind: string(n.kind), SubjectID: s.ID})
	if err != nil {
		return fmt.Errorf("last version: %w", err)
	}
	if last == s.Version {
		return nil
	}
	return n.meanwhile(ctx, c, s.ID, fault.New(fault.NotFound, "not_found", "There is no such %s", n.kind))
}

// meanwhile is the fault that says what became of an object since somebody looked;
// unknown is that of an object which never was.
func (n *noun[T]) meanwhile(ctx context.Context, c *change, id uuid.UUID, unknown error) error {
	rows, err := c.q.ListVersions(ctx, sqlcgen.ListVersionsParams{
		OrganizationID: c.org.ID, SubjectKind: string(n.kind), SubjectID: id, BeforeVersion: math.MaxInt64, RowLimit: 1,
	})
	if err != nil {
		return fmt.Errorf("newest version: %w", err)
	}
	if len(rows) == 0 {
		return unknown
	}
	newest, err := n.toVersion(ctx, &templateNames{q: c.q, org: c.org.ID}, rows[0])
	if err != nil {
		return err
	}
	if newest.Action == audit.Delete {
		return fault.New(fault.Stale, "version_conflict", "%s was deleted meanwhile, by %s", newest.Subject.Name, newest.Actor.Name)
	}
	return fault.New(fault.Stale, "version_conflict", "%s was changed meanwhile, by %s: it is at version %d now",
		newest.Subject.Name, newest.Actor.Name, newest.Version.Version)
}

// refusals are what stands in the way of a change of several objects, by their
// places in what was asked for.
type refusals struct {
	indexes []int
	faults  []*fault.Error
}

// add notes a fault about the object at an index. Errors that are no faults it
// returns: with those nothing can go on.
func (r *refusals) add(index int, err error) error {
	if err == nil {
		return nil
	}
	f, ok := fault.As(err)
	if !ok {
		return err
	}
	r.indexes, r.faults = append(r.indexes, index), append(r.faults, f)
	return nil
}

// asOne makes one fault of all: that of the first, or that somebody was faster
// where that is so of any. The places are those of a list.
func asOne[T any](r refusals, list, message string) error {
	if len(r.faults) == 0 {
		return nil
	}
	all := *r.faults[0]
	all.Message, all.Fields = message, nil
	var current []T
	for i, f := range r.faults {
		if f.Kind == fault.Stale {
			all.Kind, all.Code = f.Kind, f.Code
		}
		if now, ok := f.Current.(T); ok {
			current = append(current, now)
		}
		detail := f.Message
		if f.Kind == fault.Invalid {
			detail = f.Error() // with what is wrong in it
		}
		all.Fields = append(all.Fields, fault.Field{Pointer: fmt.Sprintf("/%s/%d", list, r.indexes[i]), Detail: detail})
	}
	all.Current = current
	return &all
}
