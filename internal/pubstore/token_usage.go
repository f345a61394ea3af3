package pubstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"orgmodes/internal/token"
)

// usagePage is how many uses are sent to Redis or read from it per round trip.
const usagePage = 500

// RecordUsage records when each token was last accepted, for the workers to collect. It is
// the only write of readers, to the one key {prefix}:seen. It has no fence, as a loss
// costs only some minutes of a usage figure.
func (s *Store) RecordUsage(ctx context.Context, uses map[token.Hash]time.Time) error {
	fields := make([]any, 0, 2*min(len(uses), usagePage))
	flush := func() error {
		if len(fields) == 0 {
			return nil
		}
		err := s.rdb.HSet(ctx, s.key("seen"), fields...).Err()
		fields = fields[:0]
		if err != nil {
			return fmt.Errorf("pubstore: %w", err)
		}
		return nil
	}
	for h, at := range uses {
		if fields = append(fields, string(h[:]), at.Unix()); len(fields) == 2*usagePage {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// DrainUsage calls fn in pages with the uses that readers have recorded, and deletes them
// once fn has accepted all. If a worker fails before that, they are delivered again.
// DrainUsage returns when there are none left.
func (s *Store) DrainUsage(ctx context.Context, fn func(map[token.Hash]time.Time) error) error {
	// Rename the key first, so that uses recorded concurrently are left for the next call.
	// If a previous call failed, its uses are still there, and are taken instead.
	taking := s.key("seen:taking")
	if err := s.rdb.RenameNX(ctx, s.key("seen"), taking).Err(); err != nil && !isNoSuchKey(err) {
		return fmt.Errorf("pubstore: %w", err)
	}
	for cursor := uint64(0); ; {
		pairs, next, err := s.rdb.HScan(ctx, taking, cursor, "*", usagePage).Result()
		if err != nil {
			return fmt.Errorf("pubstore: %w", err)
		}
		if uses := parseUsage(pairs); len(uses) > 0 {
			if err := fn(uses); err != nil {
				return err
			}
		}
		if cursor = next; cursor == 0 {
			break
		}
	}
	if err := s.rdb.Unlink(ctx, taking).Err(); err != nil {
		return fmt.Errorf("pubstore: %w", err)
	}
	return nil
}

// parseUsage parses field, value, field, value... and skips pairs that can't be parsed.
func parseUsage(pairs []string) map[token.Hash]time.Time {
	uses := make(map[token.Hash]time.Time, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		seconds, err := strconv.ParseInt(pairs[i+1], 10, 64)
		if len(pairs[i]) == len(token.Hash{}) && err == nil {
			uses[token.Hash([]byte(pairs[i]))] = time.Unix(seconds, 0)
		}
	}
	return uses
}

// isNoSuchKey reports whether Redis refused a rename because the key doesn't exist.
func isNoSuchKey(err error) bool {
	var redisErr redis.Error
	return errors.As(err, &redisErr) && strings.Contains(redisErr.Error(), "no such key")
}
