package pubstore

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"orgmodes/internal/token"
)

// Errors of reading that callers distinguish. Any other error means that
// Redis could not be queried.
var (
	// ErrAbsent means that there is no such key, in a Redis that has been filled.
	ErrAbsent = errors.New("pubstore: not there")
	// ErrNotFilled means that this Redis has not been filled (yet, or since it was
	// flushed or replaced), so a missing key proves nothing.
	ErrNotFilled = errors.New("pubstore: this Redis has not been filled")
)

// Store reads and writes the published state in one Redis.
type Store struct {
	rdb    redis.UniversalClient
	prefix string
}

// Options configures how a Store talks to Redis; the zero value is for production.
type Options struct {
	// Prefix of all keys; default "om".
	Prefix string
	// Timeout bounds a dial, the wait for an answer and each chunk of a write;
	// default 200 ms. PublishDocument allows more for the answer to a large document.
	Timeout time.Duration
	// PoolSize is the number of connections; default go-redis' own.
	PoolSize int
	// MaxAge is how long a connection is used before it is replaced. A connection to a
	// server that is no longer the primary can keep working. Default: unlimited.
	MaxAge time.Duration
}

// disableRedisLogging turns off the logging of go-redis. It writes a line to stderr for every
// failed dial, at the rate of the requests that need one. Errors are returned instead,
// and logged once by the caller.
var disableRedisLogging = sync.OnceFunc(logging.Disable)

// Open returns a new Store for a URL (redis://user:password@host:port/db, rediss://
// for TLS, redis+sentinel:// as in sentinel.go). It does not connect: Redis may
// be unavailable.
//
// There are no retries, and timeouts are short. The default of go-redis blocks a
// call for seconds when the server is down, and all our callers can continue
// without it.
func Open(url string, o Options) (*Store, error) {
	disableRedisLogging()
	if o.Timeout == 0 {
		o.Timeout = 200 * time.Millisecond
	}
	if rdb, err := openSentinel(url, o); err == nil {
		return New(rdb, o.Prefix), nil
	} else if !errors.Is(err, errNotSentinel) {
		return nil, fmt.Errorf("REDIS_URL: want %s: %w", sentinelURLFormat, redactedError(err))
	}
	opt, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: want redis://[user:password@]host:port[/db]: %w", redactedError(err))
	}
	if opt.TLSConfig != nil {
		opt.TLSConfig.MinVersion = tls.VersionTLS12
	}
	opt.MaxRetries = -1
	opt.DialTimeout, opt.ReadTimeout, opt.WriteTimeout, opt.PoolTimeout = o.Timeout, o.Timeout, o.Timeout, o.Timeout
	opt.DialerRetries = 1
	opt.ContextTimeoutEnabled = true
	// Disables the announcements of managed services. They cost a goroutine per client and
	// a command per connection, and every caller tolerates a broken connection anyway.
	opt.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	if o.PoolSize > 0 {
		opt.PoolSize = o.PoolSize
	}
	opt.ConnMaxLifetime = o.MaxAge
	opt.Dialer = progressDialer(redis.NewDialer(opt), o.Timeout)
	return New(redis.NewClient(opt), o.Prefix), nil
}

// redactedError hides the cause, which may contain the URL with its password.
func redactedError(error) error { return errors.New("the URL given is not of that form") }

// New returns a new Store that uses a client; prefix "" means "om".
func New(rdb redis.UniversalClient, prefix string) *Store {
	if prefix == "" {
		prefix = "om"
	}
	return &Store{rdb: rdb, prefix: prefix}
}

// Close closes the connections.
func (s *Store) Close() error { return s.rdb.Close() }

// Ping returns an error unless Redis answers.
func (s *Store) Ping(ctx context.Context) error { return s.rdb.Ping(ctx).Err() }

func (s *Store) key(name string) string { return "{" + s.prefix + "}:" + name }

func (s *Store) docKey(org string) string { return s.key("doc:" + org) }

func (s *Store) tokenKey(h token.Hash) string { return s.key("tok:" + hashHex(h)) }

// Document loads an organization's document with the payload of all codings.
// It returns ErrAbsent or ErrNotFilled if there is none.
func (s *Store) Document(ctx context.Context, org string) (*Document, error) {
	h, _, err := s.readHash(ctx, s.docKey(org))
	if err != nil {
		return nil, err
	}
	return parseDocument(org, h)
}

// Token loads a token's record. It returns ErrAbsent or ErrNotFilled if there
// is none; only ErrAbsent means that the token does not exist.
func (s *Store) Token(ctx context.Context, hash token.Hash) (*Token, error) {
	t, _, err := s.TokenAt(ctx, hash)
	return t, err
}

// TokenAt is like Token, and also returns the log position at which the answer was
// true. The position is also valid with ErrAbsent.
func (s *Store) TokenAt(ctx context.Context, hash token.Hash) (*Token, Position, error) {
	h, at, err := s.readHash(ctx, s.tokenKey(hash))
	if err != nil {
		return nil, at, err
	}
	t, err := parseToken(hash, h)
	return t, at, err
}

