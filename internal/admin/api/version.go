package api

import (
	"strconv"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/admin/auditlog"
	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
)

// version is one version of a mode; Mode is there where one was asked for.
type version struct {
	ModeID     string         `json:"mode_id"`
	Version    int64          `json:"version"`
	Revision   int64          `json:"revision"`
	Action     audit.Action   `json:"action"`
	Actor      auditlog.Actor `json:"actor"`
	OccurredAt time.Time      `json:"occurred_at"`
	Slug       string         `json:"slug"`
	Name       string         `json:"name"`
	Mode       *content       `json:"mode,omitempty"`
}

func versionOf(m postgres.ModeVersion) version {
	return version{
		ModeID: m.Subject.ID, Version: m.Version.Version, Revision: m.Revision, Action: m.Action,
		Actor: auditlog.Actor{Kind: m.Actor.Kind, ID: m.Actor.ID, Name: m.Actor.Name}, OccurredAt: m.OccurredAt, Slug: m.Object.Slug, Name: m.Object.Name,
	}
}

// history is the id of the mode in the path, which may have been deleted: then
// it is found by its id only.
func (a *API) history(v *visit) (uuid.UUID, error) {
	ref := v.Params("mode")
	if id, err := uuid.Parse(ref); err == nil && len(ref) == 36 {
		return id, nil
	}
	m, err := a.DB.Mode(v.UserContext(), v.org.ID, ref)
	return m.ID, err
}

// versionNumber reads a version of the path, or of the query.
func versionNumber(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return 0, fault.New(fault.NotFound, "not_found", "There is no such version; versions count from 1")
	}
	return n, nil
}
