package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/jobs"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres/sqlcgen"
)

// CreateOrganization creates an organization at revision 1, with the default permission
// templates and nothing else. It enqueues its publication.
func (db *DB) CreateOrganization(ctx context.Context, by audit.Attribution, slug, name string) (organization.Organization, error) {
	var out organization.Organization
	err := db.withAudit(ctx, func(tx pgx.Tx, q *sqlcgen.Queries) error {
		row, err := q.CreateOrganization(ctx, sqlcgen.CreateOrganizationParams{Slug: slug, Name: strings.TrimSpace(name)})
		if err != nil {
			return err
		}
		out = toOrganization(row)
		after, err := encodeJSON(organizationContent{out.Slug, out.Name})
		if err != nil {
			return err
		}
		err = insertAudit(ctx, q, by, auditEntry{
			organization: &out.ID, revision: &out.Revision, action: audit.Create,
			subject: audit.Subject{Kind: audit.Organization, ID: out.ID.String(), Name: out.Name}, after: after,
		})
		if err != nil {
			return err
		}
		c := &change{tx: tx, q: q, db: db, by: by, org: row}
		if _, err := c.addDefaultTemplates(ctx); err != nil {
			return err
		}
		_, err = db.river.InsertTx(ctx, tx, jobs.PublishOrganization{OrganizationID: out.ID, Revision: out.Revision}, nil)
		return err
	})
	return out, err
}

type organizationContent struct {
	Slug string `json:"slug"`
	Name string `json:"name"`
}

// DeleteOrganization deletes an organization. Readers stop serving it. Its history remains,
// so its slug stays taken.
func (db *DB) DeleteOrganization(ctx context.Context, by audit.Attribution, org uuid.UUID) error {
	return db.withAudit(ctx, func(tx pgx.Tx, q *sqlcgen.Queries) error {
		row, err := q.BumpRevision(ctx, org)
		if err != nil {
			return orNotFound(err, "organization")
		}
		if _, err := q.DeleteOrganization(ctx, org); err != nil {
			return err
		}
		before, err := encodeJSON(organizationContent{row.Slug, row.Name})
		if err != nil {
			return err
		}
		err = insertAudit(ctx, q, by, auditEntry{
			organization: &org, revision: &row.Revision, action: audit.Delete,
			subject: audit.Subject{Kind: audit.Organization, ID: org.String(), Name: row.Name}, before: before,
		})
		if err != nil {
			return err
		}
		_, err = db.river.InsertTx(ctx, tx, jobs.PublishOrganization{OrganizationID: org, Revision: row.Revision}, nil)
		return err
	})
}

// Organization returns an organization that isn't deleted, by its id or its slug. A ref in
// the form of an id is taken as an id.
func (db *DB) Organization(ctx context.Context, ref string) (organization.Organization, error) {
	var row sqlcgen.Organization
	id, err := uuid.Parse(ref)
	if err == nil && len(ref) == 36 {
		row, err = db.q.GetOrganization(ctx, id)
	} else {
		row, err = db.q.GetOrganizationBySlug(ctx, ref)
	}
	if err != nil {
		return organization.Organization{}, orNotFound(translateError(err), "organization")
	}
	if row.DeletedAt != nil {
		return organization.Organization{}, fault.New(fault.NotFound, "not_found", "There is no such organization")
	}
	return toOrganization(row), nil
}

// Organizations lists the organizations that aren't deleted, by slug, starting after the
// given one.
func (db *DB) Organizations(ctx context.Context, after string, limit int) ([]organization.Organization, error) {
	rows, err := db.q.ListOrganizations(ctx, sqlcgen.ListOrganizationsParams{AfterSlug: after, Canary: canaryID, RowLimit: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("list organizations: %w", err)
	}
	out := make([]organization.Organization, len(rows))
	for i, r := range rows {
		out[i] = toOrganization(r)
	}
	return out, nil
}

func toOrganization(r sqlcgen.Organization) organization.Organization {
	return organization.Organization{ID: r.ID, Slug: r.Slug, Name: r.Name, Revision: r.Revision, CreatedAt: r.CreatedAt.UTC()}
}
