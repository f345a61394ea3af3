package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres/sqlcgen"
	"orgmodes/internal/resource"
)

// errDryRun rolls back the transaction of a dry run.
var errDryRun = errors.New("postgres: dry run")

// Apply applies operations to objects of any kind in an organization's library as ONE
// change. It applies all of them or none, in one transaction and one revision. Each object
// that changed gets a version and an audit row. An operation that changes nothing leaves no
// trace.
//
// A single operation fails with its own *fault.Error. With several operations, Options.Batch
// or Options.Plan, the error is a resource.OpErrors. An error of Options.Plan is returned as
// it is. A caller that lost a race gets a Stale fault with the current resource.Object.
func (db *DB) Apply(ctx context.Context, by audit.Attribution, org uuid.UUID, ops []resource.Op, opts resource.Options) (resource.Result, error) {
	var result resource.Result
	revision, err := db.withChange(ctx, by, org, func(c *change) (err error) {
		result.Outcomes, err = c.applyAll(ctx, ops, opts)
		if err == nil && opts.DryRun && c.recorded > 0 {
			result.Revision = c.org.Revision
			err = errDryRun
		}
		return err
	})
	switch {
	case errors.Is(err, errDryRun):
		return result, nil
	case err != nil:
		return resource.Result{Revision: revision}, err
	}
	result.Revision = revision
	return result, nil
}

// applyAll applies all operations, or returns the failure of each that fails.
func (c *change) applyAll(ctx context.Context, ops []resource.Op, opts resource.Options) ([]resource.Outcome, error) {
	if before := c.org.Revision - 1; opts.ExpectedRevision != 0 && opts.ExpectedRevision != before {
		f := fault.New(fault.Stale, "revision_conflict",
			"The library has changed since this import was planned: it is now at revision %d, the plan was made at %d. Nothing was imported; plan again", before, opts.ExpectedRevision)
		f.Current = before
		return nil, f
	}
	if opts.Plan != nil {
		more, err := opts.Plan(library{ctx, c})
		if err != nil {
			return nil, err
		}
		ops = append(ops[:len(ops):len(ops)], more...)
	}
	single := len(ops) == 1 && !opts.Batch && opts.Plan == nil
	c.batch = !single
	outcomes := make([]resource.Outcome, len(ops))
	var failed resource.OpErrors
	for i, op := range ops {
		var err error
		outcomes[i], err = c.apply(ctx, op)
		if err == nil {
			continue
		}
		// Continue after a failure so that the caller learns of all failures, unless the
		// transaction can't continue.
		if _, isFault := fault.As(err); !isFault || errors.As(err, new(*pgconn.PgError)) {
			return nil, err
		}
		failed = append(failed, resource.OpError{Index: i, Err: err})
	}
	switch {
	case len(failed) > 0 && single:
		return nil, failed[0].Err
	case len(failed) > 0:
		return nil, failed
	}
	return outcomes, c.checkLibrary(ctx)
}

// library gives Options.Plan access to the library while the organization's lock is held.
type library struct {
	ctx context.Context //nolint:containedctx // lives as long as one call
	c   *change
}

// Objects lists the objects of a kind.
func (l library) Objects(singular string) ([]resource.Object, error) {
	k, err := l.c.db.kind(singular)
	if err != nil {
		return nil, err
	}
	return k.list(l.ctx, l.c.q, l.c.org.ID)
}

// markGrown records that a change may have added objects of a kind or made them larger.
func (c *change) markGrown(k *kind) {
	if !slices.Contains(c.grown, k) {
		c.grown = append(c.grown, k)
	}
}

// checkLibrary rejects a change that leaves too many objects of a kind, or too large ones. A
// change that only deletes always passes.
func (c *change) checkLibrary(ctx context.Context) error {
	for _, k := range c.grown {
		objects, bytes, err := k.measure(ctx, c.q, c.org.ID)
		if err != nil {
			return err
		}
		if err := k.CheckLibrary(objects, bytes); err != nil {
			return err
		}
	}
	return nil
}

func (c *change) apply(ctx context.Context, op resource.Op) (resource.Outcome, error) {
	k, err := c.db.kind(op.Kind)
	if err != nil {
		return resource.Outcome{}, err
	}
	switch op.Verb {
	case resource.Create:
		op.New.ID = uuid.Nil
		o, err := c.check(ctx, k, op.New)
		if err != nil {
			return resource.Outcome{}, err
		}
		return c.create(ctx, k, o, audit.Create)
	case resource.Put:
		return c.put(ctx, k, op)
	case resource.Restore:
		return c.restore(ctx, k, op)
	case resource.Update, resource.Delete:
		now, err := c.current(ctx, k, op)
		if err != nil {
			return resource.Outcome{}, err
		}
		if op.Verb == resource.Delete {
			return c.delete(ctx, k, now)
		}
		edited, err := op.Edit(now)
		if err != nil {
			return resource.Outcome{}, err
		}
		return c.update(ctx, k, now, edited, audit.Update)
	}
	return resource.Outcome{}, fmt.Errorf("unknown operation %q", op.Verb)
}

