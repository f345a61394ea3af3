package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"orgmodes/internal/config"
	"orgmodes/internal/postgres"
	"orgmodes/internal/process"
)

func (c *cli) migrate() *cobra.Command {
	return c.run(&cobra.Command{
		Use:   "migrate",
		Short: "Migrate the database to the newest schema",
		Long: `Migrates the database to the newest schema, including the schema of the job queue.
Several can run concurrently: one migrates, the others wait and find nothing left
to do. Migrations are safe while the previous release is still running. Organizations
that are older than the default templates get them, once.

Signs in with MIGRATE_DATABASE_URL, whose role owns the tables, or with DATABASE_URL
if that is not set.`,
		Example: "  MIGRATE_DATABASE_URL=postgres://owner@db/orgmodes admin migrate",
	}, func(ctx context.Context, _ []string) error {
		s, err := config.LoadFrom[struct {
			Migrate config.Secret `env:"MIGRATE_DATABASE_URL"`
			URL     config.Secret `env:"DATABASE_URL"`
		}](c.environ)
		if err != nil {
			return err
		}
		url := string(s.Migrate)
		if url == "" {
			url = string(s.URL)
		}
		if url == "" {
			return config.Problems{{
				Name: "DATABASE_URL", Detail: "not set, and neither is MIGRATE_DATABASE_URL",
				Expect: "postgres://user:password@host:port/database",
			}}
		}
		if err := postgres.Migrate(ctx, url); err != nil {
			if postgres.IsUnavailable(err) {
				return connectionError(postgres.Address(url), err)
			}
			return err
		}
		if err := c.seedAfterMigration(ctx, url); err != nil {
			// The role that owns the tables can be another one than the application's.
			c.logf("Could not add the default templates to older organizations: %s. `admin serve` adds them when it starts.", process.Redact(err.Error()))
		}
		return c.print(struct {
			Migrated bool `json:"migrated"`
		}{true}, func(w io.Writer) { fmt.Fprintln(w, "The database has the newest schema.") })
	})
}

// seedAfterMigration adds the shipped permission templates to existing organizations after a
// migration.
func (c *cli) seedAfterMigration(ctx context.Context, url string) error {
	db, err := postgres.Open(ctx, url)
	if err != nil {
		return err
	}
	defer db.Close()
	defer c.progress("adding the default templates to organizations")()
	_, err = seed(ctx, db)
	return err
}
