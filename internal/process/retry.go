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
	// sayAgain is how often an unchanged failure is said.
	sayAgain = 15 * time.Second
)

// Retry calls fn until it succeeds or ctx is done, with growing pauses, and
// logs what it waits for: the first failure, each different one, and a
// reminder every 15 seconds. what names the thing and where it is said to be:
// "Postgres at db:5432". Passwords are cut out of what is logged and returned.
//
// It is for what may be away when a program starts; an error that waiting
// can't mend belongs in Permanent.
func Retry(ctx context.Context, log *slog.Logger, what string, fn func(context.Context) error) error {
	var (
		start    = time.Now()
		wait     = firstWait
		said     string
		saidTime time.Time
	)
	for attempt := 1; ; attempt++ {
		err := fn(ctx)
		if err == nil {
			if attempt > 1 {
				log.Info(what+" answers", "after", time.Since(start).Round(time.Millisecond).String())
			}
			return nil
		}
		text := Redact(err.Error())
		var final permanent
		if errors.As(err, &final) {
			return fmt.Errorf("%s: %s", what, text)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("gave up waiting for %s: %w (last: %s)", what, context.Cause(ctx), text)
		}
		if text != said || time.Since(saidTime) >= sayAgain {
			log.Warn("waiting for " + what + ": " + text + "; will keep trying")
			said, saidTime = text, time.Now()
		}
		// Up to a quarter more, so that a fleet that starts together doesn't
		// knock together.
		pause := time.NewTimer(wait + rand.N(wait/4))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return fmt.Errorf("gave up waiting for %s: %w (last: %s)", what, context.Cause(ctx), text)
		}
		wait = min(2*wait, maxWait)
	}
}

// Permanent marks an error that Retry returns at once.
func Permanent(err error) error { return permanent{err} }

type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

var (
	// Up to the last @, as a password that should have been escaped may hold
	// anything. Rather too much is cut out than too little.
	userInfo    = regexp.MustCompile(`://[^\s"']*@`)
	passwordKey = regexp.MustCompile(`(?i)(password|passwd|pwd)(\s*=\s*)('[^']*'|[^\s&'"]+)`)
)

// Redact cuts user names and passwords out of URLs and key=value settings in a
// text, so that an error about a connection can be shown.
func Redact(text string) string {
	text = userInfo.ReplaceAllString(text, "://***@")
	return passwordKey.ReplaceAllString(text, "$1$2***")
}
