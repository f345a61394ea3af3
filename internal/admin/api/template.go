package api

import (
	"orgmodes/internal/admin/actions"
	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/resource"
	"orgmodes/internal/templates"
)

// templateAPI presents permission templates.
type templateAPI struct{ *API }

func (a *API) templates() *objects {
	return &objects{API: a, store: a.DB.Objects(templates.KindName), presenter: templateAPI{a}}
}

func (templateAPI) parameters() parameters {
	return parameters{imports: []string{"only", "choices", "index...", "on_conflict"}, export: []string{"format", "template..."}}
}

func (templateAPI) limit() int { return templates.MaxTemplates }

func (templateAPI) present(o resource.Object, can actions.List) any { return templateOf(o, can) }

func (templateAPI) actions(v *request, address string) actions.List {
	return actions.NewList(v.decide, address, []actions.Definition{actions.Resolve})
}

func (templateAPI) spec(o resource.Object) any { return o.Spec }

func (a templateAPI) read(v *request) (o resource.Object, err error) {
	data, err := jsonBody(v.Ctx)
	if err != nil {
		return o, err
	}
	o.Spec, err = templates.ReadTemplate(data, a.DB.Tools)
	return o, err
}

func (a templateAPI) patch(current resource.Object, data []byte) (resource.Object, error) {
	patch, err := templates.ReadPatch(data)
	if err != nil {
		return current, err
	}
	t, _ := current.Spec.(templates.Template)
	current.Spec, err = patch.Apply(t, a.DB.Tools)
	return current, err
}

func (templateAPI) describe(out *version, o resource.Object, withContent bool) {
	out.TemplateID, out.Name = o.ID.String(), o.Spec.Title()
	if withContent {
		out.Template = o.Spec
	}
}

func (a templateAPI) list(v *request) (list []listItem, err error) {
	all, err := a.DB.Templates.List(v.UserContext(), v.org.ID)
	for _, t := range templates.Sorted(all) {
		list = append(list, listItem{t.ID.String(), a.templates().presentWithActions(v, t.Object())})
	}
	return list, err
}

func (a templateAPI) importFiles(v *request, up importRequest, options importOptions) (any, int64, error) {
	var choices transfer.TemplateChoices
	if err := up.choices(v, &choices, "on_conflict", &choices.OnConflict, &choices.Only); err != nil {
		return nil, 0, err
	}
	return a.runImport(v, up, options, choices, transfer.NewTemplateImport)
}

// templateOf returns a template in the API's format: the fields that clients know, and
// additional ones. All of it can be sent back; the fields set by the server are ignored
// then.
func templateOf(o resource.Object, can actions.List) jsonast.Map {
	t := templates.FromObject(o)
	out := append(t.Fields(),
		jsonast.Pair{Name: "organization_id", Value: t.OrganizationID.String()},
		jsonast.Pair{Name: "created_by", Value: t.CreatedBy},
		jsonast.Pair{Name: "updated_by", Value: t.UpdatedBy},
		jsonast.Pair{Name: "version", Value: t.Version},
		jsonast.Pair{Name: "etag", Value: etag(t.ID, t.Version)},
	)
	if can != nil {
		out = append(out, jsonast.Pair{Name: "actions", Value: can})
	}
	return out
}
