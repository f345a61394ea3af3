package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres/sqlcgen"
	"orgmodes/internal/templates"
)

// templateNoun is what is a permission template's own.
var templateNoun = &noun[templates.OrganizationTemplate]{
	kind: audit.Template, list: listTemplates, find: findTemplate,
	of: func(t templates.OrganizationTemplate) (uuid.UUID, int64, string) {
		return t.ID, t.Version, t.Name
	},
	content: func(t templates.OrganizationTemplate) any { return contentOfTemplate(t) },
	read:    readTemplate,
	accepted: func(_ context.Context, c *change, t templates.OrganizationTemplate) (templates.OrganizationTemplate, error) {
		t.Template = t.Normalized()
		return t, t.Validate(c.tools)
	},
	same: func(a, b templates.OrganizationTemplate) bool { return a.Template.Equal(b.Template) },
	onto: func(now, t templates.OrganizationTemplate) templates.OrganizationTemplate {
		now.Template = t.Template
		return now
	},
	taken:  templateNameTaken,
	insert: insertTemplate,
	update: updateTemplate,
	within: func(ctx context.Context, c *change) error {
		size, err := c.q.MeasureTemplates(ctx, c.org.ID)
		if err != nil {
			return fmt.Errorf("measure permission templates: %w", err)
		}
		return templates.CheckLibrary(int(size.Templates), int(size.Bytes))
	},
	fileList: "templates",
	match: func(all []templates.OrganizationTemplate) func(templates.OrganizationTemplate) (templates.OrganizationTemplate, bool) {
		return func(t templates.OrganizationTemplate) (templates.OrganizationTemplate, bool) {
			if i := slices.IndexFunc(all, func(o templates.OrganizationTemplate) bool { return o.ID == t.ID }); i >= 0 {
				return all[i], true
			}
			i := slices.IndexFunc(all, func(o templates.OrganizationTemplate) bool {
				return templates.NameKey(o.Name) == templates.NameKey(t.Name)
			})
			if i < 0 {
				return templates.OrganizationTemplate{}, false
			}
			return all[i], true
		}
	},
	remove: func(ctx context.Context, c *change, t templates.OrganizationTemplate) (int64, error) {
		if err := templateUnused(ctx, c, t); err != nil {
			return 0, err
		}
		return c.q.DeleteTemplate(ctx, sqlcgen.DeleteTemplateParams{OrganizationID: c.org.ID, ID: t.ID, Version: t.Version})
	},
}

// Templates lists an organization's permission templates by name.
func (db *DB) Templates(ctx context.Context, org uuid.UUID) ([]templates.OrganizationTemplate, error) {
	return listTemplates(ctx, db.q, org)
}

// TemplatesAt is Templates with the revision that they are of.
func (db *DB) TemplatesAt(ctx context.Context, org uuid.UUID) ([]templates.OrganizationTemplate, int64, error) {
	return templateNoun.At(ctx, db, org)
}

// Template returns one of an organization's permission templates, by its id or
// its name. What has the form of an id is taken for one.
func (db *DB) Template(ctx context.Context, org uuid.UUID, ref string) (templates.OrganizationTemplate, error) {
	return findTemplate(ctx, db.q, org, ref)
}

// CreateTemplate adds a permission template to an organization's library.
func (db *DB) CreateTemplate(ctx context.Context, by audit.By, org uuid.UUID, t templates.Template) (templates.OrganizationTemplate, error) {
	return templateNoun.Create(ctx, db, by, org, templates.OrganizationTemplate{Template: t})
}

// UpdateTemplate changes a template with edit; see noun.Update.
func (db *DB) UpdateTemplate(ctx context.Context, by audit.By, org uuid.UUID, ref string, seen int64,
	edit func(templates.OrganizationTemplate) (templates.OrganizationTemplate, error),
) (templates.OrganizationTemplate, error) {
	return templateNoun.Update(ctx, db, by, org, ref, seen, edit)
}

// DeleteTemplate deletes a template that nothing uses; history keeps it. seen is
// as for UpdateTemplate.
func (db *DB) DeleteTemplate(ctx context.Context, by audit.By, org uuid.UUID, ref string, seen int64) (templates.OrganizationTemplate, error) {
	return templateNoun.Delete(ctx, db, by, org, ref, seen)
}

// DeleteTemplates deletes several templates in one change; see noun.DeleteAll.
func (db *DB) DeleteTemplates(ctx context.Context, by audit.By, org uuid.UUID, seen []Seen) ([]templates.OrganizationTemplate, int64, error) {
	return templateNoun.DeleteAll(ctx, db, by, org, seen)
}

// TemplateVersion is one version of a permission template.
type TemplateVersion = Version[templates.OrganizationTemplate]

// TemplateVersions lists the versions of a template; see noun.Versions.
func (db *DB) TemplateVersions(ctx context.Context, org, id uuid.UUID, before int64, limit int) ([]TemplateVersion, error) {
	return templateNoun.Versions(ctx, db, org, id, before, limit)
}

