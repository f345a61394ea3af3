package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres/sqlcgen"
)

// ModeVersion is one version of a mode.
type ModeVersion struct {
	audit.Version
	Mode     modes.Mode
	Position int
}

// ModeVersions lists the versions of a mode, deleted or not, newest first: those
// below the version number before (0: from the newest).
func (db *DB) ModeVersions(ctx context.Context, org, id uuid.UUID, before int64, limit int) ([]ModeVersion, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	rows, err := db.q.ListVersions(ctx, sqlcgen.ListVersionsParams{
		OrganizationID: org, SubjectKind: string(audit.Mode), SubjectID: id, BeforeVersion: before, RowLimit: int32(limit), //nolint:gosec // a page's size
	})
	if err != nil {
		return nil, fmt.Errorf("list versions: %w", err)
	}
	if len(rows) == 0 && before == math.MaxInt64 {
		return nil, fault.New(fault.NotFound, "not_found", "There is no such mode")
	}
	out := make([]ModeVersion, len(rows))
	for i, r := range rows {
		if out[i], err = toModeVersion(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ModeVersion returns one version of a mode.
func (db *DB) ModeVersion(ctx context.Context, org, id uuid.UUID, version int64) (ModeVersion, error) {
	return modeVersion(ctx, db.q, org, id, version)
}

func modeVersion(ctx context.Context, q *sqlcgen.Queries, org, id uuid.UUID, version int64) (ModeVersion, error) {
	row, err := q.GetVersion(ctx, sqlcgen.GetVersionParams{
		OrganizationID: org, SubjectKind: string(audit.Mode), SubjectID: id, Version: version,
	})
	if err != nil {
		return ModeVersion{}, orNotFound(err, "version")
	}
	return toModeVersion(row)
}

// RestoreMode makes an older version of a mode the current one; a deleted mode
// comes back under its id. seen is as for UpdateMode, and has no meaning for a
// deleted one.
func (db *DB) RestoreMode(ctx context.Context, by audit.By, org, id uuid.UUID, version, seen int64) (modes.OrganizationMode, error) {
	var out modes.OrganizationMode
	_, err := db.inChange(ctx, by, org, func(c *change) error {
		old, err := modeVersion(ctx, c.q, org, id, version)
		if err != nil {
			return err
		}
		before, err := c.findMode(ctx, id.String(), seen)
		switch {
		case fault.Is(err, fault.NotFound):
			out, err = c.createMode(ctx, id, old.Mode, audit.Restore)
		case err == nil:
			after := before
			after.Mode = old.Mode
			out, err = c.updateMode(ctx, before, after, audit.Restore)
		}
		if err != nil {
			return err
		}
		return c.withinLimits(ctx)
	})
	return out, err
}

// DeletedModes lists what was deleted and not restored, newest first.
func (db *DB) DeletedModes(ctx context.Context, org uuid.UUID, limit int) ([]ModeVersion, error) {
	rows, err := db.q.ListDeleted(ctx, sqlcgen.ListDeletedParams{OrganizationID: org, SubjectKind: string(audit.Mode), RowLimit: int32(limit)}) //nolint:gosec // a page's size
	if err != nil {
		return nil, fmt.Errorf("list deleted: %w", err)
	}
	out := make([]ModeVersion, len(rows))
	for i, r := range rows {
		out[i], err = toModeVersion(sqlcgen.Version{
			SubjectKind: string(audit.Mode), SubjectID: r.SubjectID, Version: r.Version, OrganizationID: org, Revision: r.Revision,
			Action: string(audit.Delete), Content: r.Content, ActorKind: r.ActorKind, ActorID: r.ActorID, ActorName: r.ActorName, OccurredAt: r.OccurredAt,
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func toModeVersion(r sqlcgen.Version) (ModeVersion, error) {
	var c modeContent
	if err := json.Unmarshal(r.Content, &c); err != nil {
		return ModeVersion{}, fmt.Errorf("version %d of mode %s: %w", r.Version, r.SubjectID, err)
	}
	return ModeVersion{
		Version: audit.Version{
			Subject: audit.Subject{Kind: audit.Mode, ID: r.SubjectID.String(), Name: c.Name},
			Version: r.Version, Revision: r.Revision, Action: audit.Action(r.Action), Content: r.Content,
			Actor:      audit.Actor{Kind: audit.ActorKind(r.ActorKind), ID: r.ActorID, Name: r.ActorName},
			OccurredAt: r.OccurredAt.UTC(),
		},
		Mode: modes.Mode{Slug: c.Slug, Name: c.Name, Config: c.Config}, Position: c.Position,
	}, nil
}

// AuditFilter narrows the audit log; what is zero lets everything through.
type AuditFilter struct {
	// Actions are full names, such as "mode.update".
	Actions   []string
	ActorID   string
	SubjectID string
	// Since is inclusive, Until exclusive.
	Since, Until time.Time
	// Before is the id of the last entry of the page before.
	Before int64
	// Limit is the size of a page.
	Limit int
}

// Audit lists an organization's audit log, newest first.
func (db *DB) Audit(ctx context.Context, org uuid.UUID, f AuditFilter) ([]audit.Entry, error) {
	if f.Before == 0 {
		f.Before = math.MaxInt64
	}
	p := sqlcgen.ListAuditParams{OrganizationID: &org, BeforeID: f.Before, RowLimit: int32(f.Limit), Actions: f.Actions} //nolint:gosec // a page's size
	p.ActorID, p.SubjectID = orNil(f.ActorID), orNil(f.SubjectID)
	p.Since, p.Until = orNil(f.Since), orNil(f.Until)
	rows, err := db.q.ListAudit(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("list audit: %w", err)
	}
	out := make([]audit.Entry, len(rows))
	for i, r := range rows {
		out[i] = audit.Entry{
			ID: r.ID, OccurredAt: r.OccurredAt.UTC(), Organization: r.OrganizationID, Revision: r.Revision,
			By: audit.By{
				Actor:     audit.Actor{Kind: audit.ActorKind(r.ActorKind), ID: r.ActorID, Name: r.ActorName},
				RequestID: r.RequestID, Source: r.Source,
			},
			Action: r.Action, Subject: audit.Subject{Kind: audit.SubjectKind(r.SubjectKind), ID: r.SubjectID, Name: r.SubjectName},
			Before: r.Before, After: r.After,
		}
	}
	return out, nil
}

func orNil[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
