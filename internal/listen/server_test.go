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

// held wraps the server inside a fiber.App. It doesn't listen until let is closed.
type held struct {
	*fasthttp.Server
	asked, let chan struct{}
}

func (h held) Listener(ln net.Listener) error {
	close(h.asked)
	<-h.let
	return h.Serve(ln)
}

func TestServerEndsHoweverEarlyItIsShutDown(t *testing.T) {
	const before, at, after = "before Serve", "as Serve begins", "after Serve began"
	for _, when := range []string{before, at, after} {
		t.Run(when, func(t *testing.T) {
			ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
			require.NoError(t, err)
			app := held{&fasthttp.Server{}, make(chan struct{}), make(chan struct{})}
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
				<-app.asked
				require.NoError(t, server.Shutdown(ctx))
				close(app.let)
			case after:
				close(app.let)
				go serve()
				c, err := (&net.Dialer{}).DialContext(ctx, "tcp", ln.Addr().String())
				require.NoError(t, err)
				_ = c.Close()
				<-app.asked
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
