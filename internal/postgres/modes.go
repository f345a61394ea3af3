package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres/sqlcgen"
)

// Modes lists an organization's own modes, in the order of publication.
func (db *DB) Modes(ctx context.Context, org uuid.UUID) ([]modes.OrganizationMode, error) {
	rows, err := db.q.ListModes(ctx, org)
	if err != nil {
		return nil, fmt.Errorf("list modes: %w", err)
	}
	return toModes(rows)
}

// Mode returns one of an organization's own modes, by its id or its slug. What
// has the form of an id is taken for one.
func (db *DB) Mode(ctx context.Context, org uuid.UUID, ref string) (modes.OrganizationMode, error) {
	return findMode(ctx, db.q, org, ref)
}

// CreateMode adds a mode to an organization's library, after the others.
func (db *DB) CreateMode(ctx context.Context, by audit.By, org uuid.UUID, m modes.Mode) (modes.OrganizationMode, error) {
	m, err := accepted(m)
	if err != nil {
		return modes.OrganizationMode{}, err
	}
	var out modes.OrganizationMode
	_, err = db.inChange(ctx, by, org, func(c *change) error {
		out, err = c.createMode(ctx, uuid.New(), m, audit.Create)
		if err != nil {
			return err
		}
		return c.withinLimits(ctx)
	})
	return out, err
}

// UpdateMode changes a mode with edit, which gets what is there now. seen is the
// version that the caller saw; 0 means that edit is right for any version. The
// loser of a race gets a Stale fault with the current mode.
func (db *DB) UpdateMode(ctx context.Context, by audit.By, org uuid.UUID, ref string, seen int64,
	edit func(modes.OrganizationMode) (modes.OrganizationMode, error),
) (modes.OrganizationMode, error) {
	var out modes.OrganizationMode
	_, err := db.inChange(ctx, by, org, func(c *change) error {
		before, err := c.findMode(ctx, ref, seen)
		if err != nil {
			return err
		}
		after, err := edit(before)
		if err != nil {
			return err
		}
		if out, err = c.updateMode(ctx, before, after, audit.Update); err != nil {
			return err
		}
		return c.withinLimits(ctx)
	})
	return out, err
}

// DeleteMode deletes a mode; history keeps it. seen is as for UpdateMode.
func (db *DB) DeleteMode(ctx context.Context, by audit.By, org uuid.UUID, ref string, seen int64) (modes.OrganizationMode, error) {
	var out modes.OrganizationMode
	_, err := db.inChange(ctx, by, org, func(c *change) error {
		before, err := c.findMode(ctx, ref, seen)
		if err != nil {
			return err
		}
		n, err := c.q.DeleteMode(ctx, sqlcgen.DeleteModeParams{OrganizationID: org, ID: before.ID, Version: before.Version})
		if err != nil {
			return fmt.Errorf("delete mode: %w", err)
		}
		if n != 1 {
			return fmt.Errorf("delete mode: %s changed under its organization's lock", before.ID)
		}
		out = before
		return c.record(ctx, object{
			kind: audit.Mode, id: before.ID, name: before.Name, version: before.Version + 1,
			action: audit.Delete, before: contentOf(before),
		})
	})
	return out, err
}

// createMode inserts a mode. Its version follows whatever history knows of the
// id, so a restored mode goes on where it was deleted.
func (c *change) createMode(ctx context.Context, id uuid.UUID, m modes.Mode, action audit.Action) (modes.OrganizationMode, error) {
	if existing, err := findMode(ctx, c.q, c.org.ID, m.Slug); err == nil {
		return modes.OrganizationMode{}, slugTaken(m.Slug, existing)
	} else if !fault.Is(err, fault.NotFound) {
		return modes.OrganizationMode{}, err
	}
	position, err := c.q.LastPosition(ctx, c.org.ID)
	if err != nil {
		return modes.OrganizationMode{}, fmt.Errorf("last position: %w", err)
	}
	last, err := c.q.LastVersion(ctx, sqlcgen.LastVersionParams{OrganizationID: c.org.ID, SubjectKind: string(audit.Mode), SubjectID: id})
	if err != nil {
		return modes.OrganizationMode{}, fmt.Errorf("last version: %w", err)
	}
	config, err := json.Marshal(m.Config)
	if err != nil {
		return modes.OrganizationMode{}, fmt.Errorf("mode config: %w", err)
	}
	row, err := c.q.InsertMode(ctx, sqlcgen.InsertModeParams{
		ID: id, OrganizationID: c.org.ID, Name: m.Name, Slug: m.Slug, Config: config,
		CreatedBy: c.by.Actor.ID, UpdatedBy: c.by.Actor.ID, Version: last + 1, Position: position + 1,
	})
	if err != nil {
		return modes.OrganizationMode{}, err
	}
	out, err := toMode(row)
	if err != nil {
		return out, err
	}
	return out, c.record(ctx, object{
		kind: audit.Mode, id: id, name: out.Name, version: out.Version, action: action, after: contentOf(out),
	})
}

