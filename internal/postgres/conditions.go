package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/postgres/sqlcgen"
	"orgmodes/internal/resource"
)

// EvaluateStatus evaluates the conditions of an organization's objects, unless that was done
// for the revision or a later one. It changes no version and no revision.
func (db *DB) EvaluateStatus(ctx context.Context, org uuid.UUID, revision int64) error {
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		q := db.q.WithTx(tx)
		done, err := q.LockStatus(ctx, org)
		if err != nil {
			return fmt.Errorf("lock status: %w", err)
		}
		if done >= revision {
			return nil
		}
		// Read the revision before everything else, so that later changes are evaluated once
		// more.
		row, err := q.GetOrganization(ctx, org)
		if err != nil {
			return orNotFound(err, "organization")
		}
		e := evaluation{db: db, q: q, org: org, at: time.Now().UTC()}
		if err := e.run(ctx); err != nil {
			return err
		}
		return q.SetStatusRevision(ctx, sqlcgen.SetStatusRevisionParams{OrganizationID: org, Revision: row.Revision})
	})
	return translateError(err)
}

// StaleStatuses returns organizations, at most limit, whose objects were changed after their
// conditions were evaluated.
func (db *DB) StaleStatuses(ctx context.Context, limit int) ([]StaleStatus, error) {
	rows, err := db.q.ListStaleStatuses(ctx, int32(limit))
	if err != nil {
		return nil, fmt.Errorf("list stale statuses: %w", err)
	}
	stale := make([]StaleStatus, len(rows))
	for i, r := range rows {
		stale[i] = StaleStatus(r)
	}
	return stale, nil
}

// StaleStatus is an organization whose objects are newer than their conditions.
type StaleStatus struct {
	ID       uuid.UUID
	Revision int64
}

// evaluation evaluates the conditions of an organization's objects.
type evaluation struct {
	db  *DB
	q   *sqlcgen.Queries
	org uuid.UUID
	at  time.Time
	// keys holds the unique parts of the names of all objects, by kind.
	keys map[string]map[string]bool
}

func (e *evaluation) run(ctx context.Context) error {
	references, err := e.q.ListSoftReferences(ctx, e.org)
	if err != nil {
		return fmt.Errorf("list soft references: %w", err)
	}
	before, err := listConditions(ctx, e.q, e.org, nil)
	if err != nil {
		return err
	}
	for len(references) > 0 {
		of := references[0]
		n := slices.IndexFunc(references, func(r sqlcgen.ListSoftReferencesRow) bool { return r.ResourceID != of.ResourceID })
		if n < 0 {
			n = len(references)
		}
		if e.supports(references[:n]) {
			condition, err := e.resolvedCondition(ctx, references[:n])
			if err != nil {
				return err
			}
			if err := e.storeCondition(ctx, of, before[of.ResourceID], condition); err != nil {
				return err
			}
		}
		delete(before, of.ResourceID)
		references = references[n:]
	}
	// The objects that are left no longer have soft references.
	ids := make([]uuid.UUID, 0, len(before))
	for id := range before {
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return nil
	}
	return e.q.DeleteStatuses(ctx, sqlcgen.DeleteStatusesParams{OrganizationID: e.org, Ids: ids})
}

// supports reports whether this release has the kinds of an object and of all its targets.
// Objects of unknown kinds were stored by another release, which evaluates them.
func (e *evaluation) supports(references []sqlcgen.ListSoftReferencesRow) bool {
	for _, r := range references {
		_, unknown := e.db.kind(r.Kind)
		_, unknownTarget := e.db.kind(r.TargetKind)
		if unknown != nil || unknownTarget != nil {
			return false
		}
	}
	return true
}

