package devstack

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// FreePort returns a TCP port of 127.0.0.1 that is free: the wanted one if it
// is, else any. Somebody else may take it before it is used.
func FreePort(wanted int) (int, error) {
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(wanted)))
	if err != nil && wanted != 0 {
		return FreePort(0)
	}
	if err != nil {
		return 0, fmt.Errorf("looking for a free port: %w", err)
	}
	defer func() { _ = listener.Close() }()
	addr, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("looking for a free port: odd address %v", listener.Addr())
	}
	return addr.Port, nil
}

// onFreePort starts a server on a port that was free a moment ago, and again
// on another one if that was taken in the meantime.
func onFreePort(ctx context.Context, wanted int, what string, start func(port int) (*Child, error)) error {
	for attempt := 1; ; attempt++ {
		port, err := FreePort(wanted)
		if err != nil {
			return err
		}
		_, err = start(port)
		if err == nil {
			return nil
		}
		again := strings.Contains(err.Error(), "Address already in use")
		// A run before us that was killed: its server is still ending.
		ending := strings.Contains(err.Error(), "postmaster.pid") ||
			strings.Contains(err.Error(), "pre-existing shared memory block")
		if ctx.Err() != nil || attempt == 20 || !again && !ending {
			return fmt.Errorf("starting %s: %w", what, err)
		}
		if ending {
			pause := time.NewTimer(500 * time.Millisecond)
			select {
			case <-pause.C:
			case <-ctx.Done():
				pause.Stop()
			}
			continue
		}
		wanted = 0
	}
}
