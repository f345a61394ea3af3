package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"orgmodes/internal/devstack"
	"orgmodes/internal/process"
)

// stores holds the Postgres and the Redis of a stack: either started here, or external ones
// named by the environment.
type stores struct {
	ownerURL, appURL, redisURL string
	monitored                  []monitored
	stops                      []func() error
}

// monitored is a process that everything depends on: when it ends, the whole stack ends.
type monitored struct {
	name  string
	child *devstack.Child
}

// stop stops the stores in reverse order of their start.
func (s *stores) stop() error {
	var errs []error
	for i := len(s.stops) - 1; i >= 0; i-- {
		errs = append(errs, s.stops[i]())
	}
	return errors.Join(errs...)
}

// openStores starts the stores of `up`, or uses the ones that DATABASE_URL and REDIS_URL
// name.
func openStores(ctx context.Context, local string, st *state) (*stores, error) {
	s := &stores{}
	if err := s.openPostgres(ctx, local, st); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	if err := s.openRedis(ctx, local, st); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

// fromEnv returns the variable name if it names an external store. A shell that has read
// .local/run.env names this stack's own store, which must be started first; for that, given
// returns "".
func fromEnv(name, ownURL string) string {
	value := os.Getenv(name)
	if value != "" && value == ownURL {
		logf("%s is this stack's own; starting it.", name)
		return ""
	}
	return value
}

func (s *stores) openPostgres(ctx context.Context, local string, st *state) error {
	if url := fromEnv("DATABASE_URL", st.OwnDatabaseURL); url != "" {
		s.appURL, s.ownerURL = url, os.Getenv("MIGRATE_DATABASE_URL")
		if s.ownerURL == "" || s.ownerURL == st.OwnMigrateURL {
			s.ownerURL = url
		}
		st.OwnDatabaseURL, st.OwnMigrateURL = "", ""
		return awaitPostgres(ctx, s.appURL)
	}
	dir, err := devstack.DurableDir(local, "postgres")
	if err != nil {
		return err
	}
	program, err := devstack.FindPostgres(ctx, devstack.DataMajor(dir), logf)
	if err != nil {
		return err
	}
	logf("starting Postgres %s (from %s; data in %s) ...", program.Version, program.From, dir)
	log, err := openLog(local, "postgres", toFileOnly)
	if err != nil {
		return err
	}
	pg, err := devstack.StartPostgres(ctx, program, devstack.PostgresOptions{Dir: dir, Port: st.PostgresPort, Log: log.line})
	if err != nil {
		return err
	}
	s.stops = append(s.stops, pg.Stop)
	s.monitored = append(s.monitored, monitored{"postgres", pg.Child})
	s.ownerURL = pg.OwnerURL
	if s.appURL, err = devstack.EnsureAppLogin(ctx, pg.OwnerURL); err != nil {
		return err
	}
	st.PostgresPort, st.OwnDatabaseURL, st.OwnMigrateURL = pg.Port, s.appURL, s.ownerURL
	return nil
}

// awaitPostgres waits for a server that was not started here.
func awaitPostgres(ctx context.Context, url string) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return errors.New("DATABASE_URL: expected postgres://user:password@host:port/database")
	}
	dependency := fmt.Sprintf("Postgres at %s:%d", config.Host, config.Port)
	logf("using the %s (DATABASE_URL) ...", dependency)
	return process.Retry(ctx, terminalLog(), dependency, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		conn, err := pgx.ConnectConfig(ctx, config)
		if err != nil {
			return err
		}
		return conn.Close(ctx)
	})
}

func (s *stores) openRedis(ctx context.Context, local string, st *state) error {
	if url := fromEnv("REDIS_URL", st.OwnRedisURL); url != "" {
		// The programs wait for it themselves, and log that.
		logf("using the Redis that REDIS_URL names ...")
		s.redisURL, st.OwnRedisURL = url, ""
		return nil
	}
	dir := filepath.Join(local, "redis")
	password, err := devstack.RedisPassword(dir)
	if err != nil {
		return err
	}
	program, err := devstack.FindRedis(ctx, logf)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		logf("%v", err)
		logf("NOTE: running with miniredis, a stand-in for Redis within this process. It is good enough to look around; what it holds is forgotten at the end and filled again at the next start.")
		memory, err := devstack.NewMemoryRedis(password)
		if err != nil {
			return err
		}
		s.stops = append(s.stops, memory.Stop)
		s.redisURL, st.OwnRedisURL = memory.URL(), memory.URL()
		return nil
	}
	logf("starting Redis %s (from %s) ...", program.Version, program.From)
	log, err := openLog(local, "redis", toFileOnly)
	if err != nil {
		return err
	}
	redis, err := devstack.StartRedis(ctx, program, devstack.RedisOptions{Dir: dir, Port: st.RedisPort, Password: password, Log: log.line})
	if err != nil {
		return err
	}
	s.stops = append(s.stops, redis.Stop)
	s.monitored = append(s.monitored, monitored{"redis", redis.Child})
	s.redisURL, st.OwnRedisURL, st.RedisPort = redis.URL(), redis.URL(), redis.Port
	return nil
}

func terminalLog() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, nil))
}

// freeAddr returns 127.0.0.1 with the preferred port if that is free, or else any free port.
func freeAddr(preferred int) (string, error) {
	port, err := devstack.FreePort(preferred)
	return net.JoinHostPort("127.0.0.1", fmt.Sprint(port)), err
}
