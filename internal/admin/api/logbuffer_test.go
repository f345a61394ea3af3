package api_test

import (
	"bytes"
	"sync"
)

// logBuffer is a buffer for concurrent writers.
type logBuffer struct {
	mu sync.Mutex
	b  *bytes.Buffer
}

func (g *logBuffer) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.b.Write(p)
}
