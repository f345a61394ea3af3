package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"orgmodes/internal/fault"
	"orgmodes/internal/postgres/sqlcgen"
	"orgmodes/internal/resource"
)

// target returns the object that a spec of kind k refers to. Objects of other organizations
// are not found.
func (c *change) target(ctx context.Context, k *kind, r resource.Reference) (resource.Object, error) {
	targetKind, err := c.db.kind(r.Kind)
	if err != nil {
		return resource.Object{}, err
	}
	target, err := targetKind.get(ctx, c.q, c.org.ID, r.Name)
	if !fault.Is(err, fault.NotFound) {
		return target, err
	}
	all, err := targetKind.names(ctx, c.q, c.org.ID)
	if err != nil {
		return target, err
	}
	have := "there is none yet"
	if len(all) > 0 {
		have = "there are " + strings.Join(slices.Sorted(maps.Values(all)), ", ")
	}
	singular := k.Names().Singular
	return target, fault.New(fault.Invalid, "invalid_"+singular, "The %s was not saved", singular).With(fault.Field{
		Pointer: r.Path,
		Detail:  fmt.Sprintf("This organization has no %s %q; %s", targetKind.Names().Noun, r.Name, have),
	})
}

// users returns the objects that refer to o.
func (c *change) users(ctx context.Context, k *kind, o resource.Object) ([]resource.Referrer, error) {
	users, err := k.users(ctx, c, o)
	if err != nil {
		return nil, err
	}
	rows, err := c.q.ListReferrers(ctx, sqlcgen.ListReferrersParams{
		OrganizationID: c.org.ID, TargetID: o.ID, TargetKind: o.Kind, TargetNameKey: k.NameKey(o.Spec.ObjectName()),
	})
	if err != nil {
		return nil, fmt.Errorf("list referrers: %w", err)
	}
	for _, r := range rows {
		users = append(users, resource.Referrer{Kind: r.Kind, ID: r.ID, Name: r.Name})
	}
	return users, nil
}

// Users returns the objects that refer to o.
func (s *Collection[T]) Users(ctx context.Context, org uuid.UUID, o resource.Object) ([]resource.Referrer, error) {
	reads := &change{q: s.db.q, db: s.db, org: sqlcgen.Organization{ID: org}}
	return reads.users(ctx, s.kind, o)
}

// referenceNames looks up the names of an organization's objects, each kind once and
// only when one is needed.
type referenceNames struct {
	db     *DB
	q      *sqlcgen.Queries
	org    uuid.UUID
	byKind map[string]map[uuid.UUID]string
}

func (db *DB) referenceNames(org uuid.UUID) *referenceNames {
	return &referenceNames{db: db, q: db.q, org: org}
}

func (c *change) referenceNames() *referenceNames {
	return &referenceNames{db: c.db, q: c.q, org: c.org.ID}
}

// nameOf returns the name of an object, or "" if it doesn't exist.
func (n *referenceNames) nameOf(ctx context.Context, singular string, id uuid.UUID) (string, error) {
	if id == uuid.Nil {
		return "", nil
	}
	names, ok := n.byKind[singular]
	if !ok {
		k, err := n.db.kind(singular)
		if err != nil {
			return "", err
		}
		if names, err = k.names(ctx, n.q, n.org); err != nil {
			return "", err
		}
		if n.byKind == nil {
			n.byKind = map[string]map[uuid.UUID]string{}
		}
		n.byKind[singular] = names
	}
	return names[id], nil
}
