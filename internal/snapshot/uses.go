package snapshot

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

// usesPage is how many uses go to Redis or come from it in one round trip.
const usesPage = 500

// NoteUses adds to what workers are to know of tokens: when each was last let in.
// It is the only thing that readers write, to the one key {prefix}:seen, and what
// is lost of it costs a figure of some minutes: it has no fence.
func (s *Store) NoteUses(ctx context.Context, uses map[token.Hash]time.Time) error {
	fields := make([]any, 0, 2*min(len(uses), usesPage))
	flush := func() error {
		if len(fields) == 0 {
			return nil
		}
		err := s.rdb.HSet(ctx, s.key("seen"), fields...).Err()
		fields = fields[:0]
		if err != nil {
			return fmt.Errorf("snapshot: %w", err)
		}
		return nil
	}
	for h, at := range uses {
		if fields = append(fields, string(h[:]), at.Unix()); len(fields) == 2*usesPage {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// TakeUses calls fn with what readers have noted since, in pages, and forgets it
// once fn has taken all of it. What was taken by a worker that then died comes
// again. It returns when there is nothing.
func (s *Store) TakeUses(ctx context.Context, fn func(map[token.Hash]time.Time) error) error {
	// Set aside first: what readers note meanwhile is for the next time. What is
	// still there from the last time goes first.
	taking := s.key("seen:taking")
	if err := s.rdb.RenameNX(ctx, s.key("seen"), taking).Err(); err != nil && !isNoKey(err) {
		return fmt.Errorf("snapshot: %w", err)
	}
	for cursor := uint64(0); ; {
		pairs, next, err := s.rdb.HScan(ctx, taking, cursor, "*", usesPage).Result()
		if err != nil {
			return fmt.Errorf("snapshot: %w", err)
		}
		if uses := parseUses(pairs); len(uses) > 0 {
			if err := fn(uses); err != nil {
				return err
			}
		}
		if cursor = next; cursor == 0 {
			break
		}
	}
	if err := s.rdb.Unlink(ctx, taking).Err(); err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	return nil
}

// parseUses reads field, value, field, value...; what can't be read is left out.
func parseUses(pairs []string) map[token.Hash]time.Time {
	uses := make(map[token.Hash]time.Time, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		seconds, err := strconv.ParseInt(pairs[i+1], 10, 64)
		if len(pairs[i]) == len(token.Hash{}) && err == nil {
			uses[token.Hash([]byte(pairs[i]))] = time.Unix(seconds, 0)
		}
	}
	return uses
}

// isNoKey reports whether Redis refused to rename what isn't there.
func isNoKey(err error) bool {
	var said redis.Error
	return errors.As(err, &said) && strings.Contains(said.Error(), "no such key")
}
