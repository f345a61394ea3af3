package attack

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack"
	"orgmodes/internal/postgres"
)

// storm imports a library of 7.5 MB of random words and then changes it 30 times within two
// seconds. The worker must publish it all within its memory budget, and another
// organization's change too.
func (a *attacks) storm() {
	a.run("storm: 500 modes, then 30 changes in 2 s", a.worker, budget{memory: 512 << 20}, func(w *row) {
		tn := a.tenant("storm")
		_, writer, _ := tn.senders()
		at := "/api/v1/organizations/" + tn.org.Slug + "/modes"
		from := rand.New(rand.NewPCG(5, 6))
		library := []byte(largeModes(500, 15_000, func(n int) string { return randomWords(from, n) }))
		w.measure("the storm", func(ctx context.Context) error {
			began := time.Now()
			send := func(r request) error {
				got, err := r.send(ctx, a.attackers, a.admin.url())
				if err != nil {
					return err
				}
				return w.answered(got, http.StatusOK)
			}
			if err := send(request{method: http.MethodPost, path: at + "/import", media: mediaYAML, body: library, as: writer}); err != nil {
				return err
			}
			for i := range 30 {
				if err := send(request{
					method: http.MethodPatch, path: at + fmt.Sprintf("/large-%d", i), media: mediaPatch, as: writer,
					body: []byte(fmt.Sprintf(`{"name":"Changed %d"}`, i)), header: map[string]string{"If-Match": "*"},
				}); err != nil {
					return err
				}
				time.Sleep(2 * time.Second / 30)
			}
			changed := time.Now()
			a.mode(a.acme, fmt.Sprintf("beside-%d", len(a.rows)), "Be published beside a storm.")
			other := a.published(ctx, a.acme)
			bystanderDelay := time.Since(changed)
			err := errors.Join(other, a.published(ctx, tn))
			w.note = fmt.Sprintf("published %s after the import began; another organization's change took %s", seconds(time.Since(began)), seconds(bystanderDelay))
			return err
		})
	})
}

// published waits until all changes of an organization are published.
func (a *attacks) published(ctx context.Context, tn tenant) error {
	for {
		status, err := a.db.PublicationStatus(ctx, tn.org.ID)
		if err == nil && status.PendingSince == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s is not published: %w", tn.org.Slug, errors.Join(ctx.Err(), err))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// frozenPostgres stops a Postgres during operation: connections stay open, and nothing
// answers. The API must soon answer 503, and the probes must fail.
func (a *attacks) frozenPostgres() {
	const name = "frozen: Postgres stopped, then continued"
	if !a.only.MatchString(name) {
		return
	}
	program, err := devstack.FindPostgres(a.t.Context(), 0, func(string, ...any) {})
	require.NoError(a.t, err)
	pg, err := devstack.StartPostgres(a.t.Context(), program, devstack.PostgresOptions{})
	require.NoError(a.t, err)
	defer func() { _ = pg.Stop() }()
	require.NoError(a.t, postgres.Migrate(a.t.Context(), pg.OwnerURL))
	s := newSite(a.t, pg.OwnerURL)
	s.worker = s.victim("worker", 0)
	defer s.close()
	a.run(name, nil, budget{}, func(w *row) {
		a.freeze(w, s, pg)
		for _, v := range []*victim{s.admin, s.worker} {
			if !v.alive() {
				w.fault("after the attack", v.name+" exited: "+exitReason(v))
			}
		}
	})
}

func (a *attacks) freeze(w *row, s *site, pg *devstack.Postgres) {
	_, writer, owner := s.acme.senders()
	stopped := stopTree(pg.Pid())
	defer continueAll(stopped)
	var notes []string
	for _, r := range []request{
		{method: http.MethodGet, path: "/api/v1/organizations/" + s.acme.org.Slug + "/modes", as: writer},
		{method: http.MethodGet, path: "/orgs/" + s.acme.org.Slug + "/modes", as: owner},
		{
			method: http.MethodPost, path: "/mcp", media: mediaJSON, as: writer, body: []byte(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_modes","arguments":{}}}`),
			header: map[string]string{"Accept": "application/json, text/event-stream"},
		},
	} {
		began := time.Now()
		ctx, cancel := context.WithTimeout(a.t.Context(), waitTimeout)
		got, err := r.send(ctx, a.attackers, s.admin.url())
		cancel()
		took := time.Since(began)
		notes = append(notes, fmt.Sprintf("%s %s: %d after %s", r.method, strings.SplitN(r.path, "/", 3)[1], got.status, seconds(took)))
		w.status[got.status]++
		w.shots++
		w.wall = max(w.wall, took)
		switch {
		case err != nil:
			w.fault(r.String(), reason(err))
		case got.status != http.StatusServiceUnavailable && r.path != "/mcp":
			w.fault(r.String(), fmt.Sprintf("answered %d", got.status))
		case *long && took > 8*time.Second:
			w.fault(r.String(), "answered only after "+seconds(took))
		}
	}
	limit := waitTimeout
	if *long {
		limit = 15 * time.Second
	}
	for _, v := range []*victim{s.admin, s.worker} {
		began := time.Now()
		if waitUntil(limit, func() bool { return v.ready() != nil }) != nil {
			w.fault("/readyz", v.name+" still says that it is ready, "+seconds(time.Since(began))+" later")
			continue
		}
		notes = append(notes, fmt.Sprintf("%s not ready %s after that", v.name, seconds(time.Since(began))))
	}
	continueAll(stopped)
	began := time.Now()
	for _, v := range []*victim{s.admin, s.worker} {
		if waitUntil(waitTimeout, func() bool { return v.ready() == nil }) != nil {
			w.fault("/readyz", v.name+" is not ready again")
		}
	}
	if fault := s.bystander.check(s.admin); fault != "" {
		w.fault("after the attack", fault)
	}
	notes = append(notes, "all ready again "+seconds(time.Since(began))+" after it continued")
	w.note = strings.Join(notes, "; ")
}

// stopTree stops a process and its children, each of which leads a process group, and
// returns their PIDs.
func stopTree(pid int) []int {
	_ = syscall.Kill(pid, syscall.SIGSTOP) // so that it starts no more children
	pids := append([]int{pid}, childrenOf(pid)...)
	for _, p := range pids {
		_ = syscall.Kill(p, syscall.SIGSTOP)
	}
	return pids
}

func continueAll(pids []int) {
	for _, p := range pids {
		_ = syscall.Kill(p, syscall.SIGCONT)
	}
}
