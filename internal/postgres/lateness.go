package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Pending counts the organizations and tokens with an unpublished change.
type Pending struct {
	Organizations, Tokens int64
	// OldestOrganization and OldestToken are how long the oldest unpublished change of each
	// has been pending; 0 if there is none.
	OldestOrganization, OldestToken time.Duration
}

// CountPending counts the organizations and tokens with an unpublished change.
func (db *DB) CountPending(ctx context.Context) (Pending, error) {
	row, err := db.q.CountPending(ctx)
	if err != nil {
		return Pending{}, fmt.Errorf("count pending: %w", err)
	}
	seconds := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	return Pending{
		Organizations: row.Organizations, Tokens: row.Tokens,
		OldestOrganization: seconds(row.OldestOrganization), OldestToken: seconds(row.OldestToken),
	}, nil
}

// Lateness describes how far publishing is behind.
type Lateness struct {
	// Organizations is the number of organizations that have been unpublished for too long.
	// Oldest is the one unpublished longest, for Age.
	Organizations int64
	Oldest        uuid.UUID
	Age           time.Duration
	// Progressing reports whether anything is published, or being rendered, nevertheless.
	Progressing bool
}

// Lateness finds the organizations that have been unpublished for longer than late. It also
// finds whether anything was published within that time, or is being rendered.
func (db *DB) Lateness(ctx context.Context, late time.Duration) (Lateness, error) {
	row, err := db.q.LateOrganizations(ctx, late.Seconds())
	if err != nil {
		return Lateness{}, fmt.Errorf("lateness: %w", err)
	}
	out := Lateness{
		Organizations: row.Late, Oldest: row.Oldest, Age: time.Duration(row.OldestSeconds * float64(time.Second)), Progressing: true,
	}
	if out.Organizations == 0 {
		return out, nil
	}
	if out.Progressing, err = db.q.PublishingMoves(ctx, late.Seconds()); err != nil {
		return Lateness{}, fmt.Errorf("lateness: %w", err)
	}
	return out, nil
}