// Tokens loads the records of several tokens at once. Records that are missing or can't
// be read are left out. ErrNotFilled means that a missing record proves nothing.
func (s *Store) Tokens(ctx context.Context, hashes []token.Hash) (map[token.Hash]*Token, Position, error) {
	all := make([]*redis.MapStringStringCmd, len(hashes))
	at, err := s.query(ctx, func(p redis.Pipeliner) {
		for i, h := range hashes {
			all[i] = p.HGetAll(ctx, s.tokenKey(h))
		}
	})
	if err != nil {
		return nil, at, err
	}
	out := make(map[token.Hash]*Token, len(hashes))
	for i, h := range hashes {
		if len(all[i].Val()) == 0 {
			continue
		}
		if t, err := parseToken(h, all[i].Val()); err == nil {
			out[h] = t
		}
	}
	return out, at, nil
}

// TokenVersions returns the versions of several tokens' records, in their order, as
// Versions of (epoch, version). A record that is missing or can't be read has the zero
// Version. ErrNotFilled means that a missing record proves nothing.
func (s *Store) TokenVersions(ctx context.Context, hashes []token.Hash) ([]Version, Position, error) {
	all := make([]*redis.SliceCmd, len(hashes))
	at, err := s.query(ctx, func(p redis.Pipeliner) {
		for i, h := range hashes {
			all[i] = p.HMGet(ctx, s.tokenKey(h), "epoch", "version")
		}
	})
	if err != nil {
		return nil, at, err
	}
	out := make([]Version, len(hashes))
	for i := range all {
		fields := all[i].Val()
		if len(fields) != 2 {
			continue
		}
		epoch, _ := fields[0].(string)
		version, _ := fields[1].(string)
		e, err1 := strconv.ParseInt(epoch, 10, 64)
		v, err2 := strconv.ParseInt(version, 10, 64)
		if err1 == nil && err2 == nil {
			out[i] = Version{Epoch: e, Revision: v}
		}
	}
	return out, at, nil
}

// Versions returns the published versions of several organizations, without
// their payload. Versions that are missing or can't be read are left out.
// ErrNotFilled means that a missing version proves nothing.
func (s *Store) Versions(ctx context.Context, orgs []string) (map[string]Version, Position, error) {
	out := make(map[string]Version, len(orgs))
	if len(orgs) == 0 {
		return out, Position{}, nil
	}
	var revs *redis.SliceCmd
	at, err := s.query(ctx, func(p redis.Pipeliner) { revs = p.HMGet(ctx, s.key("revs"), orgs...) })
	if err != nil {
		return nil, at, err
	}
	for i, v := range revs.Val() {
		str, ok := v.(string)
		if !ok {
			continue
		}
		// One that can't be read must not prevent the comparison of all the others.
		if v, err := ParseVersion(str); err == nil {
			out[orgs[i]] = v
		}
	}
	return out, at, nil
}

// readHash returns a hash and the log position at which it was read.
func (s *Store) readHash(ctx context.Context, key string) (map[string]string, Position, error) {
	var all *redis.MapStringStringCmd
	at, err := s.query(ctx, func(p redis.Pipeliner) { all = p.HGetAll(ctx, key) })
	return s.checkFound(ctx, key, all.Val(), at, err)
}

// readFields returns some fields of a hash and the log position at which they were read.
// The first field must be one that every such hash has.
func (s *Store) readFields(ctx context.Context, key string, fields []string) (map[string]string, Position, error) {
	var values *redis.SliceCmd
	at, err := s.query(ctx, func(p redis.Pipeliner) { values = p.HMGet(ctx, key, fields...) })
	h := map[string]string{}
	for i, v := range values.Val() {
		if text, ok := v.(string); ok {
			h[fields[i]] = text
		}
	}
	if _, ok := h[fields[0]]; !ok {
		clear(h)
	}
	return s.checkFound(ctx, key, h, at, err)
}

// checkFound returns h as read, or an error if it is empty because there is no such hash.
func (s *Store) checkFound(ctx context.Context, key string, h map[string]string, at Position, err error) (map[string]string, Position, error) {
	switch {
	case err != nil && !errors.Is(err, ErrNotFilled):
		return nil, at, err
	case len(h) > 0:
		return h, at, nil
	case err != nil:
		return nil, at, err
	default:
		return nil, at, s.confirmAbsent(ctx, key)
	}
}

var absentScript = script("absent")

// confirmAbsent confirms that a key that wasn't found does not exist, and then returns
// ErrAbsent. A promoted replica may lack data that its primary had, and can be
// recognized only by its replication ID. A key missing from it is not absent.
func (s *Store) confirmAbsent(ctx context.Context, key string) error {
	res, err := absentScript.Run(ctx, s.rdb, append(s.scriptKeys(), key)).StringSlice()
	switch {
	case err != nil:
		return fmt.Errorf("pubstore: %w", err)
	case res[0] == string(Filled):
		return ErrAbsent
	case res[0] == "there":
		return fmt.Errorf("pubstore: %s was written this moment", key)
	default:
		return ErrNotFilled
	}
}

// query runs queries and a query for the log's position in one transaction, so the
// answers reflect the state at exactly that position. If there is no position it
// returns ErrNotFilled; the queries are answered all the same.
func (s *Store) query(ctx context.Context, queries func(redis.Pipeliner)) (Position, error) {
	var meta *redis.SliceCmd
	_, err := s.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		meta = p.HMGet(ctx, s.key("meta"), "n", "incarnation")
		queries(p)
		return nil
	})
	if err != nil {
		return Position{}, fmt.Errorf("pubstore: %w", err)
	}
	return parsePosition(meta.Val())
}
