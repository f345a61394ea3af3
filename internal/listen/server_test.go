package listen_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"

	"orgmodes/internal/listen"
)

// delayedApp wraps the server inside a fiber.App. It doesn't listen until let is closed.
type delayedApp struct {
	*fasthttp.Server
	called, proceed chan struct{}
}

func (h delayedApp) Listener(ln net.Listener) error {
	close(h.called)
	<-h.proceed
	return h.Serve(ln)
}

func TestShutdownBeforeServeEndsServe(t *testing.T) {
	const before, at, after = "before Serve", "as Serve begins", "after Serve began"
	for _, when := range []string{before, at, after} {
		t.Run(when, func(t *testing.T) {
			ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
			require.NoError(t, err)
			app := delayedApp{&fasthttp.Server{}, make(chan struct{}), make(chan struct{})}
			server := listen.NewServer(app)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			ended := make(chan error, 1)
			serve := func() { ended <- server.Serve(ln) }
			switch when {
			case before:
				require.NoError(t, server.Shutdown(ctx))
				go serve()
			case at:
				go serve()
				<-app.called
				require.NoError(t, server.Shutdown(ctx))
				close(app.proceed)
			case after:
				close(app.proceed)
				go serve()
				c, err := (&net.Dialer{}).DialContext(ctx, "tcp", ln.Addr().String())
				require.NoError(t, err)
				_ = c.Close()
				<-app.called
				require.NoError(t, server.Shutdown(ctx))
			}
			select {
			case err := <-ended:
				require.NoError(t, err)
			case <-ctx.Done():
				t.Fatal("Serve goes on after Shutdown")
			}
			require.ErrorIs(t, ln.Close(), net.ErrClosed)
		})
	}
}