// check returns an object as it will be stored: normalized and valid. Targets holds the ids
// of its required references, and the spec has the names of these targets.
func (c *change) check(ctx context.Context, k *kind, o resource.Object) (resource.Object, error) {
	o.Kind = k.Names().Singular
	var err error
	if o.Spec, err = k.Check(o.Spec); err != nil {
		return o, err
	}
	if err := checkLabels(k, o); err != nil {
		return o, err
	}
	o.Targets = nil
	for _, r := range o.Spec.References() {
		if !r.Required {
			continue
		}
		target, err := c.target(ctx, k, r)
		if err != nil {
			return o, err
		}
		o.Spec = o.Spec.WithReference(r.Path, target.Spec.ObjectName())
		if o.Targets == nil {
			o.Targets = map[string]uuid.UUID{}
		}
		o.Targets[r.Path] = target.ID
	}
	return o, nil
}

// checkLabels rejects invalid labels, and any labels on a kind that has none.
func checkLabels(k *kind, o resource.Object) error {
	problems := resource.CheckLabels(o.Labels)
	if len(o.Labels) > 0 && !k.Names().Labeled {
		problems = []fault.Field{resource.LabelsNotSupported(k)}
	}
	if len(problems) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "invalid_"+o.Kind, "The %s was not saved", k.Names().Noun).With(problems...)
}

// create adds a checked object, unless its name is in use.
func (c *change) create(ctx context.Context, k *kind, o resource.Object, action audit.Action) (resource.Outcome, error) {
	if o.ID == uuid.Nil {
		o.ID = uuid.New()
	}
	if err := c.checkName(ctx, k, o); err != nil {
		return resource.Outcome{}, err
	}
	return c.insert(ctx, k, o, action)
}

// insert adds an object whose name is free. Its version follows the last one in the history
// of its id, so a restored object continues after its deletion.
func (c *change) insert(ctx context.Context, k *kind, o resource.Object, action audit.Action) (resource.Outcome, error) {
	last, err := c.lastVersion(ctx, k, o.ID)
	if err != nil {
		return resource.Outcome{}, err
	}
	o.Version = last + 1
	if o, err = k.insert(ctx, c, o); err != nil {
		return resource.Outcome{}, err
	}
	c.markGrown(k)
	return resource.Outcome{Action: resource.ActionCreate, Object: o}, c.recordObject(ctx, k, o, action, nil, k.encode(o))
}

// update gives before the spec of wanted, and its labels unless they are nil. The caller
// read before under the organization's lock.
func (c *change) update(ctx context.Context, k *kind, before, wanted resource.Object, action audit.Action) (resource.Outcome, error) {
	after := before
	after.Spec = wanted.Spec
	if wanted.Labels != nil {
		after.Labels = wanted.Labels
	}
	after, err := c.check(ctx, k, after)
	if err != nil {
		return resource.Outcome{}, err
	}
	if before.SameAs(after) {
		return resource.Outcome{Action: resource.ActionUnchanged, Object: before}, nil
	}
	c.markGrown(k)
	if k.NameKey(before.Spec.ObjectName()) != k.NameKey(after.Spec.ObjectName()) {
		if err := c.checkName(ctx, k, after); err != nil {
			return resource.Outcome{}, err
		}
	}
	out, err := k.update(ctx, c, before, after)
	if err != nil {
		return resource.Outcome{}, err
	}
	return resource.Outcome{Action: resource.ActionUpdate, Object: out, Before: &before},
		c.recordObject(ctx, k, out, action, k.encode(before), k.encode(out))
}

// delete deletes an object that the caller read under the organization's lock.
func (c *change) delete(ctx context.Context, k *kind, o resource.Object) (resource.Outcome, error) {
	users, err := c.users(ctx, k, o)
	if err != nil {
		return resource.Outcome{}, err
	}
	if len(users) > 0 {
		return resource.Outcome{}, k.InUse(o, users)
	}
	rows, err := k.remove(ctx, c, o)
	if err != nil {
		return resource.Outcome{}, err
	}
	if rows != 1 {
		return resource.Outcome{}, fmt.Errorf("delete %s: %s changed under its organization's lock", o.Kind, o.ID)
	}
	deleted := o
	deleted.Version++
	return resource.Outcome{Action: resource.ActionDelete, Object: o}, c.recordObject(ctx, k, deleted, audit.Delete, k.encode(o), nil)
}

