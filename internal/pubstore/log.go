package pubstore

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"orgmodes/internal/token"
)

// EntryKind is the kind of a log entry.
type EntryKind string

const (
	// EntryDocument means that an organization's document was published.
	EntryDocument EntryKind = "doc"
	// EntryToken means that a token's record was published.
	EntryToken EntryKind = "token"
	// EntryWatermark means that everything committed before some time is in this Redis.
	EntryWatermark EntryKind = "mark"
	// EntryResync means that this Redis was refilled: compare everything.
	EntryResync EntryKind = "resync"
)

// Entry is one entry of the change log.
type Entry struct {
	// N is contiguous: an entry whose N isn't the previous one's plus one means
	// that something was missed.
	N           int64
	Kind        EntryKind
	Incarnation int64
	// Organization, Version and CommittedAt are set for a document.
	Organization string
	Version      Version
	CommittedAt  time.Time
	// Token and TokenVersion ("epoch.version") are set for a token.
	Token        token.Hash
	TokenVersion string
	// NarrowedAt is when a change was made that reduced the token's access: it was revoked,
	// or its user ceased to be a member. It is zero for all other changes, and if the
	// worker that wrote the entry doesn't report it.
	NarrowedAt time.Time
	// Watermark is set for an EntryWatermark.
	Watermark Watermark
}

// ReadLog returns the entries after n, waiting up to block for the first one. It is
// not an error if none arrives. A client that blocks should have a dedicated Store.
func (s *Store) ReadLog(ctx context.Context, after int64, block time.Duration) ([]Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, block+time.Second)
	defer cancel()
	res, err := s.rdb.XRead(ctx, &redis.XReadArgs{
		Streams: []string{s.key("log"), strconv.FormatInt(after, 10) + "-0"},
		Count:   1000,
		Block:   block,
	}).Result()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("pubstore: %w", err)
	}
	var out []Entry
	for _, m := range res[0].Messages {
		e, err := parseEntry(m)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// LogTail returns the number of the newest log entry and the incarnation that
// this Redis was filled under. It returns ErrNotFilled if there are none.
func (s *Store) LogTail(ctx context.Context) (n, incarnation int64, err error) {
	res, err := s.rdb.HMGet(ctx, s.key("meta"), "n", "incarnation").Result()
	if err != nil {
		return 0, 0, fmt.Errorf("pubstore: %w", err)
	}
	at, err := parsePosition(res)
	return at.N, at.Incarnation, err
}

// Position is a point in the history of one Redis. If two positions have the same
// incarnation, the state at the one with the greater N includes the state at the
// other. A server that lost something accepts no writes by the scripts until it has
// been reconciled, which starts a new incarnation.
type Position struct {
	Incarnation int64
	// N is the number of the newest log entry.
	N int64
}

func parsePosition(meta []any) (Position, error) {
	var p Position
	n, ok1 := meta[0].(string)
	incarnation, ok2 := meta[1].(string)
	if !ok1 || !ok2 {
		return p, ErrNotFilled
	}
	var err error
	if p.N, err = strconv.ParseInt(n, 10, 64); err == nil {
		p.Incarnation, err = strconv.ParseInt(incarnation, 10, 64)
	}
	if err != nil {
		return Position{}, fmt.Errorf("pubstore: meta: %w", err)
	}
	return p, nil
}

// tailEntries is how many entries from the log's end are searched for a watermark: seconds
// of busy traffic.
const tailEntries = 256

// Tail returns the position of the log, and the newest watermark near its end, or nil if
// there is none. Anything read from this Redis afterwards, at this position or a later one
// of the same incarnation, contains what the watermark promises.
func (s *Store) Tail(ctx context.Context) (Position, *Watermark, error) {
	var log *redis.XMessageSliceCmd
	at, err := s.query(ctx, func(p redis.Pipeliner) {
		log = p.XRevRangeN(ctx, s.key("log"), "+", "-", tailEntries)
	})
	if err != nil {
		return at, nil, err
	}
	for _, m := range log.Val() {
		e, err := parseEntry(m)
		if ours := err == nil && e.Incarnation == at.Incarnation; !ours {
			break // earlier entries belong to another history
		}
		if e.Kind == EntryWatermark && e.N <= at.N {
			return at, &e.Watermark, nil
		}
	}
	return at, nil, nil
}

func parseEntry(m redis.XMessage) (Entry, error) {
	text := func(field string) string { s, _ := m.Values[field].(string); return s }
	bad := func(err error) (Entry, error) {
		return Entry{}, fmt.Errorf("pubstore: log entry %s: %w", m.ID, err)
	}
	id, _, _ := strings.Cut(m.ID, "-")
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return bad(err)
	}
	e := Entry{N: n, Kind: EntryKind(text("kind"))}
	if e.Incarnation, err = strconv.ParseInt(text("incarnation"), 10, 64); err != nil {
		return bad(err)
	}
	switch e.Kind {
	case EntryDocument:
		e.Organization = text("organization")
		if e.Version, err = ParseVersion(text("version")); err != nil {
			return bad(err)
		}
		us, err := strconv.ParseInt(text("committed_at"), 10, 64)
		if err != nil {
			return bad(err)
		}
		e.CommittedAt = time.UnixMicro(us).UTC()
	case EntryToken:
		e.TokenVersion = text("version")
		raw, err := hex.DecodeString(text("token"))
		if err != nil || len(raw) != len(e.Token) {
			return bad(fmt.Errorf("token %q is not a SHA-256", text("token")))
		}
		e.Token = token.Hash(raw)
		// This is only a measurement: it must not prevent the entry from being read.
		if us, err := strconv.ParseInt(text("taken_at"), 10, 64); err == nil && us != 0 {
			e.NarrowedAt = time.UnixMicro(us).UTC()
		}
	case EntryWatermark:
		if e.Watermark, err = parseWatermark(text("as_of"), text("except")); err != nil {
			return bad(err)
		}
	case EntryResync:
	}
	return e, nil
}
