package api

import (
	"mime"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/admin/actions"
	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/manifest"
	"orgmodes/internal/resource"
	"orgmodes/internal/upload"
)

// registeredAPI presents objects as manifests. It serves every kind without a dedicated
// API format.
type registeredAPI struct{ *objects }

// registered returns the objects of the kinds without a dedicated API format.
func (a *API) registered() (all []*objects) {
	for _, k := range a.DB.GenericKinds() {
		r := &objects{API: a, store: a.DB.Objects(k.Names().Singular), kind: k}
		r.presenter = registeredAPI{r}
		all = append(all, r)
	}
	return all
}

func (registeredAPI) parameters() parameters { return parameters{} }

func (registeredAPI) limit() int { return manifest.MaxDocuments }

func (r registeredAPI) present(o resource.Object, can actions.List) any {
	out := manifest.FromObject(r.kind, o)
	if can != nil {
		out = append(out, jsonast.Pair{Name: "actions", Value: can})
	}
	return out
}

func (registeredAPI) actions(*request, string) actions.List { return nil }

func (r registeredAPI) spec(o resource.Object) any { return manifest.Content(r.kind, o) }

// read parses a manifest, in JSON or YAML.
func (r registeredAPI) read(v *request) (o resource.Object, err error) {
	data, _, err := modeBody(v.Ctx)
	if err != nil {
		return o, err
	}
	documents, err := manifest.Read(v.UserContext(), []resource.Kind{r.kind}, []upload.File{{Data: data}})
	if err != nil {
		return o, err
	}
	if len(documents) > 1 {
		return o, fault.New(fault.Invalid, "several_documents", "These are %d documents, where one is expected; apply takes several", len(documents))
	}
	return documents[0].Object(), nil
}

// patch patches the manifest of the current object.
func (r registeredAPI) patch(current resource.Object, data []byte) (resource.Object, error) {
	return manifest.Patch(r.kind, current, data)
}

func (r registeredAPI) describe(out *version, o resource.Object, withContent bool) {
	out.ID, out.Name = o.ID.String(), o.Spec.Title()
	if withContent {
		out.Spec, out.Labels = o.Spec.Fields(), o.Labels
	}
}

func (r registeredAPI) list(v *request) ([]listItem, error) {
	all, err := r.store.List(v.UserContext(), v.org.ID)
	return mapSlice(all, func(o resource.Object) listItem { return listItem{o.ID.String(), r.presentWithActions(v, o)} }), err
}

// export answers with all objects as YAML documents.
func (r registeredAPI) export(v *request) error {
	all, err := r.store.List(v.UserContext(), v.org.ID)
	if err != nil {
		return err
	}
	v.Set(fiber.HeaderContentType, mediaYAML+"; charset=utf-8")
	v.Set(fiber.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": v.org.Slug + "-" + r.kind.Names().Plural + ".yaml"}))
	return v.Send(manifest.Export(r.kind, all))
}

// importFiles applies manifests of the kind.
func (r registeredAPI) importFiles(v *request, up importRequest, options importOptions) (any, int64, error) {
	documents, err := manifest.Read(v.UserContext(), []resource.Kind{r.kind}, up.files)
	if err != nil {
		return nil, 0, err
	}
	applied, err := transfer.Apply(v.UserContext(), r.DB, v.by(), v.org.ID, documents, options.dryRun, options.expectedRevision)
	return applied, applied.Revision, err
}
