package devstack_test

import (
	"fmt"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack"
)

func TestFreePortNeverReturnsSamePortTwice(t *testing.T) {
	given := map[int]bool{}
	for range 500 {
		port, err := devstack.FreePort(0)
		require.NoError(t, err)
		require.False(t, given[port], "port %d was given before", port)
		require.Less(t, port, 32_768, "the kernel gives ports from there on to outgoing connections")
		given[port] = true
	}
}

func TestFreePortPrefersWantedPort(t *testing.T) {
	preferred, err := devstack.FreePort(0)
	require.NoError(t, err)
	port, err := devstack.FreePort(preferred)
	require.NoError(t, err)
	require.Equal(t, preferred, port)

	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", fmt.Sprintf("127.0.0.1:%d", preferred))
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close()) }()
	port, err = devstack.FreePort(preferred)
	require.NoError(t, err)
	require.NotEqual(t, preferred, port)
}
