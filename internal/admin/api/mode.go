package api

import (
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/admin/actions"
	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/modes"
	"orgmodes/internal/resource"
)

// modeAPI presents modes.
type modeAPI struct{ *API }

func (a *API) modes() *objects {
	return &objects{API: a, store: a.DB.Objects(modes.KindName), presenter: modeAPI{a}}
}

func (modeAPI) parameters() parameters {
	return parameters{list: []string{"view"}, imports: []string{"only", "choices", "index...", "collision", "slug..."}, export: []string{"view", "format", "slug..."}}
}

func (modeAPI) limit() int { return modes.MaxModes }

func (a modeAPI) present(o resource.Object, can actions.List) any { return a.presentMode(o, can) }

func (modeAPI) actions(v *request, _ string) actions.List {
	return actions.NewList(v.decide, v.address(""), []actions.Definition{actions.Move})
}

func (modeAPI) spec(o resource.Object) any { return o.Spec.Fields() }

func (modeAPI) read(v *request) (o resource.Object, err error) {
	data, isYAML, err := modeBody(v.Ctx)
	if err != nil {
		return o, err
	}
	o.Spec, err = modes.ReadMode(v.UserContext(), data, isYAML)
	return o, err
}

func (modeAPI) patch(current resource.Object, patch []byte) (_ resource.Object, err error) {
	m, _ := current.Spec.(modes.Mode)
	current.Spec, err = modes.PatchMode(m, patch)
	return current, err
}

func (modeAPI) describe(out *version, o resource.Object, withContent bool) {
	m := modes.FromObject(o).Mode
	out.ModeID, out.Slug, out.Name = o.ID.String(), m.Slug, m.Name
	if withContent {
		out.Mode = m.Fields()
	}
}

func (a modeAPI) importFiles(v *request, up importRequest, options importOptions) (any, int64, error) {
	var choices transfer.ModeChoices
	if err := up.choices(v, &choices, "collision", &choices.Collision, &choices.Indexes); err != nil {
		return nil, 0, err
	}
	choices.Slugs = append(choices.Slugs, up.values(v, "slug")...)
	return a.runImport(v, up, options, choices, transfer.NewModeImport)
}

// mode is a mode in the API. Requests have slug, name and config. The other fields are
// set by the server, and ignored in requests.
type mode struct {
	ID             uuid.UUID    `json:"id,omitzero"`
	OrganizationID uuid.UUID    `json:"organization_id,omitzero"`
	Slug           string       `json:"slug"`
	Name           string       `json:"name"`
	CreatedBy      string       `json:"created_by,omitempty"`
	CreatedAt      time.Time    `json:"created_at,omitzero"`
	UpdatedAt      time.Time    `json:"updated_at,omitzero"`
	UpdatedBy      string       `json:"updated_by,omitempty"`
	Version        int64        `json:"version,omitempty"`
	Position       int          `json:"position,omitempty"`
	ETag           string       `json:"etag,omitempty"`
	BuiltIn        bool         `json:"built_in,omitempty"`
	Overrides      bool         `json:"overrides,omitempty"`
	Config         modes.Config `json:"config"`
	Actions        actions.List `json:"actions,omitempty"`
}

func modeOf(o resource.Object) mode {
	m := modes.FromObject(o).Mode
	return mode{
		ID: o.ID, OrganizationID: o.OrganizationID, Slug: m.Slug, Name: m.Name,
		CreatedBy: o.CreatedBy, CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt, UpdatedBy: o.UpdatedBy,
		Version: o.Version, Position: o.Position, ETag: etag(o.ID, o.Version), Config: m.Config,
	}
}

// presentMode returns a mode in the API's format with its actions. It sets Overrides if the
// mode replaces a built-in one.
func (a *API) presentMode(o resource.Object, can actions.List) mode {
	out := modeOf(o)
	out.Actions = can
	out.Overrides = a.isBuiltin(out.Slug)
	return out
}

func (a *API) isBuiltin(slug string) bool {
	for _, b := range a.Builtins {
		if modes.SlugKey(b.Slug) == modes.SlugKey(slug) {
			return true
		}
	}
	return false
}
