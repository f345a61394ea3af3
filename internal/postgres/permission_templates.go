package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres/sqlcgen"
	"orgmodes/internal/resource"
	"orgmodes/internal/templates"
)

// templateStore stores permission templates in permission_templates.
type templateStore struct{}

// AddShippedTemplates adds those of the templates that we ship whose names the
// organization doesn't have, and returns them.
func (db *DB) AddShippedTemplates(ctx context.Context, by audit.By, org uuid.UUID) (added []templates.OrganizationTemplate, err error) {
	_, err = db.inChange(ctx, by, org, func(c *change) (err error) {
		added, err = c.addShippedTemplates(ctx)
		return err
	})
	return added, err
}

func (c *change) addShippedTemplates(ctx context.Context) (added []templates.OrganizationTemplate, err error) {
	for _, t := range templates.Shipped() {
		out, err := c.apply(ctx, resource.Op{Verb: resource.Create, Kind: templates.KindName, New: resource.Object{Spec: t}})
		if fault.Is(err, fault.Conflict) {
			continue
		}
		if err != nil {
			return nil, err
		}
		added = append(added, templates.FromObject(out.Object))
	}
	return added, c.checkLibrary(ctx)
}

// SeedTemplates gives the shipped templates to organizations that are older than
// them, at most limit, and returns how many that were. It is done once for each:
// what is deleted after that stays deleted.
func (db *DB) SeedTemplates(ctx context.Context, by audit.By, limit int) (seeded int, err error) {
	rows, err := db.q.Unseeded(ctx, sqlcgen.UnseededParams{Canary: canary, RowLimit: int32(limit)}) //nolint:gosec // a page's size
	if err != nil {
		return 0, fmt.Errorf("seed templates: %w", err)
	}
	for _, org := range rows {
		_, err := db.inChange(ctx, by, org, func(c *change) error {
			// Another one may have been faster; the organization's lock is held.
			n, err := c.q.MarkSeeded(ctx, org)
			if err != nil || n == 0 {
				return err
			}
			_, err = c.addShippedTemplates(ctx)
			return err
		})
		if err == nil { // for one that had them all: a change that changes nothing leaves no mark
			_, err = db.q.MarkSeeded(ctx, org)
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return seeded, fmt.Errorf("seed templates: %w", err)
		}
		seeded++
	}
	return seeded, nil
}

func (templateStore) insert(ctx context.Context, c *change, o resource.Object) (resource.Object, error) {
	t := templates.FromObject(o).Template
	row, err := c.q.InsertTemplate(ctx, sqlcgen.InsertTemplateParams{
		ID: o.ID, OrganizationID: c.org.ID, Name: t.Name, PermissionMode: string(t.PermissionMode), AllowedTools: stored(t.AllowedTools),
		DefaultRole: t.DefaultRole, DefaultSystemPrompt: t.DefaultSystemPrompt, Description: t.Description,
		CreatedBy: c.by.Actor.ID, UpdatedBy: c.by.Actor.ID, Version: o.Version,
		CreatedAt: orNil(o.CreatedAt), UpdatedAt: orNil(o.UpdatedAt),
	})
	return templateObject(row), err
}

func (templateStore) update(ctx context.Context, c *change, before, after resource.Object) (resource.Object, error) {
	t := templates.FromObject(after).Template
	row, err := c.q.UpdateTemplate(ctx, sqlcgen.UpdateTemplateParams{
		OrganizationID: c.org.ID, ID: before.ID, Version: before.Version,
		Name: t.Name, PermissionMode: string(t.PermissionMode), AllowedTools: stored(t.AllowedTools),
		DefaultRole: t.DefaultRole, DefaultSystemPrompt: t.DefaultSystemPrompt, Description: t.Description,
		UpdatedBy: c.by.Actor.ID,
	})
	return templateObject(row), err
}

func (templateStore) remove(ctx context.Context, c *change, o resource.Object) (int64, error) {
	return c.q.DeleteTemplate(ctx, sqlcgen.DeleteTemplateParams{OrganizationID: c.org.ID, ID: o.ID, Version: o.Version})
}

// stored is a list that is not null.
func stored(tools []string) []string { return append([]string{}, tools...) }

