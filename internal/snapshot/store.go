package snapshot

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"orgmodes/internal/token"
)

// Failures of reading that a caller tells apart. Anything else means that
// Redis could not be asked.
var (
	// ErrAbsent means that there is no such key, in a Redis that has been filled.
	ErrAbsent = errors.New("snapshot: not there")
	// ErrUnfilled means that this Redis has not been filled (yet, or since it was
	// flushed or replaced): that something is missing says nothing.
	ErrUnfilled = errors.New("snapshot: this Redis has not been filled")
)

// Store is the published state in one Redis.
type Store struct {
	rdb    redis.UniversalClient
	prefix string
}

// Options are how a Store talks to Redis; the zero value is for production.
type Options struct {
	// Prefix of all keys; default "om".
	Prefix string
	// Timeout bounds a dial, a read and a write each; default 200 ms.
	Timeout time.Duration
	// PoolSize is the number of connections; default go-redis' own.
	PoolSize int
}

// silence: go-redis writes a line to stderr for every dial that fails, at the
// rate of the requests that need one. What fails is returned, and logged once by
// whoever asked.
var silence = sync.OnceFunc(logging.Disable)

// Open makes a Store for a URL (redis://user:password@host:port/db, rediss://
// for TLS). It does not connect: Redis may be away.
//
// There are no retries and short timeouts: the default of go-redis blocks a
// call for seconds when the server is down, and all our callers know how to go
// on without it.
func Open(url string, o Options) (*Store, error) {
	silence()
	opt, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: want redis://[user:password@]host:port[/db]: %w", redacted(err))
	}
	if o.Timeout == 0 {
		o.Timeout = 200 * time.Millisecond
	}
	opt.MaxRetries = -1
	opt.DialTimeout, opt.ReadTimeout, opt.WriteTimeout, opt.PoolTimeout = o.Timeout, o.Timeout, o.Timeout, o.Timeout
	opt.DialerRetries = 1
	opt.ContextTimeoutEnabled = true
	if o.PoolSize > 0 {
		opt.PoolSize = o.PoolSize
	}
	if opt.TLSConfig != nil {
		opt.TLSConfig.MinVersion = tls.VersionTLS12
	}
	return New(redis.NewClient(opt), o.Prefix), nil
}

// redacted hides the cause, which may repeat the URL with its password.
func redacted(error) error { return errors.New("the URL given is not of that form") }

// New makes a Store on a client; prefix "" means "om".
func New(rdb redis.UniversalClient, prefix string) *Store {
	if prefix == "" {
		prefix = "om"
	}
	return &Store{rdb: rdb, prefix: prefix}
}

// Close ends the connections.
func (s *Store) Close() error { return s.rdb.Close() }

// Ping asks whether Redis answers.
func (s *Store) Ping(ctx context.Context) error { return s.rdb.Ping(ctx).Err() }

func (s *Store) key(name string) string { return "{" + s.prefix + "}:" + name }

func (s *Store) docKey(org string) string { return s.key("doc:" + org) }

func (s *Store) tokenKey(h token.Hash) string { return s.key("tok:" + hashHex(h)) }

// Document loads an organization's document with the payload of all codings.
// It returns ErrAbsent or ErrUnfilled where there is none.
func (s *Store) Document(ctx context.Context, org string) (*Document, error) {
	h, err := s.read(ctx, s.docKey(org))
	if err != nil {
		return nil, err
	}
	return parseDocument(org, h)
}

// Token loads a token's record. It returns ErrAbsent or ErrUnfilled where there
// is none; only ErrAbsent says that the token does not exist.
func (s *Store) Token(ctx context.Context, hash token.Hash) (*Token, error) {
	h, err := s.read(ctx, s.tokenKey(hash))
	if err != nil {
		return nil, err
	}
	return parseToken(hash, h)
}

// Tokens loads the records of some tokens at once. What isn't there, or can't
// be read, is not in the answer. ErrUnfilled means that nothing can be concluded
// from what is missing.
func (s *Store) Tokens(ctx context.Context, hashes []token.Hash) (map[token.Hash]*Token, error) {
	out := make(map[token.Hash]*Token, len(hashes))
	if len(hashes) == 0 {
		return out, nil
	}
	var meta *redis.StringCmd
	all := make([]*redis.MapStringStringCmd, len(hashes))
	_, err := s.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		meta = p.HGet(ctx, s.key("meta"), "incarnation")
		for i, h := range hashes {
			all[i] = p.HGetAll(ctx, s.tokenKey(h))
		}
		return nil
	})
	if errors.Is(meta.Err(), redis.Nil) {
		return nil, ErrUnfilled
	}
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	for i, h := range hashes {
		if len(all[i].Val()) == 0 {
			continue
		}
		if t, err := parseToken(h, all[i].Val()); err == nil {
			out[h] = t
		}
	}
	return out, nil
}

// read gets a hash and, in the same transaction, whether Redis was filled.
func (s *Store) read(ctx context.Context, key string) (map[string]string, error) {
	var meta *redis.StringCmd
	var all *redis.MapStringStringCmd
	_, err := s.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		meta = p.HGet(ctx, s.key("meta"), "incarnation")
		all = p.HGetAll(ctx, key)
		return nil
	})
	filled := !errors.Is(meta.Err(), redis.Nil)
	if err != nil && filled {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	switch {
	case len(all.Val()) > 0:
		return all.Val(), nil
	case filled:
		return s.absent(ctx, key)
	default:
		return nil, ErrUnfilled
	}
}

var absentScript = script("absent")

// absent makes sure that what wasn't found does not exist. A replica that was
// promoted may lack what its primary had, and says so only by its replication
// id: what is missing from such a Redis is not absent.
func (s *Store) absent(ctx context.Context, key string) (map[string]string, error) {
	res, err := absentScript.Run(ctx, s.rdb, append(s.scriptKeys(), key)).StringSlice()
	switch {
	case err != nil:
		return nil, fmt.Errorf("snapshot: %w", err)
	case res[0] == string(Filled):
		return nil, ErrAbsent
	case res[0] == "there":
		return nil, fmt.Errorf("snapshot: %s was written this moment", key)
	default:
		return nil, ErrUnfilled
	}
}

// Versions asks for the published versions of some organizations, without
// their payload. What isn't published is not in the answer. ErrUnfilled means
// that nothing can be concluded from what is missing.
func (s *Store) Versions(ctx context.Context, orgs []string) (map[string]Version, error) {
	out := make(map[string]Version, len(orgs))
	if len(orgs) == 0 {
		return out, nil
	}
	var meta *redis.StringCmd
	var revs *redis.SliceCmd
	_, err := s.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		meta = p.HGet(ctx, s.key("meta"), "incarnation")
		revs = p.HMGet(ctx, s.key("revs"), orgs...)
		return nil
	})
	if errors.Is(meta.Err(), redis.Nil) {
		return nil, ErrUnfilled
	}
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	for i, v := range revs.Val() {
		str, ok := v.(string)
		if !ok {
			continue
		}
		if out[orgs[i]], err = ParseVersion(str); err != nil {
			return nil, err
		}
	}
	return out, nil
}
