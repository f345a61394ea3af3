package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
)

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

// answerMode writes a mode with its ETag.
func (a *API) answerMode(v *visit, status int, m modes.OrganizationMode) error {
	v.Set("ETag", etag(m.ID, m.Version))
	return answer(v.Ctx, status, a.own(m))
}

// target is the mode that a change is for, held against what the caller saw:
// its id, so that the change can't hit another one which took its slug
// meanwhile, and what postgres is to compare under its lock.
func (a *API) target(v *visit, m ifMatch) (ref string, seen int64, err error) {
	current, err := a.DB.Mode(v.UserContext(), v.org.ID, v.Params("mode"))
	if fault.Is(err, fault.NotFound) {
		return "", 0, a.orDeleted(v.UserContext(), v.org.ID, m, err)
	}
	if err != nil {
		return "", 0, err
	}
	return current.ID.String(), m.seen(current.ID, current.Version), nil
}

// orDeleted makes "not there" of a mode that the caller saw a conflict: it was
// deleted meanwhile.
func (a *API) orDeleted(ctx context.Context, org uuid.UUID, m ifMatch, notFound error) error {
	for _, tag := range m.tags {
		if len(tag) < 2+36 {
			continue
		}
		id, err := uuid.Parse(tag[1:37])
		if err != nil {
			continue
		}
		versions, err := a.DB.ModeVersions(ctx, org, id, 0, 1)
		if err != nil {
			continue
		}
		return fault.New(fault.Stale, "mode_deleted",
			"The mode was deleted meanwhile, by %s. Nothing was saved; restore it from its versions, or create it again", versions[0].Actor.Name)
	}
	return notFound
}
