package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/admin/files"
	"orgmodes/internal/audit"
	"orgmodes/internal/diff"
	"orgmodes/internal/modes"
)

// modes are modes over HTTP.
func (a *API) modes() *resource[modes.OrganizationMode] {
	return &resource[modes.OrganizationMode]{
		API: a, noun: "mode", plural: "modes", deletedCode: "mode_deleted", most: modes.MaxModes,
		takesList: []string{"view"}, takesImport: []string{"collision", "slug..."}, takesExport: []string{"view", "format", "slug..."},
		of:     func(m modes.OrganizationMode) (uuid.UUID, int64) { return m.ID, m.Version },
		called: func(m modes.OrganizationMode) string { return m.Name },
		shown:  func(m modes.OrganizationMode) any { return a.own(m) },
		sent:   func(m modes.OrganizationMode) any { return contentOf(m.Mode) },
		read: func(v *visit) (m modes.OrganizationMode, err error) {
			data, isYAML, err := modeBody(v.Ctx)
			if err == nil {
				m.Mode, err = modes.ReadMode(v.UserContext(), data, isYAML)
			}
			return m, err
		},
		onto: func(now, other modes.OrganizationMode) modes.OrganizationMode { now.Mode = other.Mode; return now },
		patched: func(now modes.OrganizationMode, patch []byte) (_ modes.OrganizationMode, err error) {
			now.Mode, err = modes.PatchMode(now.Mode, patch)
			return now, err
		},
		diff: func(before, after modes.OrganizationMode) []diff.Change { return modes.Diff(before.Mode, after.Mode) },
		name: func(out *version, id string, m modes.OrganizationMode, whole bool) {
			out.ModeID, out.Slug, out.Name = id, m.Slug, m.Name
			if whole {
				out.Mode = contentOf(m.Mode)
			}
		},
		listed: a.modesListed, export: a.modeExport,
		imported: func(v *visit, up importRequest, how howToImport) (any, int64, error) {
			choices, err := up.modeChoices(v)
			if err != nil {
				return nil, 0, err
			}
			plan, err := files.ImportModes(v.UserContext(), a.DB, v.by(), v.org.ID, importOf(up, how, choices))
			if err != nil {
				return nil, 0, err
			}
			return plan, plan.Revision, nil
		},
		find: a.DB.Mode, update: a.DB.UpdateMode, remove: a.DB.DeleteMode,
		create: func(ctx context.Context, by audit.By, org uuid.UUID, m modes.OrganizationMode) (modes.OrganizationMode, error) {
			return a.DB.CreateMode(ctx, by, org, m.Mode)
		},
		versions: a.DB.ModeVersions, heads: a.DB.ModeVersionHeads, version: a.DB.ModeVersion, restore: a.DB.RestoreMode, deleted: a.DB.DeletedModes,
		removeAll: a.DB.DeleteModes, restoreAll: a.DB.RestoreModes,
	}
}

// mode is a mode in the API. What is sent has slug, name and config; the rest
// is ours, and ignored where it is sent back.
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
}

// content is a mode as it is sent.
type content struct {
	Slug   string       `json:"slug"`
	Name   string       `json:"name"`
	Config modes.Config `json:"config"`
}

func contentOf(m modes.Mode) content { return content{m.Slug, m.Name, m.Config} }

func modeOf(m modes.OrganizationMode) mode {
	return mode{
		ID: m.ID, OrganizationID: m.OrganizationID, Slug: m.Slug, Name: m.Name,
		CreatedBy: m.CreatedBy, CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt, UpdatedBy: m.UpdatedBy,
		Version: m.Version, Position: m.Position, ETag: etag(m.ID, m.Version), Config: m.Config,
	}
}

// own is modeOf with the mark of a mode that stands in for a built-in one.
func (a *API) own(m modes.OrganizationMode) mode {
	out := modeOf(m)
	out.Overrides = a.isBuiltin(m.Slug)
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
