package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres/sqlcgen"
	"orgmodes/internal/resource"
	"orgmodes/internal/templates"
)

// AddShippedTemplates adds those of the templates that we ship whose names the
// organization doesn't have, and returns them.
func (db *DB) AddShippedTemplates(ctx context.Context, by audit.By, org uuid.UUID) (added []templates.OrganizationTemplate, err error) {
	_, err = db.inChange(ctx, by, org, func(c *change) (err error) {
		added, err = c.addShippedTemplates(ctx)
		return err
	})
	return added, err
}

func (c *change) addShippedTemplates(ctx context.Context) (added []templates.OrganizationTemplate, err error) {
	for _, t := range templates.Shipped() {
		out, err := c.apply(ctx, resource.Op{Verb: resource.Create, Kind: templates.KindName, New: resource.Object{Spec: t}})
		if fault.Is(err, fault.Conflict) {
			continue
		}
		if err != nil {
			return nil, err
		}
		added = append(added, templates.FromObject(out.Object))
	}
	return added, c.checkLibrary(ctx)
}

// SeedTemplates gives the shipped templates to organizations that are older than
// them, at most limit, and returns how many that were. It is done once for each:
// what is deleted after that stays deleted.
func (db *DB) SeedTemplates(ctx context.Context, by audit.By, limit int) (seeded int, err error) {
	rows, err := db.q.Unseeded(ctx, sqlcgen.UnseededParams{Canary: canary, RowLimit: int32(limit)}) //nolint:gosec // a page's size
	if err != nil {
		return 0, fmt.Errorf("seed templates: %w", err)
	}
	for _, org := range rows {
		_, err := db.inChange(ctx, by, org, func(c *change) error {
			// Another one may have been faster; the organization's lock is held.
			n, err := c.q.MarkSeeded(ctx, org)
			if err != nil || n == 0 {
				return err
			}
			_, err = c.addShippedTemplates(ctx)
			return err
		})
		if err == nil { // for one that had them all: a change that changes nothing leaves no mark
			_, err = db.q.MarkSeeded(ctx, org)
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return seeded, fmt.Errorf("seed templates: %w", err)
		}
		seeded++
	}
	return seeded, nil
}
