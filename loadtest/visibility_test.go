package loadtest

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/prove"
	"orgmodes/internal/pubstore"
)

var (
	loadRate        = flag.Int("load.rate", 50, "changes a second")
	loadFor         = flag.Duration("load.for", 4*time.Second, "for how long changes are made")
	loadOrgs        = flag.Int("load.orgs", 20, "in how many organizations")
	loadAssert      = flag.Bool("load.assert", false, "fail when what is measured is slower than we say it is")
	loadRevocations = flag.Int("load.revocations", 20, "how many tokens are revoked")
)

// TestCommitToVisible measures how long a committed change takes to become available to
// editors: until its entry is in the log that readers follow, and until a reader serves it.
//
// Changes are made directly in Postgres at a constant rate, so that the admin program is
// not measured. The next commit of an organization waits until its previous one is visible:
// the rate per organization must stay below the one at which the reader spaces reloads.
func TestCommitToVisible(t *testing.T) {
	prove.Long(t)
	f := newFleet(t)
	f.start("worker", "")
	reader := f.startReader()
	v := newVisibility(f, reader)
	var logged, served, committed durations
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var following sync.WaitGroup
	following.Go(func() { v.follow(ctx, &logged) })

	turns := make(chan *watchedOrganization, len(v.orgs))
	for _, o := range v.orgs {
		turns <- o
	}
	var changing sync.WaitGroup
	interval := time.Second / time.Duration(*loadRate)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	began := time.Now()
	missed := 0
	for i := range int(*loadFor / interval) {
		<-tick.C
		select {
		case o := <-turns:
			changing.Go(func() {
				defer func() { turns <- o }()
				v.change(t.Context(), o, i, &committed, &served)
			})
		default:
			missed++ // all organizations are busy, which is a result too
		}
	}
	changing.Wait()
	took := time.Since(began)
	stop()
	following.Wait()
	l, s, c := logged.sorted(), served.sorted(), committed.sorted()
	fmt.Printf("commit to visible, %.1f changes/s in %d organizations for %s (%d of them left out, as all were busy)\n",
		float64(len(s))/took.Seconds(), len(v.orgs), took.Round(time.Second), missed)
	fmt.Printf("  the commit itself       %s\n  commit to the log       %s\n  commit to HTTP          %s\n", c, l, s)
	require.NotEmpty(t, s)
	if *loadAssert {
		require.Less(t, s.percentile(.5), 500*time.Millisecond)
		require.Less(t, s.percentile(.99), 3*time.Second)
	}
}

// durations collects durations from concurrent goroutines.
type durations struct {
	mu  sync.Mutex
	all []time.Duration
}

func (d *durations) add(took time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, took)
}

func (d *durations) sorted() latencies {
	d.mu.Lock()
	defer d.mu.Unlock()
	return sorted(d.all)
}

// visibility measures how long changes take to become visible.
type visibility struct {
	t     *testing.T
	db    *postgres.DB
	store *pubstore.Store
	url   string
	orgs  []*watchedOrganization

	mu sync.Mutex
	// acknowledged and seen are the times at which an (organization, revision) was
	// committed and appeared in the log. The log entry may arrive first, so the measurement
	// is complete when both are known.
	acknowledged map[string]map[int64]time.Time
	seen         map[string]map[int64]time.Time
}

// watchedOrganization is an organization with an editor that has its document.
type watchedOrganization struct {
	tenant
	editor *editor
	reader *readerInstance
}

func newVisibility(f *fleet, reader string) *visibility {
	f.t.Helper()
	store, err := pubstore.Open(f.redis.URL, pubstore.Options{Prefix: f.prefix, Timeout: waitTimeout})
	require.NoError(f.t, err)
	f.t.Cleanup(func() { _ = store.Close() })
	v := &visibility{t: f.t, db: f.db, store: store, url: reader, acknowledged: map[string]map[int64]time.Time{}, seen: map[string]map[int64]time.Time{}}
	for i := range *loadOrgs {
		tn := f.tenant(fmt.Sprintf("org-%d", i))
		_, err := f.db.Modes.Create(f.t.Context(), operator, tn.org.ID, markedMode(tn, 0))
		require.NoError(f.t, err)
		o := &watchedOrganization{tn, newEditor(tn.org.Slug, tn, "read", tn.read, "gzip", 0), &readerInstance{url: reader}}
		f.t.Cleanup(o.editor.client.CloseIdleConnections)
		v.orgs = append(v.orgs, o)
	}
	f.await("all is published", func() error { return requireNothingPending(f.t.Context(), f.db) })
	for _, o := range v.orgs {
		f.await("all is resident", func() error {
			if p := o.editor.poll(f.t.Context(), o.reader); p.Status != http.StatusOK && p.Status != http.StatusNotModified {
				return fmt.Errorf("answered %d", p.Status)
			}
			return nil
		})
	}
	return v
}

