package listen

import (
	"context"
	"errors"
	"net"
	"sync"
)

// App is the part of fiber.App that a Server uses.
type App interface {
	Listener(ln net.Listener) error
	ShutdownWithContext(ctx context.Context) error
}

// Server serves an app on one listener until Shutdown, even if that is called before Serve.
// fasthttp ignores a shutdown before its Serve has begun, and then serves forever.
type Server struct {
	app      App
	mu       sync.Mutex
	ln       net.Listener
	shutdown bool
}

// NewServer returns a Server of app.
func NewServer(app App) *Server { return &Server{app: app} }

// Serve serves connections from ln until Shutdown, and closes ln.
func (s *Server) Serve(ln net.Listener) error {
	s.mu.Lock()
	s.ln = ln
	down := s.shutdown
	s.mu.Unlock()
	if down {
		return ln.Close()
	}
	return s.app.Listener(ln)
}

// Shutdown ends Serve, and returns when the requests in progress are answered. If ctx ends
// first, it returns the error of ctx.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.shutdown = true
	ln := s.ln
	s.mu.Unlock()
	if ln != nil {
		_ = ln.Close()
	}
	if err := s.app.ShutdownWithContext(ctx); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
