package loadtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack"
	"orgmodes/internal/postgres"
	"orgmodes/loadtest/checker"
)

const (
	stageTenants = 2
	stageReaders = 2
	writeEvery   = 500 * time.Millisecond
	// settle is how many more polls each editor makes after the recovery, to check that it
	// lasts.
	settle = 12
)

// stage is a fleet under observation: editors poll and writers write while a scenario
// causes a fault and ends it.
type stage struct {
	*fleet
	tenants []tenant
	workers []*devstack.Child
	editors []*editor
	// ended holds the IDs of the tokens that a scenario may revoke.
	ended map[string]uuid.UUID
	// promises holds the figures for the readers' settings.
	promises checker.Promises

	stop    context.CancelFunc
	running sync.WaitGroup

	mu      sync.Mutex
	readers []*instance
	h       checker.History
	perWho  map[string]int // polls by editor
}

// instance is a reader as editors know it: it keeps its name and address when its program
// is restarted.
type instance struct {
	name, url, addr string
	child           *devstack.Child
	settings        []string
}

// keeping reports whether readers write disk snapshots.
type keeping bool

// newStage starts an admin, two workers and the readers, and creates the organizations and
// their editors.
func newStage(t *testing.T, f *fleet, keep keeping) *stage {
	t.Helper()
	s := &stage{fleet: f, ended: map[string]uuid.UUID{}, perWho: map[string]int{}, promises: promises()}
	s.h.Opens = map[string]string{}
	f.startAdmin()
	s.workers = []*devstack.Child{f.start("worker", ""), f.start("worker", "")}
	for i := range stageTenants {
		s.tenants = append(s.tenants, f.tenant(fmt.Sprintf("org-%d", i)))
	}
	for i := range stageReaders {
		r := &instance{name: fmt.Sprintf("reader-%d", i), addr: free(t), settings: slices.Clone(f.readerSettings)}
		r.url = "http://" + r.addr
		if own, ok := f.redisURLs[r.name]; ok {
			r.settings = append(r.settings, "REDIS_URL="+own)
		}
		if keep {
			r.settings = append(r.settings, "CACHE_SNAPSHOT_DIR="+t.TempDir(), "CACHE_SNAPSHOT_INTERVAL=1s")
		}
		r.child = f.start("reader", r.addr, r.settings...)
		s.readers = append(s.readers, r)
	}
	s.hire()
	return s
}

// promises returns the published figures. The times to recover and to write a disk snapshot
// depend on the machine. `make faults`, which has the machine to itself, uses the published
// figures for them; the short form uses longer ones. All other figures are about what an
// answer says of itself, however slow the machine is.
func promises() checker.Promises {
	p := checker.Published()
	if *faultsHold == 0 {
		p.Recovery = patience
		p.Kept = 10 * time.Second
	}
	return p
}

var editorCodings = []string{"gzip", "br", "zstd", "identity"}

// begin starts all editors and writers, and returns once each editor has polled some times.
// Before it starts them, the first changes are published, and every reader serves every
// editor.
func (s *stage) begin() {
	s.t.Helper()
	var ctx context.Context
	ctx, s.stop = context.WithCancel(s.t.Context())
	s.t.Cleanup(s.halt)
	var writers []*writer
	for _, tn := range s.tenants {
		w := newWriter(s.admin, tn)
		s.await("the first change", func() error {
			c := w.change(ctx)
			s.recordChange(c)
			if c.Acknowledged.IsZero() {
				return errors.New("not acknowledged")
			}
			return nil
		})
		writers = append(writers, w)
	}
	s.await("published", func() error { return nothingPending(ctx, s.db) })
	for _, e := range s.editors {
		for _, r := range s.readers {
			s.await("served", func() error {
				if p := e.poll(ctx, r); p.Status != 200 && p.Status != 304 && s.h.Opens[p.Token] == p.Organization {
					return fmt.Errorf("%s answered %d", r.name, p.Status)
				}
				return nil
			})
		}
		e.tag = ""
	}
	for _, e := range s.editors {
		s.running.Go(func() { e.run(ctx, *faultsPoll, s.instances, s.recordPoll) })
	}
	for _, w := range writers {
		s.running.Go(func() { w.run(ctx, writeEvery, s.recordChange) })
	}
	s.polls(settle)
}

// hire creates two editors for each organization, one for each token that will be revoked,
// and one that requests another organization's document.
func (s *stage) hire() {
	for i, tn := range s.tenants {
		name := "read-" + tn.org.Slug
		s.h.Opens[name] = tn.org.ID.String()
		for range 2 {
			n := len(s.editors)
			s.editors = append(s.editors, newEditor(fmt.Sprintf("editor-%d", n), tn, name, tn.read, editorCodings[n%4], i))
		}
	}
	for _, when := range []string{"before", "during", "after"} {
		secret, id := s.token(s.tenants[0], "read")
		s.ended[when], s.h.Opens[when] = id, s.tenants[0].org.ID.String()
		s.editors = append(s.editors, newEditor("editor-"+when, s.tenants[0], when, secret, "gzip", 0))
	}
	s.editors = append(s.editors, newEditor("stranger", s.tenants[1], "read-"+s.tenants[0].org.Slug, s.tenants[0].read, "gzip", 0))
}

func nothingPending(ctx context.Context, db *postgres.DB) error {
	p, err := db.CountPending(ctx)
	if err == nil && p != (postgres.Pending{}) {
		err = fmt.Errorf("still pending: %+v", p)
	}
	return err
}

func (s *stage) halt() {
	if s.stop != nil {
		s.stop()
	}
	s.running.Wait()
}

func (s *stage) instances() []*instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.readers)
}

func (s *stage) recordPoll(p checker.Poll) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.h.Polls = append(s.h.Polls, p)
	s.perWho[p.Editor]++
}

