package listen

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// maxUnsent bounds what the kernel takes of a write before it can be sent, in bytes.
const maxUnsent = 32 << 10

// boundUnsent keeps the kernel's buffer for a connection short, so that a write
// ends when the client receives, and not megabytes later: the kernel wakes a
// writer only when a third of a full buffer is free (tcp(7), TCP_NOTSENT_LOWAT).
// It doesn't limit what is in flight, and so not the speed.
func boundUnsent(c net.Conn) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return
	}
	// Without it, slow clients are cut sooner; no more.
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, maxUnsent)
	})
}