func (templateStore) list(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID) ([]resource.Object, error) {
	rows, err := q.ListTemplates(ctx, org)
	if err != nil {
		return nil, fmt.Errorf("list permission templates: %w", err)
	}
	out := make([]resource.Object, len(rows))
	for i, r := range rows {
		out[i] = templateObject(r)
	}
	return out, nil
}

func (templateStore) byID(ctx context.Context, q *sqlcgen.Queries, org, id uuid.UUID) (resource.Object, error) {
	row, err := q.GetTemplate(ctx, sqlcgen.GetTemplateParams{OrganizationID: org, ID: id})
	return templateObject(row), err
}

// byName compares names as Go folds their case. The index does it as the database's
// locale does, which may know fewer letters.
func (s templateStore) byName(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID, name string) (resource.Object, error) {
	names, err := s.names(ctx, q, org)
	if err != nil {
		return resource.Object{}, err
	}
	for id, n := range names {
		if templates.NameKey(n) == templates.NameKey(name) {
			return s.byID(ctx, q, org, id)
		}
	}
	return resource.Object{}, pgx.ErrNoRows
}

func (templateStore) names(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID) (map[uuid.UUID]string, error) {
	rows, err := q.ListTemplateNames(ctx, org)
	if err != nil {
		return nil, fmt.Errorf("list names of permission templates: %w", err)
	}
	names := make(map[uuid.UUID]string, len(rows))
	for _, r := range rows {
		names[r.ID] = r.Name
	}
	return names, nil
}

// users returns the modes that name a template.
func (templateStore) users(ctx context.Context, c *change, o resource.Object) ([]resource.User, error) {
	rows, err := c.q.ListModesWithTemplate(ctx, sqlcgen.ListModesWithTemplateParams{OrganizationID: c.org.ID, PermissionTemplateID: o.ID})
	if err != nil {
		return nil, fmt.Errorf("modes with the template: %w", err)
	}
	users := make([]resource.User, len(rows))
	for i, m := range rows {
		users[i] = resource.User{Kind: modes.KindName, ID: m.ID, Name: m.Name}
	}
	return users, nil
}

func (templateStore) measure(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID) (objects, bytes int, err error) {
	size, err := q.MeasureTemplates(ctx, org)
	if err != nil {
		return 0, 0, fmt.Errorf("measure permission templates: %w", err)
	}
	return int(size.Templates), int(size.Bytes), nil
}

// templateContent is a template in versions and in the audit log.
type templateContent struct {
	Name                string                   `json:"name"`
	PermissionMode      templates.PermissionMode `json:"permission_mode"`
	AllowedTools        []string                 `json:"allowed_tools"`
	DefaultRole         *string                  `json:"default_role"`
	DefaultSystemPrompt *string                  `json:"default_system_prompt"`
	Description         *string                  `json:"description"`
}

func (templateStore) content(o resource.Object) any {
	t := templates.FromObject(o).Template
	return templateContent{t.Name, t.PermissionMode, stored(t.AllowedTools), t.DefaultRole, t.DefaultSystemPrompt, t.Description}
}

func (templateStore) read(_ context.Context, n *referenceNames, id uuid.UUID, content []byte) (resource.Object, error) {
	var c templateContent
	if err := json.Unmarshal(content, &c); err != nil {
		return resource.Object{}, err
	}
	return resource.Object{
		Kind: templates.KindName, Meta: resource.Meta{ID: id, OrganizationID: n.org}, Spec: templates.Template(c),
	}, nil
}

func templateObject(r sqlcgen.PermissionTemplate) resource.Object {
	return resource.Object{
		Kind: templates.KindName,
		Meta: resource.Meta{
			ID: r.ID, OrganizationID: r.OrganizationID, CreatedBy: r.CreatedBy, UpdatedBy: r.UpdatedBy,
			CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(), Version: r.Version,
		},
		Spec: templates.Template{
			Name: r.Name, PermissionMode: templates.PermissionMode(r.PermissionMode), AllowedTools: r.AllowedTools,
			DefaultRole: r.DefaultRole, DefaultSystemPrompt: r.DefaultSystemPrompt, Description: r.Description,
		},
	}
}
