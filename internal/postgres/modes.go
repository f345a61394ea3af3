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

// modeNoun is what is a mode's own.
var modeNoun = &noun[modes.OrganizationMode]{
	kind: audit.Mode, list: listModes, find: findMode,
	of:      func(m modes.OrganizationMode) (uuid.UUID, int64, string) { return m.ID, m.Version, m.Name },
	content: func(m modes.OrganizationMode) any { return contentOfMode(m) },
	read:    readMode,
	accepted: func(ctx context.Context, c *change, m modes.OrganizationMode) (_ modes.OrganizationMode, err error) {
		m.Mode = m.Normalized()
		if err := m.Validate(); err != nil {
			return m, err
		}
		m.Config.PermissionTemplate, m.PermissionTemplateID, err = c.templateOf(ctx, m.Config.PermissionTemplate)
		return m, err
	},
	same:     func(a, b modes.OrganizationMode) bool { return a.Mode.Equal(b.Mode) && a.Position == b.Position },
	onto:     func(now, m modes.OrganizationMode) modes.OrganizationMode { now.Mode = m.Mode; return now },
	taken:    slugTaken,
	insert:   insertMode,
	update:   updateMode,
	within:   modesWithin,
	fileList: "customModes",
	match: func(all []modes.OrganizationMode) func(modes.OrganizationMode) (modes.OrganizationMode, bool) {
		bySlug := make(map[string]modes.OrganizationMode, len(all))
		for _, m := range all {
			bySlug[modes.SlugKey(m.Slug)] = m
		}
		return func(m modes.OrganizationMode) (modes.OrganizationMode, bool) {
			found, ok := bySlug[modes.SlugKey(m.Slug)]
			return found, ok
		}
	},
	remove: func(ctx context.Context, c *change, m modes.OrganizationMode) (int64, error) {
		return c.q.DeleteMode(ctx, sqlcgen.DeleteModeParams{OrganizationID: c.org.ID, ID: m.ID, Version: m.Version})
	},
}

// Modes lists an organization's own modes, in the order of publication.
func (db *DB) Modes(ctx context.Context, org uuid.UUID) ([]modes.OrganizationMode, error) {
	return listModes(ctx, db.q, org)
}

// ModesAt is Modes with the revision that they are of.
func (db *DB) ModesAt(ctx context.Context, org uuid.UUID) ([]modes.OrganizationMode, int64, error) {
	return modeNoun.At(ctx, db, org)
}

// Mode returns one of an organization's own modes, by its id or its slug. What
// has the form of an id is taken for one.
func (db *DB) Mode(ctx context.Context, org uuid.UUID, ref string) (modes.OrganizationMode, error) {
	return findMode(ctx, db.q, org, ref)
}

// CreateMode adds a mode to an organization's library, after the others.
func (db *DB) CreateMode(ctx context.Context, by audit.By, org uuid.UUID, m modes.Mode) (modes.OrganizationMode, error) {
	return modeNoun.Create(ctx, db, by, org, modes.OrganizationMode{Mode: m})
}

// UpdateMode changes a mode with edit; see noun.Update.
func (db *DB) UpdateMode(ctx context.Context, by audit.By, org uuid.UUID, ref string, seen int64,
	edit func(modes.OrganizationMode) (modes.OrganizationMode, error),
) (modes.OrganizationMode, error) {
	return modeNoun.Update(ctx, db, by, org, ref, seen, edit)
}

// DeleteMode deletes a mode; history keeps it. seen is as for UpdateMode.
func (db *DB) DeleteMode(ctx context.Context, by audit.By, org uuid.UUID, ref string, seen int64) (modes.OrganizationMode, error) {
	return modeNoun.Delete(ctx, db, by, org, ref, seen)
}

// DeleteModes deletes several modes in one change; see noun.DeleteAll.
func (db *DB) DeleteModes(ctx context.Context, by audit.By, org uuid.UUID, seen []Seen) ([]modes.OrganizationMode, int64, error) {
	return modeNoun.DeleteAll(ctx, db, by, org, seen)
}

// ModeVersion is one version of a mode.
type ModeVersion = Version[modes.OrganizationMode]

// ModeVersions lists the versions of a mode; see noun.Versions.
func (db *DB) ModeVersions(ctx context.Context, org, id uuid.UUID, before int64, limit int) ([]ModeVersion, error) {
	return modeNoun.Versions(ctx, db, org, id, before, limit)
}

// ModeVersionHeads lists the versions of a mode; see noun.VersionHeads.
func (db *DB) ModeVersionHeads(ctx context.Context, org, id uuid.UUID, before int64, limit int) ([]ModeVersion, error) {
	return modeNoun.VersionHeads(ctx, db, org, id, before, limit)
}

