package loadtest

import (
	"fmt"
	"testing"
	"time"
)

// shortAuthMaxStale is an AUTH_MAX_STALE that a test can wait for. It is much longer than the
// bound, so that answers are marked stale first and refused later.
const shortAuthMaxStale = 40 * time.Second

// withShortAuthMaxStale returns a stage whose readers soon stop accepting tokens once they hear
// nothing from the log.
func withShortAuthMaxStale(t *testing.T) *stage {
	f := newFleet(t)
	f.readerSettings = []string{"AUTH_MAX_STALE=" + shortAuthMaxStale.String()}
	s := newStage(t, f, false)
	s.promises.AuthMaxStale = shortAuthMaxStale
	if *faultsHold == 0 { // watermarks may be late on a busy machine
		s.promises.Marked = shortAuthMaxStale / 2
	}
	return s
}

// tokensExpire cuts readers off for longer than tokens are trusted. Until then they serve.
// From then on they answer 503, not 401: they can't tell whether a token is valid.
func tokensExpire(s *stage) {
	s.faultBegan()
	s.redis.Pause()
	s.revoke("during")
	s.awaitStale(s.readers...)
	s.redis.Kill()
	s.await("tokens count no more", func() error { return s.lastAnswers(503) })
	s.awaitPolls(settlePolls)
	s.holdFault()
	s.requireNoneServedAfter(shortAuthMaxStale)
	s.redis.Restart()
	s.faultEnded()
}

// lastAnswers fails unless every reader's last answer to each valid token has the given
// status.
func (s *stage) lastAnswers(status int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	type asked struct{ reader, token string }
	last := map[asked]int{}
	for i := range s.history.Polls {
		p := &s.history.Polls[i]
		if s.history.Opens[p.Token] == p.Organization && s.isValid(p.Token) {
			last[asked{p.Reader, p.Token}] = p.Status
		}
	}
	if want := len(s.readers) * len(s.tenants); len(last) < want {
		return fmt.Errorf("%d of %d answered", len(last), want)
	}
	for name, got := range last {
		if got != status {
			return fmt.Errorf("%s answers %d to %s", name.reader, got, name.token)
		}
	}
	return nil
}

// isValid reports whether a token is none that a scenario revokes.
func (s *stage) isValid(token string) bool { _, ends := s.revoked[token]; return !ends }

// requireNoneServedAfter fails the test for each poll that was served more than trust after
// the fault began.
func (s *stage) requireNoneServedAfter(trust time.Duration) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	until := s.history.Fault.Began.Add(trust)
	for i := range s.history.Polls {
		if p := &s.history.Polls[i]; (p.Status == 200 || p.Status == 304) && p.Sent.After(until) {
			s.t.Errorf("%s let %s in %s after tokens counted no more", p.Reader, p.Token, p.Sent.Sub(until))
		}
	}
}
