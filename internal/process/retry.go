package process

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"regexp"
	"time"
)

const (
	firstWait = 100 * time.Millisecond
	maxWait   = 2 * time.Second
	// reminderInterval is the interval at which an unchanged failure is logged.
	reminderInterval = 15 * time.Second
)

// Retry calls fn until it succeeds or ctx is done, with growing pauses. It logs the first
// failure, each different one, and a reminder every 15 seconds. dependency names the dependency
// and its configured address: "Postgres at db:5432". Passwords are removed from log
// messages and returned errors.
//
// Retry is for dependencies that can be unavailable when a program starts. Wrap an error
// that waiting cannot fix in Permanent.
func Retry(ctx context.Context, log *slog.Logger, dependency string, fn func(context.Context) error) error {
	var (
		start      = time.Now()
		wait       = firstWait
		lastText   string
		lastLogged time.Time
	)
	for attempt := 1; ; attempt++ {
		err := fn(ctx)
		if err == nil {
			if attempt > 1 {
				log.Info(dependency+" is available", "after", time.Since(start).Round(time.Millisecond).String())
			}
			return nil
		}
		text := Redact(err.Error())
		var final permanent
		if errors.As(err, &final) {
			return fmt.Errorf("%s: %s", dependency, text)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("gave up waiting for %s: %w (last: %s)", dependency, context.Cause(ctx), text)
		}
		if text != lastText || time.Since(lastLogged) >= reminderInterval {
			log.Warn("waiting for " + dependency + ": " + text + "; will retry")
			lastText, lastLogged = text, time.Now()
		}
		// Jitter of up to a quarter, so that programs that start together don't retry
		// together.
		pause := time.NewTimer(wait + rand.N(wait/4))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return fmt.Errorf("gave up waiting for %s: %w (last: %s)", dependency, context.Cause(ctx), text)
		}
		wait = min(2*wait, maxWait)
	}
}

// Permanent wraps an error that Retry returns immediately.
func Permanent(err error) error { return permanent{err} }

type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

var (
	// Up to the last @: a password that should have been escaped can contain anything. It
	// is better to remove too much than too little.
	userInfo    = regexp.MustCompile(`://[^\s"']*@`)
	passwordKey = regexp.MustCompile(`(?i)(password|passwd|pwd)(\s*=\s*)('[^']*'|[^\s&'"]+)`)
)

// Redact replaces user info in URLs, and passwords in key=value settings, so that an error
// about a connection can be shown.
func Redact(text string) string {
	text = userInfo.ReplaceAllString(text, "://***@")
	return passwordKey.ReplaceAllString(text, "$1$2***")
}