// ModeVersion returns one version of a mode.
func (db *DB) ModeVersion(ctx context.Context, org, id uuid.UUID, version int64) (ModeVersion, error) {
	return modeNoun.version(ctx, db.q, org, id, version)
}

// ModeStep is a version of a mode with the one that it followed.
type ModeStep = Step[modes.OrganizationMode]

// ModesHistory lists the versions of all modes; see noun.History.
func (db *DB) ModesHistory(ctx context.Context, org uuid.UUID, after *Place, limit int) ([]ModeStep, error) {
	return modeNoun.History(ctx, db, org, after, limit)
}

// CountModesBeside counts an organization's own modes without those that stand in
// the place of others.
func (db *DB) CountModesBeside(ctx context.Context, org uuid.UUID, others []modes.Mode) (int, error) {
	slugs := make([]string, len(others))
	for i, m := range others {
		slugs[i] = modes.SlugKey(m.Slug)
	}
	n, err := db.q.CountModesBeside(ctx, sqlcgen.CountModesBesideParams{OrganizationID: org, Slugs: slugs})
	if err != nil {
		return 0, fmt.Errorf("count modes: %w", err)
	}
	return int(n), nil
}

// RestoreMode makes an older version of a mode the current one; see noun.Restore.
func (db *DB) RestoreMode(ctx context.Context, by audit.By, org, id uuid.UUID, version, seen int64) (modes.OrganizationMode, error) {
	return modeNoun.Restore(ctx, db, by, org, id, version, seen)
}

// RestoreModes makes older versions of several modes their current ones, in one
// change; see noun.RestoreAll.
func (db *DB) RestoreModes(ctx context.Context, by audit.By, org uuid.UUID, wanted []Restoration) ([]modes.OrganizationMode, int64, error) {
	return modeNoun.RestoreAll(ctx, db, by, org, wanted)
}

// ModesDeletedBy lists the restorations that undo what one revision deleted.
func (db *DB) ModesDeletedBy(ctx context.Context, org uuid.UUID, revision int64) ([]Restoration, error) {
	return modeNoun.DeletedBy(ctx, db, org, revision)
}

// DeletedModes lists what was deleted and not restored; see noun.Deleted.
func (db *DB) DeletedModes(ctx context.Context, org uuid.UUID, after *Place, limit int) ([]ModeVersion, error) {
	return modeNoun.Deleted(ctx, db, org, after, limit)
}

// ImportModes creates the modes whose slug is new and updates the others; see
// noun.Import.
func (db *DB) ImportModes(ctx context.Context, by audit.By, org uuid.UUID, in Import[modes.OrganizationMode]) ([]Imported[modes.OrganizationMode], int64, error) {
	return modeNoun.Import(ctx, db, by, org, in)
}

func insertMode(ctx context.Context, c *change, id uuid.UUID, version int64, m modes.OrganizationMode) (modes.OrganizationMode, error) {
	position := int32(m.Position) //nolint:gosec // what is restored had it
	if position == 0 {            // a new one comes after the others
		last, err := c.q.LastPosition(ctx, c.org.ID)
		if err != nil {
			return m, fmt.Errorf("last position: %w", err)
		}
		position = last + positionGap
	}
	config, err := storedConfig(m)
	if err != nil {
		return m, err
	}
	row, err := c.q.InsertMode(ctx, sqlcgen.InsertModeParams{
		ID: id, OrganizationID: c.org.ID, Name: m.Name, Slug: m.Slug, Config: config,
		CreatedBy: c.by.Actor.ID, UpdatedBy: c.by.Actor.ID, Version: version, Position: position,
		PermissionTemplateID: orNil(m.PermissionTemplateID),
	})
	if err != nil {
		return m, err
	}
	return toMode(row, m.Config.PermissionTemplate)
}

func updateMode(ctx context.Context, c *change, before, after modes.OrganizationMode) (modes.OrganizationMode, error) {
	config, err := storedConfig(after)
	if err != nil {
		return after, err
	}
	row, err := c.q.UpdateMode(ctx, sqlcgen.UpdateModeParams{
		OrganizationID: c.org.ID, ID: before.ID, Version: before.Version,
		Name: after.Name, Slug: after.Slug, Config: config, UpdatedBy: c.by.Actor.ID, Position: int32(after.Position), //nolint:gosec // checked where it comes in
		PermissionTemplateID: orNil(after.PermissionTemplateID),
	})
	if err != nil {
		return after, err
	}
	return toMode(row, after.Config.PermissionTemplate)
}

