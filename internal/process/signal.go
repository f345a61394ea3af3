package process

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// Signals returns a context that the first SIGINT or SIGTERM cancels; the program then has
// drain to shut down. When that time is over, the process exits immediately with code 1.
// On a second signal it exits immediately with 128 plus the signal number.
//
// stop ends the handling of signals and cancels the context. After stop, nothing exits the
// process.
func Signals(parent context.Context, log *slog.Logger, drain time.Duration) (ctx context.Context, stop func()) {
	return signals(parent, log, drain, os.Exit)
}

func signals(parent context.Context, log *slog.Logger, drain time.Duration, exit func(int)) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	arrived := make(chan os.Signal, 2)
	signal.Notify(arrived, syscall.SIGINT, syscall.SIGTERM)
	stopped, ended := make(chan struct{}), make(chan struct{})

	go func() {
		defer close(ended)
		select {
		case s := <-arrived:
			log.Info("draining: a second signal exits immediately", "signal", s.String(), "deadline", drain.String())
			cancel(fmt.Errorf("got signal %q", s.String()))
		case <-stopped:
			return
		}
		deadline := time.NewTimer(drain)
		defer deadline.Stop()
		select {
		case s := <-arrived:
			log.Error("exiting immediately: second signal", "signal", s.String())
			code := 1
			if number, ok := s.(syscall.Signal); ok {
				code = 128 + int(number)
			}
			exit(code)
		case <-deadline.C:
			log.Error("exiting immediately: drain deadline exceeded", "deadline", drain.String())
			exit(1)
		case <-stopped:
		}
	}()

	var once sync.Once
	return ctx, func() {
		once.Do(func() {
			signal.Stop(arrived)
			close(stopped)
			<-ended
			cancel(context.Canceled)
		})
	}
}
