package loadtest

import (
	"fmt"
	"testing"
	"time"
)

// shortTrust is an AUTH_MAX_STALE that a test can wait for, and far more than the
// bound: so that answers are said to be stale first, and end after.
const shortTrust = 40 * time.Second

// withShortTrust is a stage whose readers let nobody in for long without word
// from the log.
func withShortTrust(t *testing.T) *stage {
	f := newFleet(t)
	f.readerSettings = []string{"AUTH_MAX_STALE=" + shortTrust.String()}
	s := newStage(t, f, false)
	s.promises.AuthMaxStale = shortTrust
	if *faultsHold == 0 { // a busy machine may be late with marks
		s.promises.Marked = shortTrust / 2
	}
	return s
}

// tokensLapse leaves readers without word for longer than tokens count. Until
// then they serve; from then on they say that they can't tell, which is not that
// a token is bad.
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

// lastAnswers reports which reader's last answer to a good token was another one.
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

// isGood reports whether a token is none of those that a scenario ends.
func (s *stage) isGood(token string) bool { _, ends := s.ended[token]; return !ends }

// nobodyAfter holds against the readers whoever they let in later than a time
// after things broke.
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