// TemplateVersionHeads lists the versions of a template; see noun.VersionHeads.
func (db *DB) TemplateVersionHeads(ctx context.Context, org, id uuid.UUID, before int64, limit int) ([]TemplateVersion, error) {
	return templateNoun.VersionHeads(ctx, db, org, id, before, limit)
}

// TemplateVersion returns one version of a template.
func (db *DB) TemplateVersion(ctx context.Context, org, id uuid.UUID, version int64) (TemplateVersion, error) {
	return templateNoun.version(ctx, db.q, org, id, version)
}

// RestoreTemplate makes an older version of a template the current one; see
// noun.Restore.
func (db *DB) RestoreTemplate(ctx context.Context, by audit.By, org, id uuid.UUID, version, seen int64) (templates.OrganizationTemplate, error) {
	return templateNoun.Restore(ctx, db, by, org, id, version, seen)
}

// RestoreTemplates makes older versions of several templates their current ones, in
// one change; see noun.RestoreAll.
func (db *DB) RestoreTemplates(ctx context.Context, by audit.By, org uuid.UUID, wanted []Restoration) ([]templates.OrganizationTemplate, int64, error) {
	return templateNoun.RestoreAll(ctx, db, by, org, wanted)
}

// DeletedTemplates lists what was deleted and not restored; see noun.Deleted.
func (db *DB) DeletedTemplates(ctx context.Context, org uuid.UUID, after *Place, limit int) ([]TemplateVersion, error) {
	return templateNoun.Deleted(ctx, db, org, after, limit)
}

// ImportTemplates creates and updates templates; see noun.Import. One with the id
// of an existing one replaces that, otherwise one with its name.
func (db *DB) ImportTemplates(ctx context.Context, by audit.By, org uuid.UUID, in Import[templates.OrganizationTemplate]) ([]Imported[templates.OrganizationTemplate], int64, error) {
	return templateNoun.Import(ctx, db, by, org, in)
}

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
		out, err := templateNoun.create(ctx, c, uuid.New(), templates.OrganizationTemplate{Template: t}, audit.Create)
		if fault.Is(err, fault.Conflict) {
			continue
		}
		if err != nil {
			return nil, err
		}
		added = append(added, out)
	}
	return added, templateNoun.within(ctx, c)
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

func insertTemplate(ctx context.Context, c *change, id uuid.UUID, version int64, t templates.OrganizationTemplate) (templates.OrganizationTemplate, error) {
	row, err := c.q.InsertTemplate(ctx, sqlcgen.InsertTemplateParams{
		ID: id, OrganizationID: c.org.ID, Name: t.Name, PermissionMode: string(t.PermissionMode), AllowedTools: stored(t.AllowedTools),
		DefaultRole: t.DefaultRole, DefaultSystemPrompt: t.DefaultSystemPrompt, Description: t.Description,
		CreatedBy: c.by.Actor.ID, UpdatedBy: c.by.Actor.ID, Version: version,
		CreatedAt: orNil(t.CreatedAt), UpdatedAt: orNil(t.UpdatedAt),
	})
	return toTemplate(row), err
}

func updateTemplate(ctx context.Context, c *change, before, after templates.OrganizationTemplate) (templates.OrganizationTemplate, error) {
	row, err := c.q.UpdateTemplate(ctx, sqlcgen.UpdateTemplateParams{
		OrganizationID: c.org.ID, ID: before.ID, Version: before.Version,
		Name: after.Name, PermissionMode: string(after.PermissionMode), AllowedTools: stored(after.AllowedTools),
		DefaultRole: after.DefaultRole, DefaultSystemPrompt: after.DefaultSystemPrompt, Description: after.Description,
		UpdatedBy: c.by.Actor.ID,
	})
	return toTemplate(row), err
}

// stored is a list that is not null.
func stored(tools []string) []string { return append([]string{}, tools...) }

func listTemplates(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID) ([]templates.OrganizationTemplate, error) {
	rows, err := q.ListTemplates(ctx, org)
	if err != nil {
		return nil, fmt.Errorf("list permission templates: %w", err)
	}
	out := make([]templates.OrganizationTemplate, len(rows))
	for i, r := range rows {
		out[i] = toTemplate(r)
	}
	return out, nil
}

func findTemplate(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID, ref string) (templates.OrganizationTemplate, error) {
	if id, err := uuid.Parse(ref); err == nil && len(ref) == 36 {
		row, err := q.GetTemplate(ctx, sqlcgen.GetTemplateParams{OrganizationID: org, ID: id})
		if errors.Is(err, pgx.ErrNoRows) {
			err = templates.NotFound()
		}
		return toTemplate(row), err
	}
	return findTemplateNamed(ctx, q, org, ref)
}

