package api_test

import (
	"bytes"
	"sync"
)

// guarded is a buffer for concurrent writers.
type guarded struct {
	mu sync.Mutex
	b  *bytes.Buffer
}

func (g *guarded) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.b.Write(p)
}
