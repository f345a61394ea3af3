package api

import (
	"context"
	"net/url"

	"github.com/google/uuid"

	"orgmodes/internal/admin/files"
	"orgmodes/internal/audit"
	"orgmodes/internal/diff"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/templates"
)

// templates are permission templates over HTTP.
func (a *API) templates() *resource[templates.OrganizationTemplate] {
	return &resource[templates.OrganizationTemplate]{
		API: a, noun: "template", plural: "templates", deletedCode: "template_deleted", most: templates.MaxTemplates,
		takesImport: []string{"on_conflict"}, takesExport: []string{"format", "template..."},
		of:     func(t templates.OrganizationTemplate) (uuid.UUID, int64) { return t.ID, t.Version },
		called: func(t templates.OrganizationTemplate) string { return t.Name },
		shown:  func(t templates.OrganizationTemplate) any { return templateOf(t) },
		sent:   func(t templates.OrganizationTemplate) any { return t.Template },
		read: func(v *visit) (t templates.OrganizationTemplate, err error) {
			data, err := jsonBody(v.Ctx)
			if err == nil {
				t.Template, err = templates.ReadTemplate(data, a.DB.Tools)
			}
			return t, err
		},
		onto: func(now, other templates.OrganizationTemplate) templates.OrganizationTemplate {
			now.Template = other.Template
			return now
		},
		patched: func(now templates.OrganizationTemplate, data []byte) (templates.OrganizationTemplate, error) {
			patch, err := templates.ReadPatch(data)
			if err == nil {
				now.Template, err = patch.Apply(now.Template, a.DB.Tools)
			}
			return now, err
		},
		diff: func(before, after templates.OrganizationTemplate) []diff.Change {
			return templates.Diff(before.Template, after.Template)
		},
		name: func(out *version, id string, t templates.OrganizationTemplate, whole bool) {
			out.TemplateID, out.Name = id, t.Name
			if whole {
				out.Template = t.Template
			}
		},
		listed: func(v *visit) (list []listed, err error) {
			all, err := a.DB.Templates(v.UserContext(), v.org.ID)
			for _, t := range templates.Sorted(all) {
				list = append(list, listed{t.ID.String(), templateOf(t)})
			}
			return list, err
		},
		export: a.templateExport,
		imported: func(v *visit, up importRequest, how howToImport) (any, int64, error) {
			choices, err := up.templateChoices(v)
			if err != nil {
				return nil, 0, err
			}
			plan, err := files.ImportTemplates(v.UserContext(), a.DB, v.by(), v.org.ID, importOf(up, how, choices))
			if err != nil {
				return nil, 0, err
			}
			return plan, plan.Revision, nil
		},
		find: func(ctx context.Context, org uuid.UUID, ref string) (templates.OrganizationTemplate, error) {
			// Names have blanks, which stand in a path as %20.
			if name, err := url.PathUnescape(ref); err == nil {
				ref = name
			}
			return a.DB.Template(ctx, org, ref)
		},
		create: func(ctx context.Context, by audit.By, org uuid.UUID, t templates.OrganizationTemplate) (templates.OrganizationTemplate, error) {
			return a.DB.CreateTemplate(ctx, by, org, t.Template)
		},
		update: a.DB.UpdateTemplate, remove: a.DB.DeleteTemplate,
		versions: a.DB.TemplateVersions, heads: a.DB.TemplateVersionHeads, version: a.DB.TemplateVersion, restore: a.DB.RestoreTemplate, deleted: a.DB.DeletedTemplates,
		removeAll: a.DB.DeleteTemplates, restoreAll: a.DB.RestoreTemplates,
	}
}

// templateOf is a template in the API: in the shape that clients know, and what
// else is kept of it. All of it may be sent back; what is ours is ignored then.
func templateOf(t templates.OrganizationTemplate) jsonast.Map {
	return append(t.Fields(),
		jsonast.Pair{Name: "organization_id", Value: t.OrganizationID.String()},
		jsonast.Pair{Name: "created_by", Value: t.CreatedBy},
		jsonast.Pair{Name: "updated_by", Value: t.UpdatedBy},
		jsonast.Pair{Name: "version", Value: t.Version},
		jsonast.Pair{Name: "etag", Value: etag(t.ID, t.Version)},
	)
}
