package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/tern/v2/migrate"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"orgmodes/sql"
)

// migrationLock is the advisory lock that is held during all migrations of one start; the
// number is arbitrary and must not change.
const migrationLock = 0x6f72676d6f646573

// riverGrants lets the application use River's tables. It is repeated at every start because
// a new River version may add tables.
const riverGrants = `
do $$
declare t record;
begin
  for t in select tablename from pg_tables where schemaname = 'public' and tablename like 'river\_%' loop
    execute format('grant select, insert, update, delete on %I to orgmodes_app', t.tablename);
  end loop;
  for t in select sequencename from pg_sequences where schemaname = 'public' and sequencename like 'river\_%' loop
    execute format('grant usage, select on sequence %I to orgmodes_app', t.sequencename);
  end loop;
end
$$`

// Migrate brings a database to the newest schema, ours and River's. It runs under one lock,
// so several processes may start at once. The URL's role owns the tables; it should not be
// the one that the application signs in as.
func Migrate(ctx context.Context, databaseURL string) error {
	cfg, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		return errors.New("MIGRATE_DATABASE_URL: want postgres://user:password@host:port/database, and the URL given is not of that form")
	}
	cfg.MaxConns = 3
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer pool.Close()
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	// The connection is closed rather than released, which frees the lock
	// whatever happens.
	defer func() { _ = conn.Hijack().Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return fmt.Errorf("migrate: lock: %w", err)
	}
	if err := migrateSchema(ctx, conn.Conn()); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	rm, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("migrate: river: %w", err)
	}
	if _, err := rm.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate: river: %w", err)
	}
	if _, err := conn.Exec(ctx, riverGrants); err != nil {
		return fmt.Errorf("migrate: river's grants: %w", err)
	}
	return nil
}

func migrateSchema(ctx context.Context, conn *pgx.Conn) error {
	m, err := migrate.NewMigrator(ctx, conn, "public.schema_version")
	if err != nil {
		return err
	}
	if err := m.LoadMigrations(sql.Migrations()); err != nil {
		return err
	}
	return m.Migrate(ctx)
}
