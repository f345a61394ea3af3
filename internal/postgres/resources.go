package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres/sqlcgen"
	"orgmodes/internal/resource"
	"orgmodes/internal/templates"
)

// Decoder is a kind whose specs are stored as JSON: json.Marshal writes them, and Decode
// reads them.
type Decoder interface {
	resource.Kind
	Decode(spec []byte) (resource.Spec, error)
}

// Register adds a kind whose objects are stored in the table resources. All kinds must be
// registered before the DB is used.
func (db *DB) Register(d Decoder) *Collection[resource.Object] {
	db.kinds = append(db.kinds, &kind{d, resourceStore{db, d}})
	return db.Objects(d.Names().Singular)
}

// resourceStore stores the objects of a kind in resources.
type resourceStore struct {
	db   *DB
	kind Decoder
}

func (s resourceStore) singular() string { return s.kind.Names().Singular }

// decodeRow returns the object of a row, without the ids of its references.
func (s resourceStore) decodeRow(r sqlcgen.Resource) (resource.Object, error) {
	spec, err := s.kind.Decode(r.Spec)
	if err != nil {
		return resource.Object{}, fmt.Errorf("%s %s: stored spec: %w", r.Kind, r.ID, err)
	}
	var labels map[string]string
	if string(r.Labels) != "{}" {
		if err := json.Unmarshal(r.Labels, &labels); err != nil {
			return resource.Object{}, fmt.Errorf("%s %s: stored labels: %w", r.Kind, r.ID, err)
		}
	}
	return resource.Object{
		Kind: r.Kind, Spec: spec, Labels: labels,
		Meta: resource.Meta{
			ID: r.ID, OrganizationID: r.OrganizationID, CreatedBy: r.CreatedBy, UpdatedBy: r.UpdatedBy,
			CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(), Version: r.Version, Position: int(r.Position),
		},
	}, nil
}

func (s resourceStore) list(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID) ([]resource.Object, error) {
	rows, err := q.ListResources(ctx, sqlcgen.ListResourcesParams{OrganizationID: org, Kind: s.singular()})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", s.kind.Names().Plural, err)
	}
	return s.fromRows(ctx, q, org, nil, rows)
}

// fromRows returns the objects of rows, with the current names of their required references.
// For a single row, only is its id, so that the references of others aren't read.
func (s resourceStore) fromRows(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID, only *uuid.UUID, rows []sqlcgen.Resource) ([]resource.Object, error) {
	out, index, requires := make([]resource.Object, len(rows)), make(map[uuid.UUID]*resource.Object, len(rows)), false
	for i, r := range rows {
		var err error
		if out[i], err = s.decodeRow(r); err != nil {
			return nil, err
		}
		index[r.ID] = &out[i]
		requires = requires || slices.ContainsFunc(out[i].Spec.References(), func(f resource.Reference) bool { return f.Required })
	}
	if err := withConditions(ctx, q, org, only, out); err != nil || !requires {
		return out, err
	}
	refs, err := q.ListRequiredReferences(ctx, sqlcgen.ListRequiredReferencesParams{OrganizationID: org, Kind: s.singular(), ResourceID: only})
	if err != nil {
		return nil, fmt.Errorf("references of %s: %w", s.kind.Names().Plural, err)
	}
	names := &referenceNames{db: s.db, q: q, org: org}
	for _, f := range refs {
		o := index[f.ResourceID]
		if o == nil {
			continue
		}
		name, err := names.nameOf(ctx, f.TargetKind, f.TargetID)
		if err != nil {
			return nil, err
		}
		o.Spec = o.Spec.WithReference(f.Path, name)
		if o.Targets == nil {
			o.Targets = map[string]uuid.UUID{}
		}
		o.Targets[f.Path] = f.TargetID
	}
	return out, nil
}

// fromRow returns the object of a row, if err is nil.
func (s resourceStore) fromRow(ctx context.Context, q *sqlcgen.Queries, row sqlcgen.Resource, err error) (resource.Object, error) {
	if err != nil {
		return resource.Object{}, err
	}
	all, err := s.fromRows(ctx, q, row.OrganizationID, &row.ID, []sqlcgen.Resource{row})
	if err != nil {
		return resource.Object{}, err
	}
	return all[0], nil
}

func (s resourceStore) byID(ctx context.Context, q *sqlcgen.Queries, org, id uuid.UUID) (resource.Object, error) {
	row, err := q.GetResource(ctx, sqlcgen.GetResourceParams{OrganizationID: org, Kind: s.singular(), ID: id})
	return s.fromRow(ctx, q, row, err)
}

