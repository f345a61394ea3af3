package pubstore

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseSentinel(t *testing.T) {
	opt, err := parseSentinel("redis+sentinel://ada:secret@one:26379,two:26380/main/3?sentinel_user=s&sentinel_password=p")
	require.NoError(t, err)
	require.Equal(t, []string{"one:26379", "two:26380"}, opt.SentinelAddrs)
	require.Equal(t, "main", opt.MasterName)
	require.Equal(t, []any{"ada", "secret", "s", "p", 3}, []any{opt.Username, opt.Password, opt.SentinelUsername, opt.SentinelPassword, opt.DB})
	require.Nil(t, opt.TLSConfig)
	opt, err = parseSentinel("rediss+sentinel://one:26379/main")
	require.NoError(t, err)
	require.NotNil(t, opt.TLSConfig)

	for _, bad := range []string{
		"redis+sentinel://one:26379", "redis+sentinel://one:26379/", "redis+sentinel://one/main", "redis+sentinel:///main",
		"redis+sentinel://one:26379,two/main", "redis+sentinel://one:26379/main/x",
	} {
		_, err := Open(bad, Options{})
		require.ErrorContains(t, err, "REDIS_URL", bad)
	}
	_, err = parseSentinel("redis://one:6379/0")
	require.ErrorIs(t, err, errNotSentinel)
}
