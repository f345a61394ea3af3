package password_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin/password"
	"orgmodes/internal/fault"
)

func TestHashAndMatch(t *testing.T) {
	hash, err := password.Hash("correct horse")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$"), hash)
	c, err := password.NewChecker(1)
	require.NoError(t, err)
	for pass, want := range map[string]bool{"correct horse": true, "correct horse ": false, "": false, strings.Repeat("x", 2000): false} {
		ok, err := c.Matches(t.Context(), hash, pass)
		require.NoError(t, err)
		require.Equal(t, want, ok, pass)
	}
	ok, err := c.Matches(t.Context(), "", "nobody's password")
	require.NoError(t, err)
	require.False(t, ok, "nobody has no password, not even ours")

	for _, bad := range []string{"", "elevenchars", "ääääääääääa", strings.Repeat("x", 1025)} {
		_, err := password.Hash(bad)
		require.True(t, fault.Is(err, fault.Invalid), "%q", bad)
	}
	_, err = password.Hash("ääääääääääaa")
	require.NoError(t, err, "twelve characters, whatever their bytes")
}

func TestMatchesGivesUpWithItsContext(t *testing.T) {
	c, err := password.NewChecker(1)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	// Either the slot or the context may win while a slot is free; none is free
	// here.
	release := password.Occupy(c)
	defer release()
	_, err = c.Matches(ctx, "", "x")
	require.ErrorIs(t, err, context.Canceled)
}

func TestThrottle(t *testing.T) {
	now := time.Unix(0, 0)
	th := password.NewThrottle(3, time.Minute, func() time.Time { return now })
	for range 3 {
		_, ok := th.Take("a")
		require.True(t, ok)
	}
	now = now.Add(20 * time.Second)
	wait, ok := th.Take("a")
	require.False(t, ok)
	require.Equal(t, 40*time.Second, wait)
	_, ok = th.Take("b")
	require.True(t, ok, "others are not concerned")
	th.GiveBack("a")
	_, ok = th.Take("a")
	require.True(t, ok)
	now = now.Add(40 * time.Second)
	_, ok = th.Take("a")
	require.True(t, ok, "the window is over")
}

func TestThrottleIsBounded(t *testing.T) {
	th := password.NewThrottle(1, time.Minute, nil)
	for i := range 25_000 {
		th.Take(fmt.Sprint(i))
	}
	require.LessOrEqual(t, password.Size(th), 10_000)
}