// byName returns an object by the key of its name. Keys that an earlier release wrote fold
// only the letters that the database's locale knows. Names that aren't ASCII are therefore
// compared here.
func (s resourceStore) byName(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID, name string) (resource.Object, error) {
	key := s.kind.NameKey(name)
	row, err := q.GetResourceByName(ctx, sqlcgen.GetResourceByNameParams{OrganizationID: org, Kind: s.singular(), NameKey: key})
	if !errors.Is(err, pgx.ErrNoRows) || isASCII(key) {
		return s.fromRow(ctx, q, row, err)
	}
	names, err := s.names(ctx, q, org)
	if err != nil {
		return resource.Object{}, err
	}
	for id, n := range names {
		if s.kind.NameKey(n) == key {
			return s.byID(ctx, q, org, id)
		}
	}
	return resource.Object{}, pgx.ErrNoRows
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

func (s resourceStore) names(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID) (map[uuid.UUID]string, error) {
	rows, err := q.ListResourceNames(ctx, sqlcgen.ListResourceNamesParams{OrganizationID: org, Kind: s.singular()})
	if err != nil {
		return nil, fmt.Errorf("names of %s: %w", s.kind.Names().Plural, err)
	}
	names := make(map[uuid.UUID]string, len(rows))
	for _, r := range rows {
		names[r.ID] = r.Name
	}
	return names, nil
}

// users returns the modes that name a permission template; all other references to
// resources are in resource_references.
func (s resourceStore) users(ctx context.Context, c *change, o resource.Object) ([]resource.Referrer, error) {
	if s.singular() != templates.KindName {
		return nil, nil
	}
	rows, err := c.q.ListModesWithTemplate(ctx, sqlcgen.ListModesWithTemplateParams{OrganizationID: c.org.ID, PermissionTemplateID: o.ID})
	if err != nil {
		return nil, fmt.Errorf("modes with the template: %w", err)
	}
	users := make([]resource.Referrer, len(rows))
	for i, m := range rows {
		users[i] = resource.Referrer{Kind: modes.KindName, ID: m.ID, Name: m.Name}
	}
	return users, nil
}

func (s resourceStore) insert(ctx context.Context, c *change, o resource.Object) (resource.Object, error) {
	spec, labels, err := encodeObject(o)
	if err != nil {
		return o, err
	}
	name := o.Spec.ObjectName()
	row, err := c.q.InsertResource(ctx, sqlcgen.InsertResourceParams{
		ID: o.ID, OrganizationID: c.org.ID, Kind: s.singular(), Name: name, NameKey: s.kind.NameKey(name),
		Spec: spec, Labels: labels, Bytes: int32(o.Spec.Size()),
		Position: int32(o.Position), CreatedBy: c.by.Actor.ID, UpdatedBy: c.by.Actor.ID, Version: o.Version,
		CreatedAt: ptrOrNil(o.CreatedAt), UpdatedAt: ptrOrNil(o.UpdatedAt),
	})
	if err != nil {
		return o, err
	}
	return s.storeReferences(ctx, c, o, row)
}

// encodeObject returns the JSON of an object's spec and of its labels.
func encodeObject(o resource.Object) (spec, labels json.RawMessage, err error) {
	if spec, err = encodeJSON(o.Spec); err != nil {
		return nil, nil, err
	}
	if len(o.Labels) == 0 {
		return spec, json.RawMessage("{}"), nil
	}
	labels, err = encodeJSON(o.Labels)
	return spec, labels, err
}

func (s resourceStore) update(ctx context.Context, c *change, before, after resource.Object) (resource.Object, error) {
	spec, labels, err := encodeObject(after)
	if err != nil {
		return after, err
	}
	name := after.Spec.ObjectName()
	row, err := c.q.UpdateResource(ctx, sqlcgen.UpdateResourceParams{
		OrganizationID: c.org.ID, ID: before.ID, Version: before.Version, Name: name, NameKey: s.kind.NameKey(name),
		Spec: spec, Labels: labels, Bytes: int32(after.Spec.Size()),
		Position: int32(after.Position), UpdatedBy: c.by.Actor.ID,
	})
	if err != nil {
		return after, err
	}
	if err := c.q.DeleteReferences(ctx, sqlcgen.DeleteReferencesParams{OrganizationID: c.org.ID, ResourceID: before.ID}); err != nil {
		return after, fmt.Errorf("delete references: %w", err)
	}
	return s.storeReferences(ctx, c, after, row)
}

// storeReferences stores the references of an object, and returns the object as stored.
func (s resourceStore) storeReferences(ctx context.Context, c *change, o resource.Object, row sqlcgen.Resource) (resource.Object, error) {
	for _, r := range o.Spec.References() {
		target, err := s.db.kind(r.Kind)
		if err != nil {
			return o, err
		}
		p := sqlcgen.InsertReferenceParams{
			OrganizationID: c.org.ID, ResourceID: row.ID, Path: r.Path, TargetKind: r.Kind, TargetNameKey: target.NameKey(r.Name),
		}
		if id := o.Targets[r.Path]; id != uuid.Nil {
			if r.Kind == modes.KindName {
				p.TargetModeID = &id
			} else {
				p.TargetResourceID = &id
			}
		}
		if err := c.q.InsertReference(ctx, p); err != nil {
			return o, fmt.Errorf("reference: %w", err)
		}
	}
	if len(o.Targets) > 0 {
		if err := s.checkCycle(ctx, c, o, row.ID); err != nil {
			return o, err
		}
	}
	return s.fromRow(ctx, c.q, row, nil)
}

// checkCycle rejects an object that requires itself, directly or through others.
func (s resourceStore) checkCycle(ctx context.Context, c *change, o resource.Object, id uuid.UUID) error {
	reached := map[uuid.UUID]bool{}
	for next := []uuid.UUID{id}; len(next) > 0; {
		ids, err := c.q.ListRequiredResources(ctx, sqlcgen.ListRequiredResourcesParams{OrganizationID: c.org.ID, Ids: next})
		if err != nil {
			return fmt.Errorf("list required resources: %w", err)
		}
		next = nil
		for _, found := range ids {
			if found == id {
				return s.cycleFault(o)
			}
			if !reached[found] {
				reached[found] = true
				next = append(next, found)
			}
		}
	}
	return nil
}

func (s resourceStore) cycleFault(o resource.Object) error {
	f := fault.New(fault.Invalid, "invalid_"+s.singular(), "The %s was not saved", s.kind.Names().Noun)
	for _, r := range o.Spec.References() {
		if r.Required {
			f = f.With(fault.Field{Pointer: r.Path, Detail: fmt.Sprintf("%q requires %q in turn; remove one of the references", r.Name, o.Spec.ObjectName())})
		}
	}
	return f
}

func (s resourceStore) remove(ctx context.Context, c *change, o resource.Object) (int64, error) {
	return c.q.DeleteResource(ctx, sqlcgen.DeleteResourceParams{OrganizationID: c.org.ID, ID: o.ID, Version: o.Version})
}

func (s resourceStore) measure(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID) (objects, bytes int, err error) {
	size, err := q.MeasureResources(ctx, sqlcgen.MeasureResourcesParams{OrganizationID: org, Kind: s.singular()})
	if err != nil {
		return 0, 0, fmt.Errorf("measure %s: %w", s.kind.Names().Plural, err)
	}
	return int(size.Resources), int(size.Bytes), nil
}

// resourceContent is an object in versions and in the audit log: the fields of its spec and,
// beside them, its position, labels and the ids of its references. The spec has the names of
// the references at that time; the ids identify the objects.
type resourceContent struct {
	Position   int                  `json:"$position,omitzero"`
	Labels     map[string]string    `json:"$labels,omitempty"`
	References map[string]uuid.UUID `json:"$references,omitempty"`
	spec       resource.Spec
}

// MarshalJSON writes the fields of the spec first.
func (c resourceContent) MarshalJSON() ([]byte, error) {
	type plain resourceContent
	spec, err := json.Marshal(c.spec)
	if err != nil {
		return nil, err
	}
	if c.Position == 0 && len(c.Labels) == 0 && len(c.References) == 0 {
		return spec, nil
	}
	rest, err := json.Marshal(plain(c))
	if err != nil {
		return nil, err
	}
	return slices.Concat(spec[:len(spec)-1], []byte(","), rest[1:]), nil
}

func (resourceStore) encode(o resource.Object) any {
	return resourceContent{o.Position, o.Labels, o.Targets, o.Spec}
}

func (s resourceStore) decode(ctx context.Context, n *referenceNames, id uuid.UUID, content []byte) (resource.Object, error) {
	var c resourceContent
	if err := json.Unmarshal(content, &c); err != nil {
		return resource.Object{}, err
	}
	if c.Labels == nil {
		c.Labels = map[string]string{} // it had none
	}
	spec, err := s.decodeContent(content)
	if err != nil {
		return resource.Object{}, err
	}
	for _, r := range spec.References() {
		name, err := n.nameOf(ctx, r.Kind, c.References[r.Path])
		if err != nil {
			return resource.Object{}, err
		}
		if name != "" {
			spec = spec.WithReference(r.Path, name)
		}
	}
	return resource.Object{
		Kind: s.singular(), Meta: resource.Meta{ID: id, OrganizationID: n.org, Position: c.Position}, Spec: spec, Labels: c.Labels, Targets: c.References,
	}, nil
}

// decodeContent decodes the fields of the spec.
func (s resourceStore) decodeContent(content []byte) (resource.Spec, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(content, &fields); err != nil {
		return nil, err
	}
	maps.DeleteFunc(fields, func(name string, _ json.RawMessage) bool { return strings.HasPrefix(name, "$") })
	spec, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	return s.kind.Decode(spec)
}
