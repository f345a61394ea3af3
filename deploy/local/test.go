package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"orgmodes/internal/devstack"
	"orgmodes/internal/postgres"
)

// withStores runs a command with a Postgres that all its tests share and the path of a
// redis-server. It returns the command's exit code.
func withStores(ctx context.Context, command []string) (code int, err error) {
	dir, err := os.MkdirTemp("", "orgmodes-test-*")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	skips := filepath.Join(dir, "skips")
	prepared, err := prepare(ctx, dir)
	if err != nil {
		return 1, err
	}

	url := os.Getenv("ORGMODES_TEST_POSTGRES_URL")
	if url == "" {
		pg, err := temporaryPostgres(ctx)
		if err != nil {
			return 1, err
		}
		defer func() { err = errors.Join(err, pg.Stop()) }()
		url = pg.OwnerURL
	}
	extra := slices.Concat(prepared, []variable{{"ORGMODES_TEST_POSTGRES_URL", url}, {"ORGMODES_SKIPS_FILE", skips}})
	if redis, err := devstack.FindRedis(ctx, logf); err != nil {
		if ctx.Err() != nil || os.Getenv("CI") == "true" {
			return 1, err
		}
		logf("%v\nNOTE: tests that need a real Redis will be skipped, and counted at the end.", err)
	} else {
		logf("testing with Redis %s (from %s)", redis.Version, redis.From)
		extra = append(extra, variable{"ORGMODES_REDIS_SERVER", redis.Bin}, variable{"ORGMODES_REDIS_LD_PATH", redis.LibPath})
	}
	code, err = runCommand(ctx, command, extra)
	if content, readErr := os.ReadFile(skips); readErr == nil {
		names := strings.Fields(string(content))
		logf("\nSKIPPED %d tests, as they need a real Redis and none was found:\n  %s", len(names), strings.Join(names, "\n  "))
	}
	return code, err
}

// withDatabase runs a command with a migrated database.
func withDatabase(ctx context.Context, command []string) (code int, err error) {
	pg, err := temporaryPostgres(ctx)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, pg.Stop()) }()
	if err := postgres.Migrate(ctx, pg.OwnerURL); err != nil {
		return 1, err
	}
	return runCommand(ctx, command, []variable{{"SQLC_DATABASE_URL", pg.OwnerURL}})
}

func temporaryPostgres(ctx context.Context) (*devstack.Postgres, error) {
	program, err := devstack.FindPostgres(ctx, 0, logf)
	if err != nil {
		return nil, err
	}
	logf("testing with Postgres %s (from %s)", program.Version, program.From)
	return devstack.StartPostgres(ctx, program, devstack.PostgresOptions{})
}

// runCommand runs a command to its end. It passes an interruption on to the command.
func runCommand(ctx context.Context, command []string, extra []variable) (int, error) {
	child, err := devstack.Start(devstack.Command{
		Path: command[0], Args: command[1:], Env: environment(extra...), Inherit: true,
	})
	if err != nil {
		return 1, err
	}
	select {
	case <-child.Done():
		// Kill processes that a test left running: they must not outlive the run.
		child.SignalGroup(syscall.SIGKILL)
		return child.ExitCode(), nil
	case <-ctx.Done():
	}
	child.SignalGroup(syscall.SIGINT)
	grace := time.NewTimer(10 * time.Second)
	defer grace.Stop()
	select {
	case <-child.Done():
	case <-grace.C:
	}
	child.SignalGroup(syscall.SIGKILL)
	<-child.Done()
	return 130, nil
}
