package loadtest

import (
	"fmt"
	"testing"
	"time"
)

// shortTrust is an AUTH_MAX_STALE that a test can wait for. It is much longer than the
// bound, so that answers are marked stale first and refused later.
const shortTrust = 40 * time.Second

// withShortTrust returns a stage whose readers soon stop accepting tokens once they hear
// nothing from the log.
func withShortTrust(t *testing.T) *stage {
	f := newFleet(t)
	f.readerSettings = []string{"AUTH_MAX_STALE=" + shortTrust.String()}
	s := newStage(t, f, false)
	s.promises.AuthMaxStale = shortTrust
	if *faultsHold == 0 { // watermarks may be late on a busy machine
		s.promises.Marked = shortTrust / 2
	}
	return s
}

// tokensLapse cuts readers off for longer than tokens are trusted. Until then they serve.
// From then on they answer 503, not 401: they can't tell whether a token is valid.
func tokensLapse(s *stage) {
	s.broke()
	s.redis.Pause()
	s.revoke("during")
	s.saidStale(s.readers...)
	s.redis.Kill()
	s.await("tokens count no more", func() error { return s.lastAnswers(503) })
	s.polls(settle)
	s.hold()
	s.nobodyAfter(shortTrust)
	s.redis.Restart()
	s.mended()
}

// lastAnswers fails unless every reader's last answer to each valid token has the given
// status.
func (s *stage) lastAnswers(status int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	type asked struct{ reader, token string }
	last := map[asked]int{}
	for i := range s.h.Polls {
		p := &s.h.Polls[i]
		if s.h.Opens[p.Token] == p.Organization && s.isGood(p.Token) {
			last[asked{p.Reader, p.Token}] = p.Status
		}
	}
	if want := len(s.readers) * len(s.tenants); len(last) < want {
		return fmt.Errorf("%d of %d answered", len(last), want)
	}
	for who, got := range last {
		if got != status {
			return fmt.Errorf("%s answers %d to %s", who.reader, got, who.token)
		}
	}
	return nil
}

// isGood reports whether a token is none that a scenario revokes.
func (s *stage) isGood(token string) bool { _, ends := s.ended[token]; return !ends }

// nobodyAfter fails the test for each poll that was served more than trust after the fault
// began.
func (s *stage) nobodyAfter(trust time.Duration) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	until := s.h.Fault.Began.Add(trust)
	for i := range s.h.Polls {
		if p := &s.h.Polls[i]; (p.Status == 200 || p.Status == 304) && p.Sent.After(until) {
			s.t.Errorf("%s let %s in %s after tokens counted no more", p.Reader, p.Token, p.Sent.Sub(until))
		}
	}
}
