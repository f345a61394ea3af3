package listen

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// maxUnsent bounds how many bytes of a write the kernel accepts before it can send them.
const maxUnsent = 32 << 10

// boundUnsent limits the kernel's unsent buffer for a connection, so that a write
// ends when the client receives, and not megabytes later. The kernel wakes a
// writer only when a third of a full buffer is free (tcp(7), TCP_NOTSENT_LOWAT).
// It doesn't limit the data in flight, and so not the speed.
func boundUnsent(c net.Conn) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return
	}
	// The error is ignored: without the option, slow clients are merely cut sooner.
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, maxUnsent)
	})
}
