package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/audit"
	"orgmodes/internal/jobs"
	"orgmodes/internal/postgres/sqlcgen"
)

// User is a person with an account.
type User struct {
	ID    uuid.UUID
	Email string
	Name  string
	// PasswordHash is in the PHC string format; empty for a user who can't sign in with a
	// password.
	PasswordHash string
	Disabled     bool
	CreatedAt    time.Time
}

// CreateUser creates an account. passwordHash may be empty.
func (db *DB) CreateUser(ctx context.Context, by audit.Attribution, email, name, passwordHash string) (User, error) {
	var out User
	err := db.withAudit(ctx, func(_ pgx.Tx, q *sqlcgen.Queries) error {
		row, err := q.CreateUser(ctx, sqlcgen.CreateUserParams{
			Email: strings.TrimSpace(email), Name: strings.TrimSpace(name), PasswordHash: ptrOrNil(passwordHash),
		})
		if err != nil {
			return err
		}
		out = toUser(row)
		after, err := encodeJSON(struct {
			Email string `json:"email"`
			Name  string `json:"name"`
		}{out.Email, out.Name})
		if err != nil {
			return err
		}
		return insertAudit(ctx, q, by, auditEntry{
			action: audit.Create, subject: audit.Subject{Kind: audit.Account, ID: out.ID.String(), Name: out.Email}, after: after,
		})
	})
	return out, err
}

// User returns an account by its id.
func (db *DB) User(ctx context.Context, id uuid.UUID) (User, error) {
	row, err := db.q.GetUser(ctx, id)
	if err != nil {
		return User{}, orNotFound(err, "user")
	}
	return toUser(row), nil
}

// UserByEmail returns an account by its email address, ignoring case.
func (db *DB) UserByEmail(ctx context.Context, email string) (User, error) {
	row, err := db.q.GetUserByEmail(ctx, strings.TrimSpace(email))
	if err != nil {
		return User{}, orNotFound(translateError(err), "user")
	}
	return toUser(row), nil
}

// SetPassword gives a user another password, and ends all of the user's sessions.
func (db *DB) SetPassword(ctx context.Context, by audit.Attribution, user uuid.UUID, passwordHash string) error {
	return db.withAudit(ctx, func(_ pgx.Tx, q *sqlcgen.Queries) error {
		row, err := q.LockUser(ctx, user)
		if err != nil {
			return orNotFound(err, "user")
		}
		if _, err := q.SetPassword(ctx, sqlcgen.SetPasswordParams{ID: user, PasswordHash: &passwordHash}); err != nil {
			return err
		}
		if _, err := q.DeleteUserSessions(ctx, user); err != nil {
			return err
		}
		return insertAudit(ctx, q, by, auditEntry{
			action: audit.Update, subject: audit.Subject{Kind: audit.Account, ID: user.String(), Name: row.Email},
		})
	})
}

// SetDisabled disables or re-enables an account, and reports whether that changed anything.
// A disabled account can't sign in. Its sessions end at once, and its access tokens are
// refused as soon as that is published. Re-enabling it makes its tokens valid again, but
// restores no session.
func (db *DB) SetDisabled(ctx context.Context, by audit.Attribution, user uuid.UUID, disabled bool) (changed bool, err error) {
	err = db.withAudit(ctx, func(tx pgx.Tx, q *sqlcgen.Queries) error {
		was, err := q.LockUser(ctx, user)
		if err != nil {
			return orNotFound(err, "user")
		}
		if changed = (was.DisabledAt != nil) != disabled; !changed {
			return nil
		}
		is, err := q.SetDisabled(ctx, sqlcgen.SetDisabledParams{ID: user, Disabled: disabled})
		if err != nil {
			return err
		}
		if disabled {
			if _, err := q.DeleteUserSessions(ctx, user); err != nil {
				return err
			}
		}
		e := auditEntry{action: audit.Update, subject: audit.Subject{Kind: audit.Account, ID: user.String(), Name: is.Email}}
		if e.before, err = encodeJSON(map[string]bool{"disabled": !disabled}); err != nil {
			return err
		}
		if e.after, err = encodeJSON(map[string]bool{"disabled": disabled}); err != nil {
			return err
		}
		if err := insertAudit(ctx, q, by, e); err != nil {
			return err
		}
		return db.republishTokens(ctx, tx, q, user)
	})
	return changed && err == nil, err
}

// republishTokens enqueues the publication of all access tokens of a user.
func (db *DB) republishTokens(ctx context.Context, tx pgx.Tx, q *sqlcgen.Queries, user uuid.UUID) error {
	touched, err := q.TouchTokens(ctx, user)
	if err != nil {
		return fmt.Errorf("touch tokens: %w", err)
	}
	for _, t := range touched {
		if _, err := db.river.InsertTx(ctx, tx, jobs.PublishToken{TokenID: t.ID, Version: t.Version}, nil); err != nil {
			return err
		}
	}
	return nil
}

// SoleOwnerships lists, by slug, the organizations of which a user is an owner and no other
// owner can sign in.
func (db *DB) SoleOwnerships(ctx context.Context, user uuid.UUID) ([]string, error) {
	slugs, err := db.q.ListSoleOwnerships(ctx, user)
	if err != nil {
		return nil, fmt.Errorf("organizations without another owner: %w", err)
	}
	return slugs, nil
}

func toUser(r sqlcgen.User) User {
	u := User{ID: r.ID, Email: r.Email, Name: r.Name, Disabled: r.DisabledAt != nil, CreatedAt: r.CreatedAt.UTC()}
	if r.PasswordHash != nil {
		u.PasswordHash = *r.PasswordHash
	}
	return u
}
