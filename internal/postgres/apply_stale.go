package postgres

import (
	"context"
	"math"

	"github.com/google/uuid"

	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres/sqlcgen"
	"orgmodes/internal/resource"
)

// current returns the object that an operation is for, unless it changed since the
// caller read it.
func (c *change) current(ctx context.Context, k *kind, op resource.Op) (resource.Object, error) {
	o, err := k.get(ctx, c.q, c.org.ID, op.Ref)
	if fault.Is(err, fault.NotFound) && c.batch && op.Verb != resource.Restore {
		id, parseErr := uuid.Parse(op.Ref)
		if parseErr != nil {
			return o, err
		}
		return o, c.conflictError(ctx, k, id, err)
	}
	if err != nil || op.ExpectedVersion == 0 || op.ExpectedVersion == o.Version {
		return o, err
	}
	return o, c.staleFault(ctx, k, o)
}

// staleFault returns the failure for an object that changed since the caller read it.
func (c *change) staleFault(ctx context.Context, k *kind, o resource.Object) error {
	if c.batch {
		err := c.conflictError(ctx, k, o.ID, nil)
		if f, ok := fault.As(err); ok {
			f.Current = o
		}
		return err
	}
	newest, err := k.version(ctx, c.referenceNames(), o.ID, o.Version)
	if err != nil {
		return err
	}
	f := fault.New(fault.Stale, "version_conflict",
		"The %s was changed by %s and is now at version %d. Nothing was saved; compare, and send your change again with the current version",
		o.Kind, newest.Actor.Name, o.Version)
	f.Current = o
	return f
}

// checkDeletion refuses to restore an object that was deleted again since the caller
// read its history.
func (c *change) checkDeletion(ctx context.Context, k *kind, id uuid.UUID, expected int64) error {
	if expected == 0 {
		return nil
	}
	last, err := c.lastVersion(ctx, k, id)
	if err != nil || last == expected {
		return err
	}
	newest, err := k.version(ctx, c.referenceNames(), id, last)
	if err != nil {
		return err
	}
	return fault.New(fault.Stale, "version_conflict",
		"The %s was deleted again by %s, as version %d. Nothing was saved; see its history", k.Names().Singular, newest.Actor.Name, last)
}

// checkUnchanged rejects an object with a newer version than expected; 0 accepts any
// version.
func (c *change) checkUnchanged(ctx context.Context, k *kind, id uuid.UUID, expected int64) error {
	if expected == 0 {
		return nil
	}
	last, err := c.lastVersion(ctx, k, id)
	if err != nil || last == expected {
		return err
	}
	return c.conflictError(ctx, k, id, fault.New(fault.NotFound, "not_found", "There is no such %s", k.Names().Singular))
}

// conflictError explains how an object changed since the caller read it, by its name. It
// returns notFound for an object that never existed.
func (c *change) conflictError(ctx context.Context, k *kind, id uuid.UUID, notFound error) error {
	rows, err := c.q.ListVersions(ctx, sqlcgen.ListVersionsParams{
		OrganizationID: c.org.ID, SubjectKind: string(k.subjectKind()), SubjectID: id, BeforeVersion: math.MaxInt64, RowLimit: 1,
	})
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return notFound
	}
	newest, err := k.toVersion(ctx, c.referenceNames(), rows[0])
	if err != nil {
		return err
	}
	if newest.Action == audit.Delete {
		return fault.New(fault.Stale, "version_conflict", "%s was deleted by %s", newest.Subject.Name, newest.Actor.Name)
	}
	return fault.New(fault.Stale, "version_conflict", "%s was changed by %s and is now at version %d",
		newest.Subject.Name, newest.Actor.Name, newest.Version.Version)
}
