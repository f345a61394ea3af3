package loadtest

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
	"orgmodes/internal/prove"
)

var (
	watchers = flag.Int("load.watchers", 30, "how many watch a library")
	watchFor = flag.Duration("load.watch.for", 2*time.Second, "for how long the library that they watch is changed")
	idleFor  = flag.Duration("load.idle.for", 0, "for how long pages are open while nothing happens; 0 leaves it out")
)

const (
	watchAdmins = 3
	// watchRate is in changes per second, cutsRate in connections per second.
	watchRate, cutsRate = 50, 5
	// slowPoll is how long a change stays unnoticed if its notification is lost.
	slowPoll = 10 * time.Second
)

// TestChangeToEvent measures the time from a change's commit until the watchers of the
// library receive its event, from any admin, while connections are cut. It also measures
// that time when no notification arrives.
func TestChangeToEvent(t *testing.T) {
	prove.Long(t)
	f := newFleet(t)
	admins := make([]string, watchAdmins)
	for i := range admins {
		f.startAdmin()
		admins[i] = f.admin
	}
	tn := f.tenant("acme")
	_, err := f.db.Modes.Create(t.Context(), operator, tn.org.ID, markedMode(tn, 0))
	require.NoError(t, err)
	w := &watching{fleet: f, tenant: tn, admins: admins, ctx: t.Context(), committed: map[int64]time.Time{}}
	for i := range *watchers {
		w.join(i)
	}
	stopCutting := w.cutAtRandom()
	w.changeFor(int(watchFor.Seconds()*watchRate), time.Second/watchRate)
	stopCutting()
	l := w.latencies(0)
	fmt.Printf("change to event, %d watchers of %d admins, %d changes at %d a second, %d connections cut\n  %s\n", *watchers, watchAdmins, w.changes, watchRate, w.cuts, l)

	before := w.changes
	owner, err := pgx.Connect(t.Context(), f.owner)
	require.NoError(t, err)
	defer func() { _ = owner.Close(context.WithoutCancel(t.Context())) }()
	_, err = owner.Exec(t.Context(), "alter table organizations disable trigger organizations_notify")
	require.NoError(t, err)
	w.changeFor(3, time.Millisecond)
	lost := w.latencies(before)
	fmt.Printf("the same with no notification\n  %s\n", lost)
	if *loadAssert {
		require.Less(t, l.percentile(.99), 100*time.Millisecond)
		require.Less(t, lost.percentile(1), slowPoll+time.Second)
	}
}

// watching is a set of watchers of a tenant's library.
type watching struct {
	*fleet
	tenant
	ctx    context.Context
	admins []string
	all    []*watcher
	// changes counts the changes made; the mode's version is one higher. committed holds
	// the time of each change by version.
	changes   int
	committed map[int64]time.Time
	cuts      int
}

// watcher has received all events up to that of version.
type watcher struct {
	mu       sync.Mutex
	cut      context.CancelFunc
	version  int64
	received map[int64]time.Time
	err      error
}

// join adds a watcher, whose connection is reopened whenever it ends.
func (w *watching) join(i int) {
	w.t.Helper()
	// A user can have only a few streams.
	if i%10 == 0 && i > 0 {
		user, err := w.db.CreateUser(w.ctx, operator, fmt.Sprintf("watcher-%d@example.com", i), "Watcher", "")
		require.NoError(w.t, err)
		require.NoError(w.t, w.db.AddMember(w.ctx, operator, w.org.ID, user.ID, "member"))
		w.tenant.owner = user.ID
	}
	secret, _ := w.token(w.tenant, "read")
	one := &watcher{version: 1, received: map[int64]time.Time{}}
	w.all = append(w.all, one)
	begun, ended := make(chan struct{}), make(chan struct{})
	begin := sync.OnceFunc(func() { close(begun) })
	go func() {
		defer close(ended)
		id := ""
		for connection := 0; w.ctx.Err() == nil; connection++ {
			ctx, cancel := context.WithCancel(w.ctx)
			one.mu.Lock()
			one.cut = cancel
			wrong := one.err
			one.mu.Unlock()
			if wrong != nil {
				cancel()
				return
			}
			one.follow(ctx, w.admins[(i+connection)%len(w.admins)]+"/api/v1/organizations/"+w.org.ID.String()+"/watch", secret, &id, begin)
			cancel()
		}
	}()
	w.t.Cleanup(func() { <-ended }) // the test's context ends before this
	select {
	case <-begun:
	case <-ended:
		require.NoError(w.t, one.err, "watcher %d", i)
	}
}

// follow receives the events of a stream that come after *id. If *id is empty, it calls
// begin at the SYNC event.
func (one *watcher) follow(ctx context.Context, url, token string, id *string, begin func()) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		one.fail(err)
		return
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if *id != "" {
		req.Header.Set("Last-Event-ID", *id)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return // it was cut
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		one.fail(fmt.Errorf("answered %s", res.Status))
	}
	name, next := "", *id
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "id":
			next = value
		case "event":
			name = value
		case "data":
			var data struct{ Version int64 }
			if err := json.Unmarshal([]byte(value), &data); err != nil {
				one.fail(err)
			}
			switch {
			case name == "SYNC" && *id == "":
				begin()
			case name == "MODIFIED":
				one.receive(data.Version)
			default:
				one.fail(fmt.Errorf("received %s %s", name, value))
			}
		case "":
			*id = next
		}
	}
}

