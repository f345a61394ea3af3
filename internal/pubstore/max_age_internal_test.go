package pubstore

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
)

// A working connection is replaced once it is old, as it may lead to a server that is no
// longer the primary. That applies to a connection in constant use and to one that blocks
// waiting for log entries.
func TestConnectionsAreReplacedAfterMaxAge(t *testing.T) {
	const maxAge, lap = 300 * time.Millisecond, 50 * time.Millisecond
	s, err := Open(storetest.Redis(t).URL, Options{PoolSize: 1, MaxAge: maxAge, Timeout: storetest.WaitTimeout})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	since := map[int64]time.Time{}
	for began := time.Now(); time.Since(began) < 4*maxAge; {
		used := time.Now()
		id, err := s.rdb.ClientID(t.Context()).Result()
		require.NoError(t, err)
		if _, known := since[id]; !known {
			since[id] = time.Now() // its real age is greater, however busy the machine
		}
		require.Less(t, used.Sub(since[id]), maxAge, "connection %d", id)
		_, err = s.ReadLog(t.Context(), 0, lap)
		require.NoError(t, err)
	}
	require.GreaterOrEqual(t, len(since), 2)
}

// Open applies MaxAge for both kinds of URL.
func TestOpenAppliesMaxAge(t *testing.T) {
	for _, url := range []string{"redis://127.0.0.1:1", "redis+sentinel://127.0.0.1:1/main"} {
		s, err := Open(url, Options{MaxAge: time.Minute})
		require.NoError(t, err, url)
		client, ok := s.rdb.(*redis.Client)
		require.True(t, ok, url)
		require.Equal(t, time.Minute, client.Options().ConnMaxLifetime, url)
		require.NoError(t, s.Close())
	}
}
