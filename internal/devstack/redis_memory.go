package devstack

import (
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// MemoryRedis is a stand-in for Redis within this process, for machines without a real one.
// It loses its data at the end, and its speed is not that of Redis.
type MemoryRedis struct {
	Addr string
	Port int

	server   *miniredis.Miniredis
	password string
	stop     chan struct{}
	ended    sync.WaitGroup
}

// NewMemoryRedis starts a MemoryRedis on a free port of 127.0.0.1.
func NewMemoryRedis(password string) (*MemoryRedis, error) {
	m := &MemoryRedis{server: miniredis.NewMiniRedis(), password: password, stop: make(chan struct{})}
	if password != "" {
		m.server.RequireAuth(password)
	}
	if err := m.server.Start(); err != nil {
		return nil, err
	}
	m.Addr = m.server.Addr()
	m.Port = m.server.Server().Addr().Port
	// miniredis expires keys only when its clock is advanced.
	m.ended.Go(func() {
		second := time.NewTicker(time.Second)
		defer second.Stop()
		for {
			select {
			case <-second.C:
				m.server.FastForward(time.Second)
			case <-m.stop:
				return
			}
		}
	})
	return m, nil
}

// URL returns the server's URL in the form that go-redis and our programs accept.
func (m *MemoryRedis) URL() string { return redisURL(m.Addr, m.password) }

// Stop stops the server.
func (m *MemoryRedis) Stop() error {
	close(m.stop)
	m.ended.Wait()
	m.server.Close()
	return nil
}
