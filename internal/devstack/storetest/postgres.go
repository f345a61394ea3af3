package storetest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"orgmodes/internal/devstack"
	"orgmodes/internal/postgres"
	"orgmodes/sql"
)

// server is the Postgres that all tests of this process share.
var server struct {
	sync.Mutex
	asked    bool
	err      error
	own      *devstack.Postgres // nil if it was not started here
	url      string             // URL of the maintenance database, for its owner
	conn     *pgx.Conn
	template string
}

// Postgres returns the owner's URL of a fresh, migrated database, which is dropped at the
// end of the test.
func Postgres(t testing.TB) string {
	t.Helper()
	return database(t, true)
}

// EmptyPostgres is like Postgres without the migrations.
func EmptyPostgres(t testing.TB) string {
	t.Helper()
	return database(t, false)
}

// logins maps the owner's URL of a server to the URL that programs use.
var logins struct {
	sync.Mutex
	urls map[string]string
}

// AppURL returns the URL that the programs use for the same database, which has only the
// privileges of devstack.AppRole. The login belongs to the server, so it is created once
// for all of its databases.
func AppURL(t testing.TB, ownerURL string) string {
	t.Helper()
	owner, err := url.Parse(ownerURL)
	if err != nil {
		t.Fatalf("storetest: %v", err)
	}
	database := strings.TrimPrefix(owner.Path, "/")
	server := withDatabase(ownerURL, "")

	logins.Lock()
	defer logins.Unlock()
	if app, ok := logins.urls[server]; ok {
		return withDatabase(app, database)
	}
	ctx, cancel := withWaitTimeout()
	defer cancel()
	app, err := devstack.EnsureAppLogin(ctx, ownerURL)
	if err != nil {
		t.Fatalf("storetest: %v", err)
	}
	if logins.urls == nil {
		logins.urls = map[string]string{}
	}
	logins.urls[server] = app
	return app
}

func database(t testing.TB, migrated bool) string {
	t.Helper()
	ctx, cancel := withWaitTimeout()
	defer cancel()

	server.Lock()
	defer server.Unlock()
	if err := startPostgres(ctx); err != nil {
		t.Fatalf("storetest: no Postgres to test with: %v", err)
	}
	from := "template0"
	if migrated {
		if err := makeTemplate(ctx); err != nil {
			t.Fatalf("storetest: migrating the template: %v", err)
		}
		from = server.template
	}
	name := "orgmodes_test_" + strings.ToLower(rand.Text()[:12])
	// The default strategy writes each page to the log, to survive a crash, and takes twice
	// as long.
	if err := execute(ctx, "CREATE DATABASE "+name+" TEMPLATE "+from+" STRATEGY file_copy"); err != nil {
		t.Fatalf("storetest: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := withWaitTimeout()
		defer cancel()
		server.Lock()
		defer server.Unlock()
		// With force, since a failed test may have left connections open.
		if err := execute(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("storetest: %v", err)
		}
	})
	return withDatabase(server.url, name)
}

// execute runs a statement on the shared connection, and reopens that if it broke.
func execute(ctx context.Context, statement string) error {
	if server.conn == nil || server.conn.IsClosed() {
		conn, err := pgx.Connect(ctx, server.url)
		if err != nil {
			return err
		}
		server.conn = conn
	}
	_, err := server.conn.Exec(ctx, statement)
	return err
}

func startPostgres(ctx context.Context) error {
	if server.asked {
		return server.err
	}
	server.asked = true
	server.url = os.Getenv("ORGMODES_TEST_POSTGRES_URL")
	if server.url != "" {
		return nil
	}
	program, err := devstack.FindPostgres(ctx, 0, logf)
	if err == nil {
		server.own, err = devstack.StartPostgres(ctx, program, devstack.PostgresOptions{})
	}
	if err != nil {
		server.err = err
		return err
	}
	server.url = server.own.OwnerURL
	return nil
}

// makeTemplate creates the database that others are cloned from, unless it exists already.
// Its name is derived from the migrations, so changed migrations get a new one.
func makeTemplate(ctx context.Context) error {
	if server.template != "" {
		return nil
	}
	name, err := templateName()
	if err != nil {
		return err
	}
	// The session holds the lock; the number is arbitrary.
	if err := execute(ctx, "SELECT pg_advisory_lock(7034918823)"); err != nil {
		return err
	}
	defer func() { _ = execute(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock(7034918823)") }()

	var found bool
	if err := server.conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&found); err != nil {
		return err
	}
	if !found {
		// Rename it when it is complete, so that an interrupted run leaves no partial
		// template.
		aside := name + "_new"
		for _, statement := range []string{
			"DROP DATABASE IF EXISTS " + aside + " WITH (FORCE)",
			"CREATE DATABASE " + aside + " TEMPLATE template0",
		} {
			if err := execute(ctx, statement); err != nil {
				return err
			}
		}
		if err := postgres.Migrate(ctx, withDatabase(server.url, aside)); err != nil {
			return err
		}
		for _, statement := range []string{
			// An open connection to it would block cloning.
			"ALTER DATABASE " + aside + " WITH ALLOW_CONNECTIONS false",
			"ALTER DATABASE " + aside + " RENAME TO " + name,
		} {
			if err := execute(ctx, statement); err != nil {
				return err
			}
		}
	}
	server.template = name
	return nil
}

func templateName() (string, error) {
	sum := sha256.New()
	migrations := sql.Migrations()
	err := fs.WalkDir(migrations, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(migrations, path)
		fmt.Fprintf(sum, "%s %d\n%s", path, len(content), content)
		return err
	})
	// River has its own migrations.
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if strings.HasPrefix(module.Path, "github.com/riverqueue/") {
				fmt.Fprintln(sum, module.Path, module.Version)
			}
		}
	}
	return "orgmodes_template_" + hex.EncodeToString(sum.Sum(nil)[:6]), err
}

func withDatabase(serverURL, name string) string {
	u, err := url.Parse(serverURL)
	if err != nil {
		return serverURL // the server was reached with it, so it is valid
	}
	u.Path = "/" + name
	return u.String()
}

func stop() error {
	server.Lock()
	defer server.Unlock()
	var errs []error
	if server.conn != nil {
		ctx, cancel := withWaitTimeout()
		defer cancel()
		errs = append(errs, server.conn.Close(ctx))
	}
	if server.own != nil {
		errs = append(errs, server.own.Stop())
	}
	return errors.Join(append(errs, removePrograms())...)
}
