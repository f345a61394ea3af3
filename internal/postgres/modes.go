package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"orgmodes/internal/modes"
	"orgmodes/internal/postgres/sqlcgen"
	"orgmodes/internal/resource"
	"orgmodes/internal/templates"
)

// modeStore stores modes in organization_modes.
type modeStore struct{ db *DB }

// CountModesExcept counts an organization's own modes, except the ones that replace one of
// others.
func (db *DB) CountModesExcept(ctx context.Context, org uuid.UUID, others []modes.Mode) (int, error) {
	slugs := make([]string, len(others))
	for i, m := range others {
		slugs[i] = modes.SlugKey(m.Slug)
	}
	n, err := db.q.CountModesBeside(ctx, sqlcgen.CountModesBesideParams{OrganizationID: org, Slugs: slugs})
	if err != nil {
		return 0, fmt.Errorf("count modes: %w", err)
	}
	return int(n), nil
}

func (s modeStore) list(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID) ([]resource.Object, error) {
	rows, err := q.ListModes(ctx, org)
	if err != nil {
		return nil, fmt.Errorf("list modes: %w", err)
	}
	out, err := s.fromRows(ctx, q, org, rows)
	modes.SortBy(out, func(o resource.Object) (int, string, string) { return o.Position, o.Spec.Title(), o.Spec.ObjectName() })
	return out, err
}

