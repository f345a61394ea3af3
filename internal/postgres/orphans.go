package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"orgmodes/internal/token"
)

// UnknownOrganizations returns the ids that no organization has or ever had.
func (db *DB) UnknownOrganizations(ctx context.Context, ids []uuid.UUID) ([]uuid.UUID, error) {
	known, err := db.q.ExistingOrganizations(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("known organizations: %w", err)
	}
	return difference(ids, known), nil
}

// UnknownTokens returns the hashes that no token has.
func (db *DB) UnknownTokens(ctx context.Context, hashes []token.Hash) ([]token.Hash, error) {
	raw := make([][]byte, len(hashes))
	for i := range hashes {
		raw[i] = hashes[i][:]
	}
	rows, err := db.q.ExistingTokens(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("known tokens: %w", err)
	}
	known := make([]token.Hash, len(rows))
	for i, r := range rows {
		known[i] = token.Hash(r)
	}
	return difference(hashes, known), nil
}

func difference[T comparable](all, known []T) (rest []T) {
	have := make(map[T]bool, len(known))
	for _, k := range known {
		have[k] = true
	}
	for _, v := range all {
		if !have[v] {
			rest = append(rest, v)
		}
	}
	return rest
}