func (one *watcher) receive(version int64) {
	one.mu.Lock()
	defer one.mu.Unlock()
	if version != one.version+1 && one.err == nil {
		one.err = fmt.Errorf("version %d came after %d", version, one.version)
	}
	one.version, one.received[version] = version, time.Now()
}

func (one *watcher) fail(err error) {
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.err == nil {
		one.err = err
	}
}

// cutAtRandom cuts connections until stop is called.
func (w *watching) cutAtRandom() (stop func()) {
	ctx, cancel := context.WithCancel(w.ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second / cutsRate)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				one := w.all[mathrand.N(len(w.all))]
				one.mu.Lock()
				one.cut()
				one.mu.Unlock()
				w.cuts++
			}
		}
	}()
	return func() { cancel(); <-ended }
}

// changeFor makes the given number of changes directly in Postgres, at a constant rate, and
// waits until every watcher has received all of them.
func (w *watching) changeFor(changes int, pause time.Duration) {
	w.t.Helper()
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for range changes {
		<-tick.C
		w.changes++
		m, err := w.db.Modes.Update(w.ctx, operator, w.org.ID, "marked", 0, func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
			m.Mode = markedMode(w.tenant, int64(w.changes))
			return m, nil
		})
		require.NoError(w.t, err)
		w.committed[m.Version] = time.Now()
	}
	for i, one := range w.all {
		w.await("all events were received", func() error {
			one.mu.Lock()
			defer one.mu.Unlock()
			require.NoError(w.t, one.err, "watcher %d", i)
			if one.version != int64(w.changes)+1 {
				return fmt.Errorf("watcher %d is at %d of %d", i, one.version, w.changes+1)
			}
			return nil
		})
	}
}

// latencies returns the latencies of all events, except those of the first changes (as many
// as after).
func (w *watching) latencies(after int) latencies {
	var all []time.Duration
	for _, one := range w.all {
		one.mu.Lock()
		for version, at := range one.received {
			if version > int64(after)+1 {
				all = append(all, max(0, at.Sub(w.committed[version]))) // an event may arrive before the commit returns
			}
		}
		one.mu.Unlock()
	}
	return sorted(all)
}

// TestIdlePages measures what an admin uses while ten pages are open and nothing happens.
// Each page follows an event stream, for which the database is queried periodically.
// Measure for two minutes or a multiple: the runtime of an idle program collects garbage that
// often, so that a shorter time has the cost of it with pages or without, by chance.
func TestIdlePages(t *testing.T) {
	prove.Long(t)
	if *idleFor == 0 {
		t.Skip("takes minutes; make load runs it")
	}
	f := newFleet(t)
	addr := freePort(t)
	admin := f.start("admin", addr)
	tn := f.tenant("acme")
	secret := rand.Text() + rand.Text()
	hash := sha256.Sum256([]byte(secret))
	require.NoError(t, f.db.CreateSession(t.Context(), hash[:], tn.owner, time.Now().Add(time.Hour)))
	measure := func(pages int) (cpu float64, transactions int64) {
		time.Sleep(2 * slowPoll) // let earlier work be counted before
		before, begun := f.transactions(), threadsTime(t, admin.Pid())
		time.Sleep(*idleFor)
		cpu = float64(threadsTime(t, admin.Pid())-begun) / float64(*idleFor)
		transactions = f.transactions() - before
		fmt.Printf("idle for %s with %d pages open: %.2f%% of a core, %d transactions\n", *idleFor, pages, 100*cpu, transactions)
		return cpu, transactions
	}
	cpuWithout, without := measure(0)
	var open []*http.Response
	for range 10 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/orgs/acme/events", http.NoBody)
		require.NoError(t, err)
		req.AddCookie(&http.Cookie{Name: "orgmodes", Value: secret})
		res, err := http.DefaultTransport.RoundTrip(req)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, res.StatusCode)
		open = append(open, res)
	}
	cpu, with := measure(len(open))
	for _, res := range open {
		_ = res.Body.Close()
	}
	if *loadAssert {
		require.Less(t, cpu-cpuWithout, 0.002)
		// A slow poll pings the idle connection and makes two reads, each a transaction.
		// Connections report their counts some seconds late.
		const perPoll = 3
		require.LessOrEqual(t, with-without, perPoll*(int64(*idleFor/slowPoll)+1))
	}
}

// threadsTime returns the CPU time that the living threads of a process have used so far,
// in nanoseconds (/proc/PID/task/TID/schedstat). Counters of clock ticks would overstate
// threads that wake up with the clock, as an idle program's do. It returns 0 if there are
// no such files.
func threadsTime(t *testing.T, pid int) (sum time.Duration) {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	require.NoError(t, err)
	for _, file := range files {
		var used int64
		if data, err := os.ReadFile(file); err == nil { // the thread may have ended
			_, err = fmt.Sscan(string(data), &used)
			require.NoError(t, err)
		}
		sum += time.Duration(used)
	}
	return sum
}

// transactions returns the number of transactions of all programs. Connections report them
// up to about ten seconds late.
func (f *fleet) transactions() (n int64) {
	f.t.Helper()
	conn, err := pgx.Connect(f.t.Context(), f.owner)
	require.NoError(f.t, err)
	defer func() { _ = conn.Close(context.WithoutCancel(f.t.Context())) }()
	require.NoError(f.t, conn.QueryRow(f.t.Context(), "select xact_commit from pg_stat_database where datname = current_database()").Scan(&n))
	return n
}
