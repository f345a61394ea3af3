package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/postgres/sqlcgen"
)

// Session is the session of a signed-in user.
type Session struct {
	User      User
	CreatedAt time.Time
	ExpiresAt time.Time
}

// CreateSession stores a session of a user under the SHA-256 of the cookie's value, and
// deletes the sessions that have expired.
func (db *DB) CreateSession(ctx context.Context, hash []byte, user uuid.UUID, expires time.Time) error {
	if _, err := db.q.DeleteExpiredSessions(ctx); err != nil {
		return err
	}
	return db.q.CreateSession(ctx, sqlcgen.CreateSessionParams{Hash: hash, UserID: user, ExpiresAt: expires})
}

// Session returns the session of a hash, or NotFound if there is none, it has expired, or
// its user is disabled.
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

// EndSession deletes a session.
func (db *DB) EndSession(ctx context.Context, hash []byte) error {
	_, err := db.q.DeleteSession(ctx, hash)
	return err
}