// resolvedCondition returns the ReferencesResolved condition of an object with these references.
func (e *evaluation) resolvedCondition(ctx context.Context, references []sqlcgen.ListSoftReferencesRow) (resource.Condition, error) {
	var missing []string
	for _, r := range references {
		target, err := e.db.kind(r.TargetKind)
		if err != nil {
			return resource.Condition{}, err
		}
		exists, err := e.exists(ctx, target, r.TargetNameKey)
		if err != nil {
			return resource.Condition{}, err
		}
		if !exists {
			missing = append(missing, fmt.Sprintf("%s %q (%s)", target.Names().Noun, r.TargetNameKey, r.Path))
		}
	}
	c := resource.Condition{
		Type: resource.ReferencesResolved, Status: resource.ConditionTrue, Reason: resource.ReasonReferencesFound,
		Message: "All objects that this one refers to exist", ObservedGeneration: references[0].Version,
	}
	if len(missing) > 0 {
		c.Status, c.Reason = resource.ConditionFalse, resource.ReasonReferencesMissing
		c.Message = "This organization has no " + strings.Join(missing, ", no ") + ". Create the missing objects, or change the references"
	}
	return c, nil
}

// exists reports whether there is an object of a kind whose name has the given key.
func (e *evaluation) exists(ctx context.Context, k *kind, key string) (bool, error) {
	singular := k.Names().Singular
	if e.keys[singular] == nil {
		names, err := k.names(ctx, e.q, e.org)
		if err != nil {
			return false, err
		}
		keys := make(map[string]bool, len(names))
		for _, name := range names {
			keys[k.NameKey(name)] = true
		}
		if e.keys == nil {
			e.keys = map[string]map[string]bool{}
		}
		e.keys[singular] = keys
	}
	return e.keys[singular][key], nil
}

// storeCondition stores the condition of an object, unless it is unchanged.
func (e *evaluation) storeCondition(ctx context.Context, of sqlcgen.ListSoftReferencesRow, before []resource.Condition, c resource.Condition) error {
	c.LastTransitionTime = e.at
	for _, old := range before {
		if old.Type == c.Type && old.Status == c.Status {
			c.LastTransitionTime = old.LastTransitionTime
		}
	}
	now := []resource.Condition{c}
	if slices.Equal(before, now) {
		return nil
	}
	stored, err := json.Marshal(now)
	if err != nil {
		return fmt.Errorf("conditions: %w", err)
	}
	err = e.q.SetStatus(ctx, sqlcgen.SetStatusParams{OrganizationID: e.org, ResourceID: of.ResourceID, Conditions: stored})
	if err != nil {
		return fmt.Errorf("set status: %w", err)
	}
	return nil
}

// listConditions returns the stored conditions of an organization's objects, or of one if only is
// set.
func listConditions(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID, only *uuid.UUID) (map[uuid.UUID][]resource.Condition, error) {
	rows, err := q.ListStatuses(ctx, sqlcgen.ListStatusesParams{OrganizationID: org, ResourceID: only})
	if err != nil {
		return nil, fmt.Errorf("list statuses: %w", err)
	}
	out := make(map[uuid.UUID][]resource.Condition, len(rows))
	for _, r := range rows {
		var conditions []resource.Condition
		if err := json.Unmarshal(r.Conditions, &conditions); err != nil {
			return nil, fmt.Errorf("status of %s: %w", r.ResourceID, err)
		}
		out[r.ResourceID] = conditions
	}
	return out, nil
}

// withConditions sets the stored conditions of objects. Conditions of an older version than
// the object's become Unknown. only is as for resourceStore.objects.
func withConditions(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID, only *uuid.UUID, all []resource.Object) error {
	if !slices.ContainsFunc(all, func(o resource.Object) bool { return resource.HasSoftReferences(o.Spec) }) {
		return nil
	}
	found, err := listConditions(ctx, q, org, only)
	if err != nil {
		return err
	}
	for i, o := range all {
		if !resource.HasSoftReferences(o.Spec) {
			continue
		}
		all[i].Conditions = found[o.ID]
		if len(found[o.ID]) == 0 || found[o.ID][0].ObservedGeneration < o.Version {
			all[i].Conditions = []resource.Condition{resource.NotEvaluated(resource.ReferencesResolved, o.Version)}
		}
	}
	return nil
}