// put creates or replaces an object.
func (c *change) put(ctx context.Context, k *kind, op resource.Op) (resource.Outcome, error) {
	o, err := c.check(ctx, k, op.New)
	if err != nil {
		return resource.Outcome{}, err
	}
	existing, err := c.existing(ctx, k, o)
	switch {
	case errors.Is(err, pgx.ErrNoRows) && op.ExpectedVersion != 0:
		return resource.Outcome{}, fault.New(fault.Stale, "version_conflict", "The %s %q, expected at version %d, no longer exists",
			k.Names().Noun, o.Spec.ObjectName(), op.ExpectedVersion)
	case errors.Is(err, pgx.ErrNoRows):
		if o.ID, err = c.allocateID(ctx, k, o.ID); err != nil {
			return resource.Outcome{}, err
		}
		return c.insert(ctx, k, o, audit.Import)
	case err != nil:
		return resource.Outcome{}, err
	case op.ExpectedVersion != 0 && op.ExpectedVersion != existing.Version:
		return resource.Outcome{}, c.staleFault(ctx, k, existing)
	}
	return c.update(ctx, k, existing, o, audit.Import)
}

// existing returns the object that put replaces, by id or else by name.
func (c *change) existing(ctx context.Context, k *kind, o resource.Object) (resource.Object, error) {
	if o.ID != uuid.Nil {
		if same, err := k.byID(ctx, c.q, c.org.ID, o.ID); !errors.Is(err, pgx.ErrNoRows) {
			return same, err
		}
	}
	return k.byName(ctx, c.q, c.org.ID, o.Spec.ObjectName())
}

// allocateID returns id. It returns a new one if id is nil, or belongs or belonged to another
// organization.
func (c *change) allocateID(ctx context.Context, k *kind, id uuid.UUID) (uuid.UUID, error) {
	if id == uuid.Nil {
		return uuid.New(), nil
	}
	inUse, err := c.q.IDInOtherOrganization(ctx, sqlcgen.IDInOtherOrganizationParams{SubjectKind: string(k.subjectKind()), SubjectID: id, OrganizationID: c.org.ID})
	if err != nil {
		return id, fmt.Errorf("look for the id: %w", err)
	}
	if inUse {
		id = uuid.New()
	}
	return id, nil
}

// restore makes an older version the current one.
func (c *change) restore(ctx context.Context, k *kind, op resource.Op) (resource.Outcome, error) {
	id, err := uuid.Parse(op.Ref)
	if err != nil {
		return resource.Outcome{}, fmt.Errorf("restore: %w", err)
	}
	if c.batch {
		if err := c.checkUnchanged(ctx, k, id, op.ExpectedVersion); err != nil {
			return resource.Outcome{}, err
		}
		op.ExpectedVersion = 0
	}
	old, err := k.version(ctx, c.referenceNames(), id, op.Version)
	if err != nil {
		return resource.Outcome{}, err
	}
	now, err := c.current(ctx, k, op)
	switch {
	case fault.Is(err, fault.NotFound):
		if err := c.checkDeletion(ctx, k, id, op.ExpectedVersion); err != nil {
			return resource.Outcome{}, err
		}
		o, err := c.check(ctx, k, old.Object)
		if err != nil {
			return resource.Outcome{}, err
		}
		if o.Position, err = c.lastPosition(ctx, k, id); err != nil {
			return resource.Outcome{}, err
		}
		return c.create(ctx, k, o, audit.Restore)
	case err != nil:
		return resource.Outcome{}, err
	}
	return c.update(ctx, k, now, old.Object, audit.Restore)
}

// lastPosition returns the last position of a deleted object.
func (c *change) lastPosition(ctx context.Context, k *kind, id uuid.UUID) (int, error) {
	last, err := c.lastVersion(ctx, k, id)
	if err != nil {
		return 0, err
	}
	deletion, err := k.version(ctx, c.referenceNames(), id, last)
	return deletion.Object.Position, err
}

// checkName rejects an object whose name another one has.
func (c *change) checkName(ctx context.Context, k *kind, o resource.Object) error {
	existing, err := k.byName(ctx, c.q, c.org.ID, o.Spec.ObjectName())
	switch {
	case errors.Is(err, pgx.ErrNoRows), err == nil && existing.ID == o.ID:
		return nil
	case err != nil:
		return err
	}
	return k.NameTaken(o.Spec, existing)
}

func (c *change) lastVersion(ctx context.Context, k *kind, id uuid.UUID) (int64, error) {
	last, err := c.q.LastVersion(ctx, sqlcgen.LastVersionParams{OrganizationID: c.org.ID, SubjectKind: string(k.subjectKind()), SubjectID: id})
	if err != nil {
		return 0, fmt.Errorf("last version: %w", err)
	}
	return last, nil
}

// recordObject writes the version row and the audit row of an object that changed.
func (c *change) recordObject(ctx context.Context, k *kind, o resource.Object, action audit.Action, before, after any) error {
	return c.record(ctx, objectChange{
		kind: k.subjectKind(), id: o.ID, name: o.Spec.Title(), version: o.Version, action: action, before: before, after: after,
	})
}