func (s *stage) recordChange(c checker.Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.h.Changes = append(s.h.Changes, c)
}

func (s *stage) pollCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.h.Polls)
}

// snapshot returns a copy of the history so far.
func (s *stage) snapshot() *checker.History {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.h
	h.Polls, h.Changes = slices.Clone(h.Polls), slices.Clone(h.Changes)
	h.Revocations, h.Absences = slices.Clone(h.Revocations), slices.Clone(h.Absences)
	return &h
}

// polls waits until each editor has polled n more times.
func (s *stage) polls(n int) {
	s.t.Helper()
	s.mu.Lock()
	from := maps.Clone(s.perWho)
	s.mu.Unlock()
	s.awaitWithin(patience+time.Duration(2*n)*(*faultsPoll), fmt.Sprintf("%d polls of each editor", n), func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		for who, now := range s.perWho {
			if now < from[who]+n {
				return fmt.Errorf("%s made %d", who, now-from[who])
			}
		}
		return nil
	})
}

// revoke revokes one of the tokens, as an operator does.
func (s *stage) revoke(when string) {
	s.t.Helper()
	r := checker.Revocation{Token: when, Sent: time.Now()}
	_, err := s.db.RevokeToken(s.t.Context(), operator, s.tenants[0].org.ID, s.ended[when])
	require.NoError(s.t, err)
	r.Acknowledged = time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.h.Revocations = append(s.h.Revocations, r)
}

// refused waits until every reader refuses a token.
func (s *stage) refused(when string) {
	s.t.Helper()
	s.await(when+" is refused", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		last := map[string]int{}
		for _, p := range s.h.Polls {
			if p.Token == when {
				last[p.Reader] = p.Status
			}
		}
		for reader, status := range last {
			if status != 401 {
				return fmt.Errorf("%s answers %d", reader, status)
			}
		}
		return nil
	})
}

// saidStale waits until the last answer of each of the readers is marked stale.
func (s *stage) saidStale(readers ...*instance) {
	s.t.Helper()
	s.await("said to be stale", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		last := map[string]*checker.Poll{}
		for i := range s.h.Polls {
			if p := &s.h.Polls[i]; p.Organization == s.tenants[1].org.ID.String() && s.h.Opens[p.Token] == p.Organization {
				last[p.Reader] = p
			}
		}
		for _, r := range readers {
			if p := last[r.name]; p == nil || !p.Stale() {
				return fmt.Errorf("%s answers %+v", r.name, p)
			}
		}
		return nil
	})
}

// broke records the start of the fault; the method below records its end.
func (s *stage) broke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.h.Fault.Began = time.Now()
}

func (s *stage) mended() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.h.Fault.Over = time.Now()
}

// down kills a reader; up restarts it at its address. kept reports whether its documents
// are in its disk snapshot.
func (s *stage) down(r *instance) {
	s.mu.Lock()
	s.h.Absences = append(s.h.Absences, checker.Absence{Reader: r.name, Down: time.Now()})
	s.mu.Unlock()
	s.kill(r.child)
}

func (s *stage) up(r *instance, kept bool) {
	s.t.Helper()
	s.mu.Lock()
	s.h.Absences[len(s.h.Absences)-1].Launched = time.Now()
	s.mu.Unlock()
	r.child = s.launch("reader", r.addr, free(s.t), r.settings...)
	s.await("it answers", func() error { _, err := ask(r.url + "/"); return err })
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &s.h.Absences[len(s.h.Absences)-1]
	a.Up, a.Kept = time.Now(), kept
}

// recovered waits until every reader has recovered for every organization, and stays so.
func (s *stage) recovered() {
	s.t.Helper()
	s.awaitRecovery()
	s.polls(settle)
}

// awaitRecovery waits for the recovery, and returns the history up to then.
func (s *stage) awaitRecovery() (h *checker.History) {
	s.t.Helper()
	judged, err := 0, error(nil)
	s.await("all is fresh and current again", func() error {
		// Each check covers the whole history. It runs once a round, so that it takes
		// little CPU from the programs it waits for.
		polls := s.pollCount()
		if polls < judged+len(s.editors) {
			return cmp.Or(err, errors.New("nobody polled yet"))
		}
		judged = polls
		h = s.snapshot()
		err = s.recoveryFault(h)
		return err
	})
	return h
}

// recoveryFault returns the first problem of a reader that has not recovered for an
// organization.
func (s *stage) recoveryFault(h *checker.History) error {
	for _, r := range s.readers {
		for _, tn := range s.tenants {
			if !slices.ContainsFunc(h.Polls, func(p checker.Poll) bool {
				return p.Reader == r.name && p.Organization == tn.org.ID.String() && p.Sent.After(h.Fault.Over) && p.Status != 0
			}) {
				return fmt.Errorf("%s was not asked for %s yet", r.name, tn.org.Slug)
			}
		}
	}
	if broken := checker.CheckRecovery(h, s.promises); len(broken) > 0 {
		return errors.New(broken[0].String())
	}
	return nil
}

// verdict ends the recording and checks it. On a busy machine, a reader may briefly lack
// recent watermarks at any moment, and then answers stale. The short form therefore ends
// its recording at a moment when all is fresh.
func (s *stage) verdict(name string) {
	s.t.Helper()
	var h *checker.History
	if *faultsHold == 0 {
		h = s.awaitRecovery()
		s.halt()
	} else {
		s.halt()
		h = s.snapshot()
	}
	found := checker.Check(h, s.promises)
	report(name, checker.Sum(h, s.promises), found)
	for i, v := range found {
		if i == 20 {
			s.t.Errorf("and %d more", len(found)-i)
			break
		}
		s.t.Error(v.String())
	}
}