// fromRows returns the modes of rows.
func (s modeStore) fromRows(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID, rows []sqlcgen.OrganizationMode) ([]resource.Object, error) {
	names := &referenceNames{db: s.db, q: q, org: org}
	out := make([]resource.Object, len(rows))
	for i, r := range rows {
		template, err := names.nameOf(ctx, templates.KindName, valueOrZero(r.PermissionTemplateID))
		if err != nil {
			return nil, err
		}
		if out[i], err = modeObject(r, template); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// fromRow returns the mode of a row, if err is nil.
func (s modeStore) fromRow(ctx context.Context, q *sqlcgen.Queries, row sqlcgen.OrganizationMode, err error) (resource.Object, error) {
	if err != nil {
		return resource.Object{}, err
	}
	all, err := s.fromRows(ctx, q, row.OrganizationID, []sqlcgen.OrganizationMode{row})
	if err != nil {
		return resource.Object{}, err
	}
	return all[0], nil
}

// modeObject returns the mode of a row; template is the name of its permission template.
func modeObject(r sqlcgen.OrganizationMode, template string) (resource.Object, error) {
	m := modes.Mode{Slug: r.Slug, Name: r.Name}
	if err := json.Unmarshal(r.Config, &m.Config); err != nil {
		return resource.Object{}, fmt.Errorf("mode %s: stored config: %w", r.ID, err)
	}
	m.Config.PermissionTemplate = template
	return resource.Object{
		Kind: modes.KindName, Spec: m, Targets: modes.TemplateTargets(valueOrZero(r.PermissionTemplateID)),
		Meta: resource.Meta{
			ID: r.ID, OrganizationID: r.OrganizationID, CreatedBy: r.CreatedBy, UpdatedBy: r.UpdatedBy,
			CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(), Version: r.Version, Position: int(r.Position),
		},
	}, nil
}

func (s modeStore) byID(ctx context.Context, q *sqlcgen.Queries, org, id uuid.UUID) (resource.Object, error) {
	row, err := q.GetMode(ctx, sqlcgen.GetModeParams{OrganizationID: org, ID: id})
	return s.fromRow(ctx, q, row, err)
}

func (s modeStore) byName(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID, slug string) (resource.Object, error) {
	row, err := q.GetModeBySlug(ctx, sqlcgen.GetModeBySlugParams{OrganizationID: org, Slug: slug})
	return s.fromRow(ctx, q, row, err)
}

func (modeStore) names(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID) (map[uuid.UUID]string, error) {
	rows, err := q.ListModeSummaries(ctx, org)
	if err != nil {
		return nil, fmt.Errorf("list names of modes: %w", err)
	}
	names := make(map[uuid.UUID]string, len(rows))
	for _, r := range rows {
		names[r.ID] = r.Slug
	}
	return names, nil
}

// users returns nothing: no kind refers to modes.
func (modeStore) users(context.Context, *change, resource.Object) ([]resource.Referrer, error) {
	return nil, nil
}

func (modeStore) insert(ctx context.Context, c *change, o resource.Object) (resource.Object, error) {
	position := int32(o.Position)
	if position == 0 { // a new one comes after the others
		last, err := c.q.LastPosition(ctx, c.org.ID)
		if err != nil {
			return o, fmt.Errorf("last position: %w", err)
		}
		position = last + positionGap
	}
	m := modes.FromObject(o).Mode
	config, err := encodeConfig(m)
	if err != nil {
		return o, err
	}
	row, err := c.q.InsertMode(ctx, sqlcgen.InsertModeParams{
		ID: o.ID, OrganizationID: c.org.ID, Name: m.Name, Slug: m.Slug, Config: config,
		CreatedBy: c.by.Actor.ID, UpdatedBy: c.by.Actor.ID, Version: o.Version, Position: position,
		PermissionTemplateID: ptrOrNil(modes.TemplateID(o)),
	})
	if err != nil {
		return o, err
	}
	return modeObject(row, m.Config.PermissionTemplate)
}

func (modeStore) update(ctx context.Context, c *change, before, after resource.Object) (resource.Object, error) {
	m := modes.FromObject(after).Mode
	config, err := encodeConfig(m)
	if err != nil {
		return after, err
	}
	row, err := c.q.UpdateMode(ctx, sqlcgen.UpdateModeParams{
		OrganizationID: c.org.ID, ID: before.ID, Version: before.Version,
		Name: m.Name, Slug: m.Slug, Config: config, UpdatedBy: c.by.Actor.ID, Position: int32(after.Position),
		PermissionTemplateID: ptrOrNil(modes.TemplateID(after)),
	})
	if err != nil {
		return after, err
	}
	return modeObject(row, m.Config.PermissionTemplate)
}

func (modeStore) remove(ctx context.Context, c *change, o resource.Object) (int64, error) {
	return c.q.DeleteMode(ctx, sqlcgen.DeleteModeParams{OrganizationID: c.org.ID, ID: o.ID, Version: o.Version})
}

func (modeStore) measure(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID) (objects, bytes int, err error) {
	size, err := q.MeasureModes(ctx, org)
	if err != nil {
		return 0, 0, fmt.Errorf("measure modes: %w", err)
	}
	return int(size.Modes), int(size.Bytes), nil
}

// modeContent is a mode in versions and in the audit log. Config has the permission
// template's name at that time; the template's id identifies it.
type modeContent struct {
	Slug                 string       `json:"slug"`
	Name                 string       `json:"name"`
	Position             int          `json:"position"`
	PermissionTemplateID uuid.UUID    `json:"permission_template_id,omitzero"`
	Config               modes.Config `json:"config"`
}

func (modeStore) encode(o resource.Object) any {
	m := modes.FromObject(o).Mode
	return modeContent{Slug: m.Slug, Name: m.Name, Position: o.Position, PermissionTemplateID: modes.TemplateID(o), Config: m.Config}
}

func (modeStore) decode(ctx context.Context, n *referenceNames, id uuid.UUID, content []byte) (resource.Object, error) {
	var c modeContent
	if err := json.Unmarshal(content, &c); err != nil {
		return resource.Object{}, err
	}
	// Use the template's current name or, if it was deleted, its name at that time.
	name, err := n.nameOf(ctx, templates.KindName, c.PermissionTemplateID)
	if err != nil {
		return resource.Object{}, err
	}
	if name != "" {
		c.Config.PermissionTemplate = name
	}
	return resource.Object{
		Kind: modes.KindName, Meta: resource.Meta{ID: id, OrganizationID: n.org, Position: c.Position},
		Spec: modes.Mode{Slug: c.Slug, Name: c.Name, Config: c.Config}, Targets: modes.TemplateTargets(c.PermissionTemplateID),
	}, nil
}

// encodeConfig returns the configuration without the permission template, which is a column
// so that it can't dangle.
func encodeConfig(m modes.Mode) (json.RawMessage, error) {
	m.Config.PermissionTemplate = ""
	config, err := json.Marshal(m.Config)
	if err != nil {
		return nil, fmt.Errorf("mode config: %w", err)
	}
	return config, nil
}
