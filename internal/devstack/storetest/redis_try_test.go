package storetest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
)

// A server that closes its clients leaves a command without an answer; this doesn't end the
// test. A promoted replica does that when a Sentinel tells it to.
func TestTryReportsConnectionClosedByServer(t *testing.T) {
	t.Parallel()
	s := storetest.Redis(t)
	closed := make(chan error, 1)
	go func() {
		_, err := s.Try("BLPOP", "nothing", "0")
		closed <- err
	}()
	require.Eventually(t, func() bool { return strings.Contains(s.Do("CLIENT", "LIST"), "cmd=blpop") }, storetest.WaitTimeout, 10*time.Millisecond)
	s.Do("CLIENT", "KILL", "TYPE", "normal")
	require.Error(t, <-closed)
	require.Equal(t, "PONG", s.Do("PING"))
}