// updateMode writes what changed of a mode; where nothing did, it records
// nothing.
func (c *change) updateMode(ctx context.Context, before, after modes.OrganizationMode, action audit.Action) (modes.OrganizationMode, error) {
	m, err := accepted(after.Mode)
	if err != nil {
		return modes.OrganizationMode{}, err
	}
	if m.Equal(before.Mode) && after.Position == before.Position {
		return before, nil
	}
	if modes.SlugKey(m.Slug) != modes.SlugKey(before.Slug) {
		if existing, err := findMode(ctx, c.q, c.org.ID, m.Slug); err == nil {
			return modes.OrganizationMode{}, slugTaken(m.Slug, existing)
		} else if !fault.Is(err, fault.NotFound) {
			return modes.OrganizationMode{}, err
		}
	}
	config, err := json.Marshal(m.Config)
	if err != nil {
		return modes.OrganizationMode{}, fmt.Errorf("mode config: %w", err)
	}
	row, err := c.q.UpdateMode(ctx, sqlcgen.UpdateModeParams{
		OrganizationID: c.org.ID, ID: before.ID, Version: before.Version,
		Name: m.Name, Slug: m.Slug, Config: config, UpdatedBy: c.by.Actor.ID, Position: int32(after.Position), //nolint:gosec // checked where it comes in
	})
	if err != nil {
		return modes.OrganizationMode{}, err
	}
	out, err := toMode(row)
	if err != nil {
		return out, err
	}
	return out, c.record(ctx, object{
		kind: audit.Mode, id: out.ID, name: out.Name, version: out.Version, action: action,
		before: contentOf(before), after: contentOf(out),
	})
}

// findMode finds a mode under the organization's lock and holds it against the
// version that the caller saw.
func (c *change) findMode(ctx context.Context, ref string, seen int64) (modes.OrganizationMode, error) {
	m, err := findMode(ctx, c.q, c.org.ID, ref)
	if err != nil {
		return m, err
	}
	if seen != 0 && seen != m.Version {
		return m, c.staleMode(ctx, m)
	}
	return m, nil
}

// withinLimits refuses a change after which the library would be too large.
func (c *change) withinLimits(ctx context.Context) error {
	size, err := c.q.MeasureModes(ctx, c.org.ID)
	if err != nil {
		return fmt.Errorf("measure modes: %w", err)
	}
	return modes.CheckLibrary(int(size.Modes), int(size.Bytes))
}

func findMode(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID, ref string) (modes.OrganizationMode, error) {
	var row sqlcgen.OrganizationMode
	id, err := uuid.Parse(ref)
	if err == nil && len(ref) == 36 {
		row, err = q.GetMode(ctx, sqlcgen.GetModeParams{OrganizationID: org, ID: id})
	} else {
		row, err = q.GetModeBySlug(ctx, sqlcgen.GetModeBySlugParams{OrganizationID: org, Slug: ref})
	}
	if err != nil {
		return modes.OrganizationMode{}, orNotFound(known(err), "mode")
	}
	return toMode(row)
}

// accepted is what every mode goes through before it is written, whichever way
// it came.
func accepted(m modes.Mode) (modes.Mode, error) {
	m = m.Normalized()
	return m, m.Validate()
}

func slugTaken(slug string, existing modes.OrganizationMode) error {
	f := fault.New(fault.Conflict, "slug_taken", "A mode with the slug %q already exists in this organization", slug).
		With(fault.Field{Pointer: "/slug", Detail: fmt.Sprintf("The mode %q has it; choose another slug, or change that mode", existing.Name)})
	f.Current = existing
	return f
}

func (c *change) staleMode(ctx context.Context, current modes.OrganizationMode) error {
	newest, err := modeVersion(ctx, c.q, c.org.ID, current.ID, current.Version)
	if err != nil {
		return err
	}
	f := fault.New(fault.Stale, "version_conflict",
		"The mode was changed meanwhile, by %s: it is at version %d now. Nothing was saved; compare, and send yours again with the current version",
		newest.Actor.Name, current.Version)
	f.Current = current
	return f
}

// modeContent is a mode in versions and in the audit log.
type modeContent struct {
	Slug     string       `json:"slug"`
	Name     string       `json:"name"`
	Position int          `json:"position"`
	Config   modes.Config `json:"config"`
}

func contentOf(m modes.OrganizationMode) modeContent {
	return modeContent{Slug: m.Slug, Name: m.Name, Position: m.Position, Config: m.Config}
}

func toModes(rows []sqlcgen.OrganizationMode) ([]modes.OrganizationMode, error) {
	out := make([]modes.OrganizationMode, len(rows))
	for i, r := range rows {
		var err error
		if out[i], err = toMode(r); err != nil {
			return nil, err
		}
	}
	modes.Sort(out)
	return out, nil
}

func toMode(r sqlcgen.OrganizationMode) (modes.OrganizationMode, error) {
	m := modes.OrganizationMode{
		ID: r.ID, OrganizationID: r.OrganizationID, Mode: modes.Mode{Slug: r.Slug, Name: r.Name},
		CreatedBy: r.CreatedBy, UpdatedBy: r.UpdatedBy, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
		Version: r.Version, Position: int(r.Position),
	}
	if err := json.Unmarshal(r.Config, &m.Config); err != nil {
		return m, fmt.Errorf("mode %s: stored config: %w", r.ID, err)
	}
	return m, nil
}
