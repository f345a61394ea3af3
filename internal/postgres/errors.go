package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"orgmodes/internal/fault"
)

// uniqueViolations maps violated unique constraints to the faults that callers receive.
var uniqueViolations = map[string]*fault.Error{
	"organizations_slug_unique": fault.New(fault.Conflict, "slug_taken", "An organization with this slug already exists").
		With(fault.Field{Pointer: "/slug", Detail: "Another organization has this slug"}),
	"users_email_unique": fault.New(fault.Conflict, "email_taken", "A user with this email address already exists").
		With(fault.Field{Pointer: "/email", Detail: "Another user has this address"}),
	"invitations_email_unique": fault.New(fault.Conflict, "already_invited", "This address is invited already; withdraw that invitation to change it").
		With(fault.Field{Pointer: "/email", Detail: "is invited already"}),
	"members_pkey": fault.New(fault.Conflict, "already_member", "This user is already a member of the organization"),
}

// checkViolations maps violated check constraints to faults. It holds the checks that a caller can
// violate because no code before the database makes them.
var checkViolations = map[string]*fault.Error{
	"organizations_slug_shape": fault.New(fault.Invalid, "invalid_organization", "The organization was not saved").
		With(fault.Field{Pointer: "/slug", Detail: "An organization's slug must have 1-50 characters: lower-case letters, digits and inner hyphens"}),
	"organizations_slug_not_an_id": fault.New(fault.Invalid, "invalid_organization", "The organization was not saved").
		With(fault.Field{Pointer: "/slug", Detail: "A slug must not have the form of an id"}),
	"organizations_name_shape": fault.New(fault.Invalid, "invalid_organization", "The organization was not saved").
		With(fault.Field{Pointer: "/name", Detail: "A name must have 1-100 characters"}),
	"users_email_shape": fault.New(fault.Invalid, "invalid_user", "The user was not saved").
		With(fault.Field{Pointer: "/email", Detail: "An email address is required, such as ada@example.com"}),
	"users_name_shape": fault.New(fault.Invalid, "invalid_user", "The user was not saved").
		With(fault.Field{Pointer: "/name", Detail: "A name must have 1-100 characters"}),
	"invitations_email_shape": fault.New(fault.Invalid, "invalid_invitation", "The invitation was not created").
		With(fault.Field{Pointer: "/email", Detail: "An email address is required, such as ada@example.com"}),
	"invitations_role_known": fault.New(fault.Invalid, "invalid_invitation", "The invitation was not created").
		With(fault.Field{Pointer: "/role", Detail: "The role must be owner, admin or member"}),
	"members_role_known": fault.New(fault.Invalid, "invalid_member", "The member was not saved").
		With(fault.Field{Pointer: "/role", Detail: "The role must be owner, admin or member"}),
	"tokens_name_shape": fault.New(fault.Invalid, "invalid_token", "The token was not created").
		With(fault.Field{Pointer: "/name", Detail: "A name must have 1-100 characters, such as where the token is used"}),
	"tokens_scopes_known": fault.New(fault.Invalid, "invalid_token", "The token was not created").
		With(fault.Field{Pointer: "/scopes", Detail: "The scopes must be read, write or both"}),
}

// translateError translates an error of Postgres to a fault if the caller can act on it.
// Other errors pass through and are internal.
func translateError(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	switch pg.Code {
	case "23505": // unique_violation
		if f, ok := uniqueViolations[pg.ConstraintName]; ok {
			return f.WithCause(err)
		}
	case "23514": // check_violation
		if f, ok := checkViolations[pg.ConstraintName]; ok {
			return f.WithCause(err)
		}
	case "40P01", "40001": // deadlock_detected, serialization_failure
		return fault.New(fault.Unavailable, "busy", "A concurrent change interfered; try again").WithCause(err)
	case "22P05", "22021": // untranslatable_character, character_not_in_repertoire
		return fault.New(fault.Invalid, "invalid_text", "The text holds a character that can't be stored (U+0000, or broken UTF-8)").WithCause(err)
	}
	return err
}

// isRetryable reports whether Postgres ended a transaction in favor of another one.
func isRetryable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40P01" || pg.Code == "40001")
}

// orNotFound translates pgx.ErrNoRows to a NotFound fault that names the missing object.
func orNotFound(err error, what string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.New(fault.NotFound, "not_found", "There is no such %s", what)
	}
	return translateError(err)
}