// modesWithin refuses a change after which the library would be too large.
func modesWithin(ctx context.Context, c *change) error {
	size, err := c.q.MeasureModes(ctx, c.org.ID)
	if err != nil {
		return fmt.Errorf("measure modes: %w", err)
	}
	return modes.CheckLibrary(int(size.Modes), int(size.Bytes))
}

func listModes(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID) ([]modes.OrganizationMode, error) {
	rows, err := q.ListModes(ctx, org)
	if err != nil {
		return nil, fmt.Errorf("list modes: %w", err)
	}
	out, err := toModes(ctx, &templateNames{q: q, org: org}, rows)
	modes.Sort(out)
	return out, err
}

func toModes(ctx context.Context, names *templateNames, rows []sqlcgen.OrganizationMode) ([]modes.OrganizationMode, error) {
	out := make([]modes.OrganizationMode, len(rows))
	for i, r := range rows {
		name, err := names.of(ctx, r.PermissionTemplateID)
		if err != nil {
			return nil, err
		}
		if out[i], err = toMode(r, name); err != nil {
			return nil, err
		}
	}
	return out, nil
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
	name, err := (&templateNames{q: q, org: org}).of(ctx, row.PermissionTemplateID)
	if err != nil {
		return modes.OrganizationMode{}, err
	}
	return toMode(row, name)
}

func slugTaken(ctx context.Context, c *change, before *modes.OrganizationMode, after modes.OrganizationMode) error {
	if before != nil && modes.SlugKey(before.Slug) == modes.SlugKey(after.Slug) {
		return nil
	}
	existing, err := findMode(ctx, c.q, c.org.ID, after.Slug)
	switch {
	case fault.Is(err, fault.NotFound):
		return nil
	case err != nil:
		return err
	}
	f := fault.New(fault.Conflict, "slug_taken", "A mode with the slug %q already exists in this organization", after.Slug).
		With(fault.Field{Pointer: "/slug", Detail: fmt.Sprintf("The mode %q has it; choose another slug, or change that mode", existing.Name)})
	f.Current = existing
	return f
}

// modeContent is a mode in versions and in the audit log. The configuration has
// the template's name as it was then; its id says which one that was.
type modeContent struct {
	Slug                 string       `json:"slug"`
	Name                 string       `json:"name"`
	Position             int          `json:"position"`
	PermissionTemplateID uuid.UUID    `json:"permission_template_id,omitzero"`
	Config               modes.Config `json:"config"`
}

func contentOfMode(m modes.OrganizationMode) modeContent {
	return modeContent{
		Slug: m.Slug, Name: m.Name, Position: m.Position, PermissionTemplateID: m.PermissionTemplateID, Config: m.Config,
	}
}

func readMode(ctx context.Context, n *templateNames, id uuid.UUID, content json.RawMessage) (modes.OrganizationMode, error) {
	var c modeContent
	if err := json.Unmarshal(content, &c); err != nil {
		return modes.OrganizationMode{}, err
	}
	// What it is called today; where it is gone, what it was called then.
	name, err := n.of(ctx, orNil(c.PermissionTemplateID))
	if err != nil {
		return modes.OrganizationMode{}, err
	}
	if name != "" {
		c.Config.PermissionTemplate = name
	}
	return modes.OrganizationMode{
		ID: id, OrganizationID: n.org, Mode: modes.Mode{Slug: c.Slug, Name: c.Name, Config: c.Config},
		PermissionTemplateID: c.PermissionTemplateID, Position: c.Position,
	}, nil
}

// storedConfig leaves out the template: it is a column, which can't dangle.
func storedConfig(m modes.OrganizationMode) (json.RawMessage, error) {
	m.Config.PermissionTemplate = ""
	config, err := json.Marshal(m.Config)
	if err != nil {
		return nil, fmt.Errorf("mode config: %w", err)
	}
	return config, nil
}

func toMode(r sqlcgen.OrganizationMode, template string) (modes.OrganizationMode, error) {
	m := modes.OrganizationMode{
		ID: r.ID, OrganizationID: r.OrganizationID, Mode: modes.Mode{Slug: r.Slug, Name: r.Name},
		CreatedBy: r.CreatedBy, UpdatedBy: r.UpdatedBy, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
		Version: r.Version, Position: int(r.Position),
	}
	if err := json.Unmarshal(r.Config, &m.Config); err != nil {
		return m, fmt.Errorf("mode %s: stored config: %w", r.ID, err)
	}
	if m.Config.PermissionTemplate = template; r.PermissionTemplateID != nil {
		m.PermissionTemplateID = *r.PermissionTemplateID
	}
	return m, nil
}
