package pubstore

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"orgmodes/internal/token"
)

// scanPage is the approximate number of keys requested per round trip.
const scanPage = 1000

// ForEachOrganization calls fn with the IDs of all organizations with a published document,
// deleted ones included, in pages. An ID may be repeated.
func (s *Store) ForEachOrganization(ctx context.Context, fn func(orgs []string) error) error {
	for cursor := uint64(0); ; {
		pairs, next, err := s.rdb.HScan(ctx, s.key("revs"), cursor, "*", scanPage).Result()
		if err != nil {
			return fmt.Errorf("pubstore: %w", err)
		}
		orgs := make([]string, 0, len(pairs)/2)
		for i := 0; i < len(pairs); i += 2 {
			orgs = append(orgs, pairs[i])
		}
		if err := fn(orgs); err != nil {
			return err
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

// ForEachToken calls fn with the hashes of all tokens that have a record, in pages.
// A hash may be repeated. It scans all keys of this Redis.
func (s *Store) ForEachToken(ctx context.Context, fn func(hashes []token.Hash) error) error {
	prefix := s.key("tok:")
	for cursor := uint64(0); ; {
		keys, next, err := s.rdb.Scan(ctx, cursor, prefix+"*", scanPage).Result()
		if err != nil {
			return fmt.Errorf("pubstore: %w", err)
		}
		hashes := make([]token.Hash, 0, len(keys))
		for _, k := range keys {
			if raw, err := hex.DecodeString(strings.TrimPrefix(k, prefix)); err == nil && len(raw) == len(token.Hash{}) {
				hashes = append(hashes, token.Hash(raw))
			}
		}
		if err := fn(hashes); err != nil {
			return err
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}
