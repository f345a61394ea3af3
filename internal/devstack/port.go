package devstack

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Ports are chosen from below the range that the kernel uses for outgoing connections (by
// default from 32768 on). An outgoing connection could take such a port before it is used.
const (
	firstPort = 10_000
	lastPort  = 32_000
)

// usedPorts holds the ports that this process has chosen; it never chooses one twice.
var usedPorts sync.Map

// FreePort returns a free TCP port of 127.0.0.1: the preferred one if that is free, or else
// any. Another process can still take it before it is used.
func FreePort(preferred int) (int, error) {
	if preferred != 0 && isFree(preferred) {
		return preferred, nil
	}
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		if _, twice := usedPorts.LoadOrStore(port, true); !twice && isFree(port) {
			return port, nil
		}
	}
	return 0, fmt.Errorf("found no free port from %d to %d on 127.0.0.1", firstPort, lastPort)
}

func isFree(port int) bool {
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	_ = listener.Close()
	return true
}

// onFreePort starts a server on a port that was just free, and retries on another one if
// the port has been taken since.
func onFreePort(ctx context.Context, preferred int, what string, start func(port int) (*Child, error)) error {
	for attempt := 1; ; attempt++ {
		port, err := FreePort(preferred)
		if err != nil {
			return err
		}
		_, err = start(port)
		if err == nil {
			return nil
		}
		again := strings.Contains(err.Error(), "Address already in use")
		// An earlier run was killed, and its server is still shutting down.
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
		preferred = 0
	}
}
