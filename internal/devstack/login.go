package devstack

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// AppRole is the role to which the migrations grant the programs' privileges; it can't log
// in. AppLogin is a member of it that can, for development.
const (
	AppRole  = "orgmodes_app"
	AppLogin = "orgmodes_app_dev"
)

// EnsureAppLogin creates AppRole and AppLogin in the server at ownerURL, unless they exist,
// and returns AppLogin's URL of the same database. Its password is derived from the
// owner's, so that concurrent calls agree.
func EnsureAppLogin(ctx context.Context, ownerURL string) (string, error) {
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }()

	config := conn.Config()
	sum := hmac.New(sha256.New, []byte(config.Password))
	sum.Write([]byte(AppLogin))
	password := base64.RawURLEncoding.EncodeToString(sum.Sum(nil))

	// Roles belong to the whole server and locks to one database. So concurrent calls in
	// two databases may collide, and have to retry.
	makeRoles := func(tx pgx.Tx) error {
		for _, role := range []struct{ name, as string }{
			{AppRole, "NOLOGIN"},
			{AppLogin, "LOGIN IN ROLE " + AppRole},
		} {
			var found bool
			if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", role.name).Scan(&found); err != nil {
				return err
			}
			if found {
				continue
			}
			if _, err := tx.Exec(ctx, "CREATE ROLE "+role.name+" "+role.as); err != nil {
				return err
			}
		}
		// A verifier needs no quoting.
		_, err := tx.Exec(ctx, "ALTER ROLE "+AppLogin+" PASSWORD '"+scramVerifier(password)+"'")
		return err
	}
	for range 20 {
		if err = pgx.BeginFunc(ctx, conn, makeRoles); !isDuplicate(err) {
			break
		}
	}
	if err != nil {
		return "", fmt.Errorf("making the role %s: %w", AppLogin, err)
	}
	app := url.URL{
		Scheme: "postgres", User: url.UserPassword(AppLogin, password),
		Host: net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port))), Path: "/" + config.Database,
	}
	if given, err := url.Parse(ownerURL); err == nil {
		app.RawQuery = given.RawQuery
	}
	return app.String(), nil
}

// createDatabase creates the database that a URL names, unless it exists.
func createDatabase(ctx context.Context, ownerURL string) error {
	config, err := pgx.ParseConfig(ownerURL)
	if err != nil {
		return err
	}
	name := config.Database
	config.Database = "postgres"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	const duplicateDatabase = "42P04"
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == duplicateDatabase {
		return nil
	}
	return err
}

// isDuplicate reports whether err means that a concurrent transaction created or changed the
// same role.
func isDuplicate(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	switch pg.Code {
	case "23505", "42710": // unique_violation, duplicate_object
		return true
	case "XX000":
		return strings.Contains(pg.Message, "concurrently updated")
	}
	return false
}
