package worker

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// quietRiver returns a logger that forwards River's errors to log. It omits River's messages
// at every start. It also omits those about the errors of jobs, which we log ourselves, with
// the organization. While Postgres is away River repeats an error many times a second, so
// repetitions are forwarded only every repeatAfter.
func quietRiver(log *slog.Logger) *slog.Logger {
	return slog.New(quiet{log.Handler(), &said{last: map[string]time.Time{}}})
}

// repeatAfter is how long repetitions of a message are suppressed.
const repeatAfter = 10 * time.Second

type quiet struct {
	slog.Handler
	said *said
}

// said records when messages were last forwarded; River has only some dozen of them.
type said struct {
	mu   sync.Mutex
	last map[string]time.Time
}

func (s *said) again(words string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.last[words]; ok && now.Sub(at) < repeatAfter {
		return true
	}
	s.last[words] = now
	return false
}

// Enabled implements slog.Handler.
func (h quiet) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelError && h.Handler.Enabled(ctx, l)
}

// Handle implements slog.Handler.
func (h quiet) Handle(ctx context.Context, r slog.Record) error {
	if h.said.again(r.Message, r.Time) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h quiet) WithAttrs(a []slog.Attr) slog.Handler { return quiet{h.Handler.WithAttrs(a), h.said} }

// WithGroup implements slog.Handler.
func (h quiet) WithGroup(name string) slog.Handler { return quiet{h.Handler.WithGroup(name), h.said} }
