package devstack_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// processDone returns a channel that is closed when a process has ended. It need not be a child
// of this process.
func processDone(t *testing.T, pid int) <-chan struct{} {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	require.NoError(t, err)
	ended := make(chan struct{})
	go func() {
		defer func() { _ = unix.Close(fd) }()
		for {
			// The descriptor becomes readable when the process ends.
			n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 30_000)
			if n == 1 {
				close(ended)
				return
			}
			if err != nil && err != unix.EINTR || n == 0 && err == nil {
				return
			}
		}
	}()
	return ended
}
