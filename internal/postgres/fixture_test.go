package postgres_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/audit"
	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/modes"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var ada = audit.Attribution{
	Actor:     audit.Actor{Kind: audit.User, ID: "0b9f6f0e-0000-4000-8000-00000000ada0", Name: "Ada"},
	RequestID: "r-1", Source: "127.0.0.1",
}

// library is a database with one organization in it.
type library struct {
	t     *testing.T
	db    *postgres.DB
	owner string // URL of the role that owns the tables
	org   organization.Organization
}

func newLibrary(t *testing.T) *library {
	t.Helper()
	owner := storetest.Postgres(t)
	db, err := postgres.Open(t.Context(), storetest.AppURL(t, owner))
	require.NoError(t, err)
	t.Cleanup(db.Close)
	org, err := db.CreateOrganization(t.Context(), ada, "acme", "Acme")
	require.NoError(t, err)
	return &library{t, db, owner, org}
}

func mode(slug string) modes.Mode {
	return modes.Mode{Slug: slug, Name: "The " + slug, Config: modes.Config{
		RoleDefinition: "You are " + slug, Groups: []modes.Group{{Name: "read"}},
		Extra: map[string]any{"iconName": "codicon-" + slug},
	}}
}

func (l *library) create(slug string) modes.OrganizationMode {
	l.t.Helper()
	m, err := l.db.Modes.Create(l.t.Context(), ada, l.org.ID, mode(slug))
	require.NoError(l.t, err)
	return m
}

func (l *library) revision() int64 {
	l.t.Helper()
	r, err := l.db.Revision(l.t.Context(), l.org.ID)
	require.NoError(l.t, err)
	return r
}

// count runs a query as the owner of the tables, without the application's role.
func (l *library) count(query string, args ...any) (n int64) {
	l.t.Helper()
	l.asOwner(func(ctx context.Context, c *pgx.Conn) {
		require.NoError(l.t, c.QueryRow(ctx, query, args...).Scan(&n))
	})
	return n
}

func (l *library) exec(query string, args ...any) {
	l.t.Helper()
	l.asOwner(func(ctx context.Context, c *pgx.Conn) {
		_, err := c.Exec(ctx, query, args...)
		require.NoError(l.t, err)
	})
}

// requireViolation runs a statement that must violate a constraint.
func (l *library) requireViolation(query, constraint string, args ...any) {
	l.t.Helper()
	l.asOwner(func(ctx context.Context, c *pgx.Conn) {
		_, err := c.Exec(ctx, query, args...)
		var pg *pgconn.PgError
		require.ErrorAs(l.t, err, &pg)
		require.Equal(l.t, constraint, pg.ConstraintName)
	})
}

func (l *library) asOwner(fn func(context.Context, *pgx.Conn)) {
	l.t.Helper()
	storetest.AsOwner(l.t, l.owner, fn)
}

// countTraces counts everything that one change writes, to verify that a change is all or nothing.
func (l *library) countTraces() string {
	l.t.Helper()
	return fmt.Sprint(
		"modes ", l.count(`select count(*) from organization_modes`),
		" versions ", l.count(`select count(*) from versions where subject_kind = 'mode'`),
		" audit ", l.count(`select count(*) from audit_log where subject_kind <> 'template'`),
		" jobs ", l.count(`select count(*) from river_job`),
		" revision ", l.revision(),
	)
}

func (l *library) user(email string) uuid.UUID {
	l.t.Helper()
	u, err := l.db.CreateUser(l.t.Context(), ada, email, "Somebody", "")
	require.NoError(l.t, err)
	return u.ID
}

// putOps returns operations that create or replace modes.
func putOps(ms ...modes.Mode) []resource.Op {
	out := make([]resource.Op, len(ms))
	for i, m := range ms {
		out[i] = resource.Op{Verb: resource.Put, Kind: modes.KindName, New: resource.Object{Spec: m}}
	}
	return out
}
