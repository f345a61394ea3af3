package worker

import (
	"context"
	"errors"
	"sync"

	"github.com/google/uuid"
)

// sweep tracks the leader's publications under way: of each kind as many as the worker runs
// concurrently, and none twice.
type sweep struct {
	p       *Publisher
	running sync.WaitGroup

	mu         sync.Mutex
	inProgress map[uuid.UUID]bool
	active     map[string]int
}

func newSweep(p *Publisher) *sweep {
	return &sweep{p: p, inProgress: map[uuid.UUID]bool{}, active: map[string]int{}}
}

// start publishes one subject in the background. If there is no capacity, or the subject is
// already under way, it is left to the next round. A failure is only logged: the subject
// stays pending.
func (s *sweep) start(kind string, id uuid.UUID, publish func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inProgress[id] || s.active[kind] >= s.p.parallel {
		return
	}
	s.inProgress[id] = true
	s.active[kind]++
	s.running.Go(func() {
		err := publish()
		if err != nil && !errors.Is(err, errDeferred) && !errors.Is(err, context.Canceled) {
			s.p.log.Warn("sweep: publishing failed: will retry", "kind", kind, "id", id, "error", err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.inProgress, id)
		s.active[kind]--
	})
}

func (s *sweep) wait() { s.running.Wait() }