func findTemplateNamed(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID, name string) (templates.OrganizationTemplate, error) {
	names, err := q.ListTemplateNames(ctx, org)
	if err != nil {
		return templates.OrganizationTemplate{}, fmt.Errorf("list names of permission templates: %w", err)
	}
	for _, t := range names {
		if templates.NameKey(t.Name) == templates.NameKey(name) {
			row, err := q.GetTemplate(ctx, sqlcgen.GetTemplateParams{OrganizationID: org, ID: t.ID})
			return toTemplate(row), err
		}
	}
	return templates.OrganizationTemplate{}, templates.NotFound()
}

// templateNameTaken compares names as Go folds their case, under the
// organization's lock. The index does it as the database's locale does, which
// may know fewer letters.
func templateNameTaken(ctx context.Context, c *change, before *templates.OrganizationTemplate, after templates.OrganizationTemplate) error {
	existing, err := findTemplateNamed(ctx, c.q, c.org.ID, after.Name)
	switch {
	case fault.Is(err, fault.NotFound), before != nil && existing.ID == before.ID:
		return nil
	case err != nil:
		return err
	}
	f := templates.NameTaken(after.Name)
	f.Current = existing
	return f
}

// templateUnused refuses to delete what a mode names, and says which do.
func templateUnused(ctx context.Context, c *change, t templates.OrganizationTemplate) error {
	users, err := c.q.ListModesWithTemplate(ctx, sqlcgen.ListModesWithTemplateParams{OrganizationID: c.org.ID, PermissionTemplateID: t.ID})
	if err != nil {
		return fmt.Errorf("modes with the template: %w", err)
	}
	if len(users) == 0 {
		return nil
	}
	uses := make([]templates.Use, len(users))
	for i, m := range users {
		uses[i] = templates.Use{Kind: string(audit.Mode), ID: m.ID.String(), Name: m.Name}
	}
	return templates.InUse(t.Name, uses)
}

// templateOf is the template that a mode names, by name or id.
func (c *change) templateOf(ctx context.Context, ref string) (name string, id uuid.UUID, err error) {
	if ref == "" {
		return "", uuid.Nil, nil
	}
	t, err := findTemplate(ctx, c.q, c.org.ID, ref)
	if !fault.Is(err, fault.NotFound) {
		return t.Name, t.ID, err
	}
	all, err := c.q.ListTemplateNames(ctx, c.org.ID)
	if err != nil {
		return "", uuid.Nil, fmt.Errorf("list names of permission templates: %w", err)
	}
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = t.Name
	}
	slices.Sort(names)
	have := "there is none yet"
	if len(names) > 0 {
		have = "there are " + strings.Join(names, ", ")
	}
	return "", uuid.Nil, fault.New(fault.Invalid, "invalid_mode", "The mode was not saved").With(fault.Field{
		Pointer: "/config/permissionTemplate",
		Detail:  fmt.Sprintf("This organization has no permission template %q; %s", ref, have),
	})
}

// templateNames are the names of an organization's templates, read when one is
// asked for.
type templateNames struct {
	q    *sqlcgen.Queries
	org  uuid.UUID
	byID map[uuid.UUID]string
}

// of is "" for a template that isn't there.
func (n *templateNames) of(ctx context.Context, id *uuid.UUID) (string, error) {
	if id == nil {
		return "", nil
	}
	if n.byID == nil {
		all, err := n.q.ListTemplateNames(ctx, n.org)
		if err != nil {
			return "", fmt.Errorf("list names of permission templates: %w", err)
		}
		n.byID = make(map[uuid.UUID]string, len(all))
		for _, t := range all {
			n.byID[t.ID] = t.Name
		}
	}
	return n.byID[*id], nil
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

func contentOfTemplate(t templates.OrganizationTemplate) templateContent {
	return templateContent{t.Name, t.PermissionMode, stored(t.AllowedTools), t.DefaultRole, t.DefaultSystemPrompt, t.Description}
}

func readTemplate(_ context.Context, n *templateNames, id uuid.UUID, content json.RawMessage) (templates.OrganizationTemplate, error) {
	var c templateContent
	if err := json.Unmarshal(content, &c); err != nil {
		return templates.OrganizationTemplate{}, err
	}
	return templates.OrganizationTemplate{ID: id, OrganizationID: n.org, Template: templates.Template(c)}, nil
}

func toTemplate(r sqlcgen.PermissionTemplate) templates.OrganizationTemplate {
	return templates.OrganizationTemplate{
		ID: r.ID, OrganizationID: r.OrganizationID, Template: templates.Template{
			Name: r.Name, PermissionMode: templates.PermissionMode(r.PermissionMode), AllowedTools: r.AllowedTools,
			DefaultRole: r.DefaultRole, DefaultSystemPrompt: r.DefaultSystemPrompt, Description: r.Description,
		},
		CreatedBy: r.CreatedBy, UpdatedBy: r.UpdatedBy, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(), Version: r.Version,
	}
}
