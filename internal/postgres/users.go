package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/audit"
	"orgmodes/internal/postgres/sqlcgen"
)

// User is a person with an account.
type User struct {
	ID    uuid.UUID
	Email string
	Name  string
	// PasswordHash is in the PHC string format; empty for who can't sign in with
	// a password.
	PasswordHash string
	Disabled     bool
	CreatedAt    time.Time
}

// CreateUser makes an account. passwordHash may be empty.
func (db *DB) CreateUser(ctx context.Context, by audit.By, email, name, passwordHash string) (User, error) {
	var out User
	err := db.inAudited(ctx, func(_ pgx.Tx, q *sqlcgen.Queries) error {
		row, err := q.CreateUser(ctx, sqlcgen.CreateUserParams{
			Email: strings.TrimSpace(email), Name: strings.TrimSpace(name), PasswordHash: orNil(passwordHash),
		})
		if err != nil {
			return err
		}
		out = toUser(row)
		after, err := content(struct {
			Email string `json:"email"`
			Name  string `json:"name"`
		}{out.Email, out.Name})
		if err != nil {
			return err
		}
		return insertAudit(ctx, q, by, entry{
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

// UserByEmail returns an account by its address; capitals make no difference.
func (db *DB) UserByEmail(ctx context.Context, email string) (User, error) {
	row, err := db.q.GetUserByEmail(ctx, strings.TrimSpace(email))
	if err != nil {
		return User{}, orNotFound(known(err), "user")
	}
	return toUser(row), nil
}

// SetPassword gives a user another password, and ends all the user's sessions.
func (db *DB) SetPassword(ctx context.Context, by audit.By, user uuid.UUID, passwordHash string) error {
	return db.inAudited(ctx, func(_ pgx.Tx, q *sqlcgen.Queries) error {
		row, err := q.GetUser(ctx, user)
		if err != nil {
			return orNotFound(err, "user")
		}
		if _, err := q.SetPassword(ctx, sqlcgen.SetPasswordParams{ID: user, PasswordHash: &passwordHash}); err != nil {
			return err
		}
		if _, err := q.DeleteUserSessions(ctx, user); err != nil {
			return err
		}
		return insertAudit(ctx, q, by, entry{
			action: audit.Update, subject: audit.Subject{Kind: audit.Account, ID: user.String(), Name: row.Email},
		})
	})
}

func toUser(r sqlcgen.User) User {
	u := User{ID: r.ID, Email: r.Email, Name: r.Name, Disabled: r.DisabledAt != nil, CreatedAt: r.CreatedAt.UTC()}
	if r.PasswordHash != nil {
		u.PasswordHash = *r.PasswordHash
	}
	return u
}

// Session is who is signed in, and until when.
type Session struct {
	User      User
	CreatedAt time.Time
	ExpiresAt time.Time
}

// CreateSession remembers a signed-in user under the SHA-256 of what the cookie
// holds, and forgets the sessions that have expired.
func (db *DB) CreateSession(ctx context.Context, hash []byte, user uuid.UUID, expires time.Time) error {
	if _, err := db.q.DeleteExpiredSessions(ctx); err != nil {
		return err
	}
	return db.q.CreateSession(ctx, sqlcgen.CreateSessionParams{Hash: hash, UserID: user, ExpiresAt: expires})
}

// Session returns the session of a hash: NotFound where there is none, or it has
// expired, or its user is disabled.
func (db *DB) Session(ctx context.Context, hash []byte) (Session, error) {
	row, err := db.q.GetSessionUser(ctx, hash)
	if err != nil {
		return Session{}, orNotFound(err, "session")
	}
	return Session{
		User:      User{ID: row.ID, Email: row.Email, Name: row.Name},
		CreatedAt: row.CreatedAt.UTC(), ExpiresAt: row.ExpiresAt.UTC(),
	}, nil
}

// EndSession forgets a session.
func (db *DB) EndSession(ctx context.Context, hash []byte) error {
	_, err := db.q.DeleteSession(ctx, hash)
	return err
}
