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
	// settlePolls is how many more polls each editor makes after the recovery, to check that it
	// lasts.
	settlePolls = 12
)

// stage is a fleet under observation: editors poll and writers write while a scenario
// causes a fault and ends it.
type stage struct {
	*fleet
	tenants []tenant
	workers []*devstack.Child
	editors []*editor
	// revoked holds the IDs of the tokens that a scenario may revoke.
	revoked map[string]uuid.UUID
	// promises holds the figures for the readers' settings.
	promises checker.Promises

	stop    context.CancelFunc
	running sync.WaitGroup

	mu            sync.Mutex
	readers       []*readerInstance
	history       checker.History
	pollsByEditor map[string]int // polls by editor
}

// readerInstance is a reader as editors know it: it keeps its name and address when its program
// is restarted.
type readerInstance struct {
	name, url, addr string
	child           *devstack.Child
	settings        []string
}

// diskSnapshots reports whether readers write disk snapshots.
type diskSnapshots bool

// newStage starts an admin, two workers and the readers, and creates the organizations and
// their editors.
func newStage(t *testing.T, f *fleet, keep diskSnapshots) *stage {
	t.Helper()
	s := &stage{fleet: f, revoked: map[string]uuid.UUID{}, pollsByEditor: map[string]int{}, promises: promises()}
	s.history.Opens = map[string]string{}
	f.startAdmin()
	s.workers = []*devstack.Child{f.start("worker", ""), f.start("worker", "")}
	for i := range stageTenants {
		s.tenants = append(s.tenants, f.tenant(fmt.Sprintf("org-%d", i)))
	}
	for i := range stageReaders {
		r := &readerInstance{name: fmt.Sprintf("reader-%d", i), addr: freePort(t), settings: slices.Clone(f.readerSettings)}
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
	s.createEditors()
	return s
}

// promises returns the published figures. The times to recover and to write a disk snapshot
// depend on the machine. `make faults`, which has the machine to itself, uses the published
// figures for them; the short form uses longer ones. All other figures are about what an
// answer says of itself, however slow the machine is.
func promises() checker.Promises {
	p := checker.Published()
	if *faultsHold == 0 {
		p.Recovery = waitTimeout
		p.Kept = 10 * time.Second
	}
	return p
}

var editorCodings = []string{"gzip", "br", "zstd", "identity"}

// startClients starts all editors and writers, and returns once each editor has polled some
// times. Before it starts them, the first changes are published, and every reader serves every
// editor.
func (s *stage) startClients() {
	s.t.Helper()
	var ctx context.Context
	ctx, s.stop = context.WithCancel(s.t.Context())
	s.t.Cleanup(s.stopClients)
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
	s.await("published", func() error { return requireNothingPending(ctx, s.db) })
	for _, e := range s.editors {
		for _, r := range s.readers {
			s.await("served", func() error {
				if p := e.poll(ctx, r); p.Status != 200 && p.Status != 304 && s.history.Opens[p.Token] == p.Organization {
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
	s.awaitPolls(settlePolls)
}

// createEditors creates two editors for each organization, one for each token that will be
// revoked, and one that requests another organization's document.
func (s *stage) createEditors() {
	for i, tn := range s.tenants {
		name := "read-" + tn.org.Slug
		s.history.Opens[name] = tn.org.ID.String()
		for range 2 {
			n := len(s.editors)
			s.editors = append(s.editors, newEditor(fmt.Sprintf("editor-%d", n), tn, name, tn.read, editorCodings[n%4], i))
		}
	}
	for _, when := range []string{"before", "during", "after"} {
		secret, id := s.token(s.tenants[0], "read")
		s.revoked[when], s.history.Opens[when] = id, s.tenants[0].org.ID.String()
		s.editors = append(s.editors, newEditor("editor-"+when, s.tenants[0], when, secret, "gzip", 0))
	}
	s.editors = append(s.editors, newEditor("stranger", s.tenants[1], "read-"+s.tenants[0].org.Slug, s.tenants[0].read, "gzip", 0))
}

func requireNothingPending(ctx context.Context, db *postgres.DB) error {
	p, err := db.CountPending(ctx)
	if err == nil && p != (postgres.Pending{}) {
		err = fmt.Errorf("still pending: %+v", p)
	}
	return err
}

func (s *stage) stopClients() {
	if s.stop != nil {
		s.stop()
	}
	s.running.Wait()
}

func (s *stage) instances() []*readerInstance {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.readers)
}

func (s *stage) recordPoll(p checker.Poll) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.history.Polls = append(s.history.Polls, p)
	s.pollsByEditor[p.Editor]++
}

func (s *stage) recordChange(c checker.Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.history.Changes = append(s.history.Changes, c)
}

func (s *stage) pollCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.history.Polls)
}

// snapshot returns a copy of the history so far.
func (s *stage) snapshot() *checker.History {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.history
	h.Polls, h.Changes = slices.Clone(h.Polls), slices.Clone(h.Changes)
	h.Revocations, h.Outages = slices.Clone(h.Revocations), slices.Clone(h.Outages)
	return &h
}

// awaitPolls waits until each editor has polled n more times.
func (s *stage) awaitPolls(n int) {
	s.t.Helper()
	s.mu.Lock()
	from := maps.Clone(s.pollsByEditor)
	s.mu.Unlock()
	s.awaitWithin(waitTimeout+time.Duration(2*n)*(*faultsPoll), fmt.Sprintf("%d polls of each editor", n), func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		for name, now := range s.pollsByEditor {
			if now < from[name]+n {
				return fmt.Errorf("%s made %d", name, now-from[name])
			}
		}
		return nil
	})
}

// revoke revokes one of the tokens, as an operator does.
func (s *stage) revoke(when string) {
	s.t.Helper()
	r := checker.Revocation{Token: when, Sent: time.Now()}
	_, err := s.db.RevokeToken(s.t.Context(), operator, s.tenants[0].org.ID, s.revoked[when])
	require.NoError(s.t, err)
	r.Acknowledged = time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.history.Revocations = append(s.history.Revocations, r)
}

// awaitRefused waits until every reader refuses a token.
func (s *stage) awaitRefused(when string) {
	s.t.Helper()
	s.await(when+" is refused", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		last := map[string]int{}
		for _, p := range s.history.Polls {
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

// awaitStale waits until the last answer of each of the readers is marked stale.
func (s *stage) awaitStale(readers ...*readerInstance) {
	s.t.Helper()
	s.await("marked stale", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		last := map[string]*checker.Poll{}
		for i := range s.history.Polls {
			if p := &s.history.Polls[i]; p.Organization == s.tenants[1].org.ID.String() && s.history.Opens[p.Token] == p.Organization {
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

// faultBegan records the start of the fault; the method below records its end.
func (s *stage) faultBegan() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.history.Fault.Began = time.Now()
}

func (s *stage) faultEnded() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.history.Fault.Ended = time.Now()
}

// killReader kills a reader. restartReader restarts it at its address; keepsSnapshot reports
// whether its documents are in its disk snapshot.
func (s *stage) killReader(r *readerInstance) {
	s.mu.Lock()
	s.history.Outages = append(s.history.Outages, checker.Outage{Reader: r.name, Down: time.Now()})
	s.mu.Unlock()
	s.kill(r.child)
}

func (s *stage) restartReader(r *readerInstance, keepsSnapshot bool) {
	s.t.Helper()
	s.mu.Lock()
	s.history.Outages[len(s.history.Outages)-1].Launched = time.Now()
	s.mu.Unlock()
	r.child = s.launch("reader", r.addr, freePort(s.t), r.settings...)
	s.await("it answers", func() error { _, err := getStatus(r.url + "/"); return err })
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &s.history.Outages[len(s.history.Outages)-1]
	a.Up, a.Kept = time.Now(), keepsSnapshot
}

// requireRecovery waits until every reader has recovered for every organization, and stays so.
func (s *stage) requireRecovery() {
	s.t.Helper()
	s.awaitRecovery()
	s.awaitPolls(settlePolls)
}

// awaitRecovery waits for the recovery, and returns the history up to then.
func (s *stage) awaitRecovery() (h *checker.History) {
	s.t.Helper()
	checkedPolls, err := 0, error(nil)
	s.await("all is fresh and current again", func() error {
		// Each check covers the whole history. It runs once a round, so that it takes
		// little CPU from the programs it waits for.
		polls := s.pollCount()
		if polls < checkedPolls+len(s.editors) {
			return cmp.Or(err, errors.New("nobody polled yet"))
		}
		checkedPolls = polls
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
				return p.Reader == r.name && p.Organization == tn.org.ID.String() && p.Sent.After(h.Fault.Ended) && p.Status != 0
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

// checkHistory ends the recording and checks it. On a busy machine, a reader may briefly lack
// recent watermarks at any moment, and then answers stale. The short form therefore ends
// its recording at a moment when all is fresh.
func (s *stage) checkHistory(name string) {
	s.t.Helper()
	var h *checker.History
	if *faultsHold == 0 {
		h = s.awaitRecovery()
		s.stopClients()
	} else {
		s.stopClients()
		h = s.snapshot()
	}
	found := checker.Check(h, s.promises)
	report(name, checker.Summarize(h, s.promises), found)
	for i, v := range found {
		if i == 20 {
			s.t.Errorf("and %d more", len(found)-i)
			break
		}
		s.t.Error(v.String())
	}
}
