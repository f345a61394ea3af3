package api

import (
	"strconv"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/admin/actions"
	"orgmodes/internal/admin/auditexport"
	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
)

// version is one version of an object. Modes and permission templates have dedicated
// fields for the id and the content; all other kinds use id and spec. The content is
// set only if a single version was requested.
type version struct {
	ID         string            `json:"id,omitempty"`
	ModeID     string            `json:"mode_id,omitempty"`
	TemplateID string            `json:"template_id,omitempty"`
	Version    int64             `json:"version"`
	Revision   int64             `json:"revision"`
	Action     audit.Action      `json:"action"`
	Actor      auditexport.Actor `json:"actor"`
	OccurredAt time.Time         `json:"occurred_at"`
	// Slug is set for modes only.
	Slug     string `json:"slug,omitempty"`
	Name     string `json:"name"`
	Mode     any    `json:"mode,omitempty"`
	Template any    `json:"template,omitempty"`
	Spec     any    `json:"spec,omitempty"`

	Labels  map[string]string `json:"labels,omitempty"`
	Actions actions.List      `json:"actions"`
}

func (v version) id() string { return v.ID + v.ModeID + v.TemplateID }

func (r *objects) versionOf(v *request, stored postgres.Version[resource.Object]) version {
	return r.versionWith(v, stored, false)
}

// versionWith returns a version, with its content if withContent is true.
func (r *objects) versionWith(v *request, stored postgres.Version[resource.Object], withContent bool) version {
	out := version{
		Version: stored.Version.Version, Revision: stored.Revision, Action: stored.Action,
		Actor:      auditexport.Actor{Kind: stored.Actor.Kind, ID: stored.Actor.ID, Name: stored.Actor.Name},
		OccurredAt: stored.OccurredAt,
		Actions: actions.NewList(v.decide, v.address("/"+r.store.Names().Plural+"/"+stored.Object.ID.String()),
			[]actions.Definition{actions.Restore}, "version", strconv.FormatInt(stored.Version.Version, 10)),
	}
	r.describe(&out, stored.Object, withContent)
	return out
}

// historyID returns the id of the object in the path, which can be deleted. A deleted
// object is found by id only.
func (r *objects) historyID(v *request) (uuid.UUID, error) {
	ref := r.ref(v)
	if id, err := uuid.Parse(ref); err == nil && len(ref) == 36 {
		return id, nil
	}
	o, err := r.find(v)
	return o.ID, err
}

// versionInPath returns the id of the object in the path and the number of its version
// there.
func (r *objects) versionInPath(v *request) (id uuid.UUID, number int64, err error) {
	if id, err = r.historyID(v); err != nil {
		return id, 0, err
	}
	number, err = versionNumber(v.Params("version"))
	return id, number, err
}

// versionNumber parses a version in the path or the query.
func versionNumber(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return 0, fault.New(fault.NotFound, "not_found", "There is no such version; versions count from 1")
	}
	return n, nil
}
