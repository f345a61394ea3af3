package reader

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/cputime"
	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/prove"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
)

// pipelineCommands writes commands to Redis without waiting for each answer.
func pipelineCommands(t *testing.T, addr string, n int, command func(n int) []string) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp4", addr)
	require.NoError(t, err)
	defer conn.Close()
	go func() {
		var out bytes.Buffer
		for i := range n {
			words := command(i)
			fmt.Fprintf(&out, "*%d\r\n", len(words))
			for _, word := range words {
				fmt.Fprintf(&out, "$%d\r\n%s\r\n", len(word), word)
			}
			if out.Len() > 1<<16 || i == n-1 {
				if _, err := conn.Write(out.Bytes()); err != nil {
					return
				}
				out.Reset()
			}
		}
	}()
	buffer := make([]byte, 1<<16)
	for answered := 0; answered < n; {
		got, err := conn.Read(buffer)
		require.NoError(t, err)
		require.NotContains(t, string(buffer[:got]), "ERR")
		answered += bytes.Count(buffer[:got], []byte("\n"))
	}
}

// A million resident tokens are compared with a real Redis in seconds. That is how
// long answers are stale after a gap, a failover or a restart of Redis.
func TestMillionTokensAreComparedInSeconds(t *testing.T) {
	prove.Long(t)
	if raceEnabled {
		t.Skip("measures memory")
	}
	const tokens, organizations, changed = 1_000_000, 100_000, 1000
	w := &world{t: t, redis: storetest.Redis(t)}
	w.store = w.openStore()
	orgs := make([]string, organizations)
	for i := range orgs {
		orgs[i] = uuid.NewString()
	}
	keys, err := token.ParseKeys(testKeys)
	require.NoError(t, err)
	r, err := New(Options{
		Log: slog.New(slog.DiscardHandler), Store: w.store, LogStore: w.openStore(), Keys: keys, PollInterval: time.Minute,
		CacheBytes: 1 << 20, Metrics: prometheus.NewRegistry(), AuthMaxStale: time.Minute,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Shutdown(context.Background())) })
	hashOf := func(n int) token.Hash { return token.HashOf(fmt.Appendf(nil, "%d", n)) }
	for n := range tokens {
		h := hashOf(n)
		r.tokens.backend.set(h, prepareRecord(&pubstore.Token{
			Hash: h, Organizations: []string{orgs[n%organizations]}, Scopes: []string{"read"}, Epoch: 1, Version: 1,
		}, 0))
	}
	resident := r.tokens.backend.len()
	start := time.Now()
	id := uuid.NewString()
	pipelineCommands(t, w.redis.Addr, tokens, func(n int) []string {
		h := hashOf(n)
		state, version := "active", "1"
		if n < changed {
			state, version = "revoked", "2"
		}
		return []string{
			"HSET", "{om}:tok:" + hex.EncodeToString(h[:]), "id", id, "user", id, "organizations", orgs[n%organizations],
			"scopes", "read", "expires", "0", "state", state, "epoch", "1", "version", version, "channel", "",
		}
	})
	t.Logf("Redis has them after %v", time.Since(start).Round(time.Millisecond))
	w.fill()

	runtime.GC()
	spent := cputime.Spent()
	s, err := r.follower.sync(t.Context())
	spent = cputime.Spent() - spent
	require.NoError(t, err)
	t.Logf("%d tokens compared, %d of them different, in %v of processor time", resident, changed, spent.Round(time.Millisecond))
	assert.Less(t, spent, 15*time.Second)
	assert.Empty(t, r.follower.missingTokens)
	for n := range 2 * changed {
		if rec, ok := r.tokens.backend.peek(hashOf(n)); ok { // uneven hashes may have evicted a few
			require.Equal(t, n < changed, rec.revoked, n)
			require.Equal(t, s.number, rec.verified, n)
		}
	}
}

// fakeTokenRedis is a Redis with some tokens.
type fakeTokenRedis struct {
	logStore
	at        pubstore.Position
	tokens    map[token.Hash]*pubstore.Token
	requested []token.Hash // the tokens whose records were requested
}

func (r *fakeTokenRedis) Tail(context.Context) (pubstore.Position, *pubstore.Watermark, error) {
	return r.at, nil, nil
}

func (r *fakeTokenRedis) TokenVersions(_ context.Context, hashes []token.Hash) ([]pubstore.Version, pubstore.Position, error) {
	out := make([]pubstore.Version, len(hashes))
	for i, h := range hashes {
		if t, ok := r.tokens[h]; ok {
			out[i] = tokenVersion(t.Epoch, t.Version)
		}
	}
	return out, r.at, nil
}

func (r *fakeTokenRedis) Tokens(_ context.Context, hashes []token.Hash) (map[token.Hash]*pubstore.Token, pubstore.Position, error) {
	r.requested = append(r.requested, hashes...)
	return r.tokens, r.at, nil
}

func (r *fakeTokenRedis) Versions(context.Context, []string) (map[string]pubstore.Version, pubstore.Position, error) {
	return nil, r.at, nil
}

// Only the versions of tokens are compared. A record is requested if its version differs,
// if the one in memory is outdated, or if Redis has none.
func TestComparisonLoadsOnlyDifferingTokens(t *testing.T) {
	r, org, _ := newOfflineReader(t, time.Now)
	hash := func(name string) token.Hash { return token.HashOf([]byte(name)) }
	of := func(name string, version int64) *pubstore.Token {
		rec := recordOf(name, org)
		rec.Version = version
		return rec
	}
	have := func(name string, version int64) record { return prepareRecord(of(name, version), 0) }
	redis := &fakeTokenRedis{at: pubstore.Position{Incarnation: 1, N: 10}, tokens: map[token.Hash]*pubstore.Token{}}
	for name, c := range map[string]struct {
		have record
		has  int64 // 0: nothing
	}{
		"same": {have("same", 2), 2}, "older": {have("older", 2), 1}, "newer": {have("newer", 2), 3}, "lost": {have("lost", 2), 0},
		"outdated": {have("outdated", 1).markOutdated(tokenVersion(1, 2)), 2},
	} {
		r.tokens.backend.set(hash(name), c.have)
		if c.has > 0 {
			redis.tokens[hash(name)] = of(name, c.has)
		}
	}
	f := &follower{
		log: r.log, redis: redis, documents: r.documents, tokens: r.tokens, freshness: r.freshness, metrics: r.metrics, clock: r.clock,
	}
	s, err := f.sync(t.Context())
	require.NoError(t, err)
	for name, want := range map[string]int64{"same": 2, "older": 2, "newer": 3, "outdated": 2} {
		rec, ok := r.tokens.resident(hash(name))
		require.True(t, ok, name)
		assert.Equal(t, want, rec.version, name)
		assert.Equal(t, s.number, rec.verified, name)
		assert.NotContains(t, f.missingTokens, hash(name))
	}
	_, ok := r.tokens.resident(hash("lost"))
	assert.True(t, ok, "until a watermark states that Redis has everything")
	assert.Contains(t, f.missingTokens, hash("lost"))
	assert.Subset(t, redis.requested, []token.Hash{hash("newer"), hash("outdated"), hash("lost")})
	assert.NotContains(t, redis.requested, hash("same"))
	assert.NotContains(t, redis.requested, hash("older"))
}
