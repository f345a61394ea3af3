package worker

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// newRiverLogger returns a logger that forwards River's errors to log. It omits River's
// messages at every start. It also omits those about the errors of jobs, which we log
// ourselves, with the organization. While Postgres is unavailable, River repeats an error
// many times a second, so repetitions are forwarded only every repeatAfter.
func newRiverLogger(log *slog.Logger) *slog.Logger {
	return slog.New(dedupHandler{log.Handler(), &recentMessages{last: map[string]time.Time{}}})
}

// repeatAfter is how long repetitions of a message are suppressed.
const repeatAfter = 10 * time.Second

type dedupHandler struct {
	slog.Handler
	recent *recentMessages
}

// recentMessages records when messages were last forwarded; River has only some dozen of them.
type recentMessages struct {
	mu   sync.Mutex
	last map[string]time.Time
}

func (s *recentMessages) isRepeated(message string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.last[message]; ok && now.Sub(at) < repeatAfter {
		return true
	}
	s.last[message] = now
	return false
}

// Enabled implements slog.Handler.
func (h dedupHandler) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelError && h.Handler.Enabled(ctx, l)
}

// Handle implements slog.Handler.
func (h dedupHandler) Handle(ctx context.Context, r slog.Record) error {
	if h.recent.isRepeated(r.Message, r.Time) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h dedupHandler) WithAttrs(a []slog.Attr) slog.Handler {
	return dedupHandler{h.Handler.WithAttrs(a), h.recent}
}

// WithGroup implements slog.Handler.
func (h dedupHandler) WithGroup(name string) slog.Handler {
	return dedupHandler{h.Handler.WithGroup(name), h.recent}
}
