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

// AddDefaultTemplates adds the default templates whose names the organization doesn't have,
// and returns them.
func (db *DB) AddDefaultTemplates(ctx context.Context, by audit.Attribution, org uuid.UUID) (added []templates.OrganizationTemplate, err error) {
	_, err = db.withChange(ctx, by, org, func(c *change) (err error) {
		added, err = c.addDefaultTemplates(ctx)
		return err
	})
	return added, err
}

func (c *change) addDefaultTemplates(ctx context.Context) (added []templates.OrganizationTemplate, err error) {
	for _, t := range templates.Defaults() {
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

// SeedTemplates adds the default templates to at most limit organizations that are older
// than these, and returns how many it seeded. Each organization is seeded once: a template
// that is deleted later stays deleted.
func (db *DB) SeedTemplates(ctx context.Context, by audit.Attribution, limit int) (seeded int, err error) {
	rows, err := db.q.ListUnseededOrganizations(ctx, sqlcgen.ListUnseededOrganizationsParams{Canary: canaryID, RowLimit: int32(limit)})
	if err != nil {
		return 0, fmt.Errorf("seed templates: %w", err)
	}
	for _, org := range rows {
		_, err := db.withChange(ctx, by, org, func(c *change) error {
			// Another process may have been faster; the organization's lock is held now.
			n, err := c.q.MarkSeeded(ctx, org)
			if err != nil || n == 0 {
				return err
			}
			_, err = c.addDefaultTemplates(ctx)
			return err
		})
		if err == nil { // a change that records nothing is rolled back, and MarkSeeded with it
			_, err = db.q.MarkSeeded(ctx, org)
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return seeded, fmt.Errorf("seed templates: %w", err)
		}
		seeded++
	}
	return seeded, nil
}
