package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
)

// ImportAction says what an import did with a mode.
type ImportAction string

// What an import does with a valid mode.
const (
	ImportCreate    ImportAction = "create"
	ImportUpdate    ImportAction = "update"
	ImportUnchanged ImportAction = "unchanged"
)

// Imported is what became of one mode of an import.
type Imported struct {
	Action ImportAction
	Mode   modes.OrganizationMode
	// Before is what an update replaces.
	Before *modes.OrganizationMode
}

// Import says how modes are imported.
type Import struct {
	Modes []modes.Mode
	// Plan, where it is set, says instead of Modes what to import, given the
	// library as it is: under the organization's lock, so that nothing can change
	// between the plan and what is done.
	Plan func(existing []modes.OrganizationMode) ([]modes.Mode, error)
	// Seen is the organization's revision that the caller's plan was made at; 0
	// means that the import is right for any.
	Seen int64
}

// ImportModes creates the modes whose slug is new and updates the others, in
// one transaction and one revision: all of them or none. It returns what became
// of each, in the same order, and the organization's revision after it.
func (db *DB) ImportModes(ctx context.Context, by audit.By, org uuid.UUID, in Import) ([]Imported, int64, error) {
	var out []Imported
	revision, err := db.inChange(ctx, by, org, func(c *change) error {
		if before := c.org.Revision - 1; in.Seen != 0 && in.Seen != before {
			f := fault.New(fault.Stale, "revision_conflict",
				"The library was changed since this import was planned: it is at revision %d now, the plan was made at %d. Nothing was imported; plan again", before, in.Seen)
			f.Current = before
			return f
		}
		all, err := c.modes(ctx)
		if err != nil {
			return err
		}
		wanted := in.Modes
		if in.Plan != nil {
			if wanted, err = in.Plan(all); err != nil {
				return err
			}
		}
		existing := make(map[string]modes.OrganizationMode, len(all))
		for _, m := range all {
			existing[modes.SlugKey(m.Slug)] = m
		}
		for i, m := range wanted {
			done, err := c.importMode(ctx, existing, m)
			if err != nil {
				return at(err, i)
			}
			out = append(out, done)
		}
		return c.withinLimits(ctx)
	})
	return out, revision, err
}

// ModesAt lists an organization's own modes, in the order of publication, and
// the revision that they are of.
func (db *DB) ModesAt(ctx context.Context, org uuid.UUID) (all []modes.OrganizationMode, revision int64, err error) {
	err = pgx.BeginTxFunc(ctx, db.pool, snapshotRead, func(tx pgx.Tx) error {
		q := db.q.WithTx(tx)
		row, err := q.GetOrganization(ctx, org)
		if err != nil {
			return orNotFound(err, "organization")
		}
		rows, err := q.ListModes(ctx, org)
		if err != nil {
			return fmt.Errorf("list modes: %w", err)
		}
		revision = row.Revision
		all, err = toModes(rows)
		return err
	})
	return all, revision, err
}

func (c *change) modes(ctx context.Context) ([]modes.OrganizationMode, error) {
	rows, err := c.q.ListModes(ctx, c.org.ID)
	if err != nil {
		return nil, fmt.Errorf("list modes: %w", err)
	}
	return toModes(rows)
}

func (c *change) importMode(ctx context.Context, existing map[string]modes.OrganizationMode, m modes.Mode) (Imported, error) {
	m, err := accepted(m)
	if err != nil {
		return Imported{}, err
	}
	before, ok := existing[modes.SlugKey(m.Slug)]
	if !ok {
		created, err := c.createMode(ctx, uuid.New(), m, audit.Import)
		return Imported{Action: ImportCreate, Mode: created}, err
	}
	after := before
	after.Mode = m
	updated, err := c.updateMode(ctx, before, after, audit.Import)
	if err != nil {
		return Imported{}, err
	}
	if updated.Version == before.Version {
		return Imported{Action: ImportUnchanged, Mode: before}, nil
	}
	return Imported{Action: ImportUpdate, Mode: updated, Before: &before}, nil
}

// at makes the pointers of a fault start at the mode's place in the import.
func at(err error, index int) error {
	f, ok := fault.As(err)
	if !ok {
		return err
	}
	c := *f
	c.Fields = append([]fault.Field(nil), f.Fields...)
	for i := range c.Fields {
		c.Fields[i].Pointer = fmt.Sprintf("/customModes/%d%s", index, c.Fields[i].Pointer)
	}
	return &c
}