func markedMode(tn tenant, number int64) modes.Mode {
	return modes.Mode{Slug: "marked", Name: "Marked", Config: modes.Config{
		RoleDefinition: markerOf(number, tn.org.ID.String()), Groups: []modes.Group{{Name: "read"}},
	}}
}

// change makes a change, and polls until a reader serves it.
func (v *visibility) change(ctx context.Context, o *watchedOrganization, number int, committed, served *durations) {
	began := time.Now()
	_, err := v.db.Modes.Update(ctx, operator, o.org.ID, "marked", 0, func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
		m.Mode = markedMode(o.tenant, int64(number)+1)
		return m, nil
	})
	at := time.Now()
	if err != nil {
		v.t.Error(err)
		return
	}
	committed.add(at.Sub(began))
	revision, err := v.db.Revision(ctx, o.org.ID)
	if err != nil {
		v.t.Error(err)
		return
	}
	v.record(v.acknowledged, o.org.ID.String(), revision, at)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for time.Since(at) < waitTimeout {
		if p := o.editor.poll(ctx, o.reader); p.Status == http.StatusOK && p.Change == int64(number)+1 {
			served.add(time.Since(at))
			return
		}
		<-tick.C
	}
	v.t.Errorf("change %d of %s was not visible in %s", number, o.org.Slug, waitTimeout)
}

func (v *visibility) record(in map[string]map[int64]time.Time, org string, revision int64, at time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if in[org] == nil {
		in[org] = map[int64]time.Time{}
	}
	in[org][revision] = at
}

// follow reads the log as a reader does until ctx is done, and then collects the latencies.
func (v *visibility) follow(ctx context.Context, logged *durations) {
	last, _, err := v.store.LogTail(ctx)
	for err == nil && ctx.Err() == nil {
		var entries []pubstore.Entry
		entries, err = v.store.ReadLog(ctx, last, 200*time.Millisecond)
		at := time.Now()
		for _, e := range entries {
			last = e.N
			if e.Kind == pubstore.EntryDocument {
				v.record(v.seen, e.Organization, e.Version.Revision, at)
			}
		}
	}
	if ctx.Err() == nil {
		v.t.Error(err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for org, all := range v.acknowledged {
		for revision, at := range all {
			if visibleAt, ok := v.seen[org][revision]; ok {
				logged.add(max(0, visibleAt.Sub(at)))
			}
		}
	}
}

// TestRevokedToRefused measures how long a revoked token is still accepted, from the commit
// on.
func TestRevokedToRefused(t *testing.T) {
	prove.Long(t)
	f := newFleet(t)
	f.start("worker", "")
	reader := &readerInstance{url: f.startReader()}
	tn := f.tenant("acme")
	_, err := f.db.Modes.Create(t.Context(), operator, tn.org.ID, markedMode(tn, 0))
	require.NoError(t, err)
	var took durations
	for i := range *loadRevocations {
		secret, id := f.token(tn, "read")
		e := newEditor("editor", tn, "token", secret, "gzip", 0)
		f.await("the token is good", func() error {
			if p := e.poll(t.Context(), reader); p.Status != http.StatusOK && p.Status != http.StatusNotModified {
				return fmt.Errorf("token %d gets %d", i, p.Status)
			}
			return nil
		})
		_, err := f.db.RevokeToken(t.Context(), operator, tn.org.ID, id)
		at := time.Now()
		require.NoError(t, err)
		tick := time.NewTicker(time.Millisecond)
		for {
			status := e.poll(t.Context(), reader).Status
			if status == http.StatusUnauthorized {
				break
			}
			require.Contains(t, []int{200, 304, 503}, status)
			require.Less(t, time.Since(at), waitTimeout, "still taken")
			<-tick.C
		}
		tick.Stop()
		took.add(time.Since(at))
		e.client.CloseIdleConnections()
	}
	all := took.sorted()
	fmt.Printf("revocation's commit to refused\n  %s\n", all)
	if *loadAssert {
		require.Less(t, all.percentile(.99), 2*time.Second)
	}
}
