package main

import (
	"context"
	"crypto/rand"
	"log/slog"

	"orgmodes/internal/audit"
	"orgmodes/internal/postgres"
	"orgmodes/internal/process"
)

// seedBatch is the number of organizations seeded per call. After each batch, seed checks
// whether to continue.
const seedBatch = 100

// seed adds the shipped permission templates to organizations that are older than them, once
// each. It returns the number of organizations seeded.
func seed(ctx context.Context, db *postgres.DB) (organizations int, err error) {
	by := audit.Attribution{
		Actor:     audit.Actor{Kind: audit.System, ID: "admin", Name: "orgmodes"},
		RequestID: rand.Text(), Source: "seeding",
	}
	for {
		n, err := db.SeedTemplates(ctx, by, seedBatch)
		organizations += n
		if n == 0 || err != nil {
			return organizations, err
		}
	}
}

// seedTemplates runs seed while requests are served: there can be many organizations, and
// none of them has to wait for it. It retries failures until ctx is done.
func seedTemplates(ctx context.Context, log *slog.Logger, db *postgres.DB) {
	total := 0
	err := process.Retry(ctx, log, "Postgres (to add the default templates)", func(ctx context.Context) error {
		n, err := seed(ctx, db)
		total += n
		return err
	})
	if total > 0 || err == nil {
		log.Info("default templates added", "organizations", total)
	}
}
