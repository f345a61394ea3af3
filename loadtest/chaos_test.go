package loadtest

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/audit"
	"orgmodes/internal/devstack"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/prove"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/render"
)

var (
	chaosChanges = flag.Int("chaos.changes", 240, "how many changes are made")
	chaosOrgs    = flag.Int("chaos.orgs", 6, "in how many organizations")
	chaosWriters = flag.Int("chaos.writers", 8, "by how many writers")
	chaosWorkers = flag.Int("chaos.workers", 4, "published by how many workers")
	chaosStorm   = flag.Int("chaos.storm", 0, "how many modes of 15 KB one more organization gets, in which 30 are changed at once")
	chaosSeed    = flag.Uint64("chaos.seed", 1, "what the chaos is drawn from")
)

// Writers change libraries through the API while workers are killed at random and readers
// are polled. At the end everything in Postgres is published, no reader ever went back to
// an older revision, and every change has its audit row.
func TestKilledWorkersLoseNothing(t *testing.T) {
	prove.Long(t)
	f := newFleet(t)
	f.startAdmin()
	workers := make([]*devstack.Child, *chaosWorkers)
	for i := range workers {
		workers[i] = f.start("worker", "")
	}
	tenants := make([]tenant, *chaosOrgs)
	for i := range tenants {
		tenants[i] = f.tenant(fmt.Sprintf("org-%d", i))
	}
	readers := []string{f.startReader(), f.startReader()}

	began := time.Now()
	ctx, stopPolling := context.WithCancel(t.Context())
	defer stopPolling()
	var polling sync.WaitGroup
	var polls atomic.Int64
	for _, reader := range readers {
		for _, tn := range tenants {
			polling.Go(func() { polls.Add(watchRevisions(ctx, t, tn, reader)) })
		}
	}

	var changes, kills atomic.Int64
	var writing sync.WaitGroup
	done := make(chan struct{})
	for w := range *chaosWriters {
		writing.Go(func() {
			rng := rand.New(rand.NewPCG(*chaosSeed, uint64(w)))
			for changes.Add(1) <= int64(*chaosChanges) {
				tn := tenants[rng.IntN(len(tenants))]
				if err := f.changeSomething(t.Context(), tn, rng); err != nil {
					t.Error(err)
				}
			}
		})
	}
	if *chaosStorm > 0 {
		big := f.tenant("storm")
		tenants = slices.Concat(tenants, []tenant{big})
		writing.Go(func() {
			f.fillForStorm(big, *chaosStorm)
			f.patchInAStorm(big, stormPatches)
		})
	}
	go func() { writing.Wait(); close(done) }()

	rng := rand.New(rand.NewPCG(*chaosSeed, 99))
	for running := true; running; {
		select {
		case <-done:
			running = false
		case <-time.After(time.Duration(100+rng.IntN(400)) * time.Millisecond):
			i := rng.IntN(len(workers))
			f.kill(workers[i])
			kills.Add(1)
			workers[i] = f.start("worker", "")
		}
	}

	t.Logf("%.1f s: all changes are made, %d workers were killed", time.Since(began).Seconds(), kills.Load())
	f.await("everything is published", func() error {
		p, err := f.db.CountPending(t.Context())
		if err == nil && p != (postgres.Pending{}) {
			err = fmt.Errorf("still pending: %+v", p)
		}
		return err
	})
	t.Logf("%.1f s: everything is published", time.Since(began).Seconds())
	store, err := pubstore.Open(f.redis.URL, pubstore.Options{Prefix: f.prefix, Timeout: waitTimeout})
	require.NoError(t, err)
	defer func() { _ = store.Close() }()
	var revisions int64
	for _, tn := range tenants {
		own, err := f.db.Modes.List(t.Context(), tn.org.ID)
		require.NoError(t, err)
		shipped, err := f.db.Templates.List(t.Context(), tn.org.ID)
		require.NoError(t, err)
		now, err := f.db.Organization(t.Context(), tn.org.Slug)
		require.NoError(t, err)
		revisions += now.Revision
		published, err := store.Document(t.Context(), tn.org.ID.String())
		require.NoError(t, err)
		require.Equal(t, now.Revision, published.Version.Revision)
		for _, want := range render.Render(render.Source{Organization: now, Modes: own, Templates: shipped, Builtins: modes.Builtins()}) {
			got, err := published.Find(want.Name).Identity()
			require.NoError(t, err)
			require.Equal(t, string(want.Body), string(got), "%s of %s", want.Name, tn.org.Slug)
		}
		log, _, err := f.db.AuditPage(t.Context(), tn.org.ID, postgres.AuditFilter{Limit: 100_000}, 64<<20)
		require.NoError(t, err)
		seen := map[int64]bool{}
		for _, e := range log {
			if e.Revision != nil {
				if e.Subject.Kind == audit.Template {
					continue // the default templates of a new organization
				}
				require.False(t, seen[*e.Revision], "one audit row for each change")
				seen[*e.Revision] = true
			}
		}
		require.Len(t, seen, int(now.Revision), "no revision without its audit row")
		for _, reader := range readers {
			f.await("the reader has it", func() error {
				body, _, err := get(t.Context(), tn.modesYAMLURL(reader), tn.read, "")
				want, idErr := published.Find(render.ModesYAML).Identity()
				if err == nil && idErr == nil && !bytes.Equal(body, want) {
					err = fmt.Errorf("%s has another document", reader)
				}
				return err
			})
		}
	}
	stopPolling()
	polling.Wait()
	t.Logf("%d changes in %d organizations (%d revisions), %d workers killed, %d polls", *chaosChanges, len(tenants), revisions, kills.Load(), polls.Load())
	require.Positive(t, kills.Load(), "the chaos was none")
	require.Greater(t, polls.Load(), int64(len(tenants)*len(readers)))
}

var tagRevision = regexp.MustCompile(`^"(\d+)\.(\d+)\.[0-9a-f]{16}`)

// watchRevisions polls as an editor does, and fails the test if a reader ever answers with
// an older revision than before.
func watchRevisions(ctx context.Context, t *testing.T, tn tenant, reader string) (polls int64) {
	tag, last := "", int64(0)
	for ctx.Err() == nil {
		_, res, err := get(ctx, tn.modesYAMLURL(reader), tn.read, tag)
		if ctx.Err() != nil {
			return polls
		}
		if err != nil {
			t.Error(err)
			return polls
		}
		polls++
		if res.StatusCode == http.StatusOK {
			tag = res.Header.Get("ETag")
			m := tagRevision.FindStringSubmatch(tag)
			if m == nil {
				t.Errorf("an odd tag: %s", tag)
				return polls
			}
			revision, _ := strconv.ParseInt(m[2], 10, 64)
			if revision < last {
				t.Errorf("%s went back from revision %d to %d", reader, last, revision)
			}
			last = revision
		} else if res.StatusCode != http.StatusNotModified && (res.StatusCode != http.StatusServiceUnavailable || last > 0) {
			// 503 is only allowed before the first publication.
			t.Errorf("%s answered %s", reader, res.Status)
			return polls
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
	return polls
}

func get(ctx context.Context, url, token, tag string) ([]byte, *http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if tag != "" {
		req.Header.Set("If-None-Match", tag)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return body, res, err
}

// changeSomething makes one change through the API. If a concurrent change wins, it tries
// again until its own change is made.
func (f *fleet) changeSomething(ctx context.Context, tn tenant, rng *rand.Rand) error {
	base := f.admin + "/api/v1/organizations/" + tn.org.Slug + "/modes"
	for {
		slug := fmt.Sprintf("m%d", rng.IntN(12))
		mode, err := json.Marshal(map[string]any{"slug": slug, "name": "Mode " + slug, "config": map[string]any{
			"roleDefinition": fmt.Sprintf("You are number %d", rng.Int64()), "groups": []string{"read"},
		}})
		if err != nil {
			return err
		}
		status, etag, err := f.call(ctx, http.MethodGet, base+"/"+slug, tn.write, "", nil)
		switch {
		case err != nil:
			return err
		case status == http.StatusNotFound:
			status, _, err = f.call(ctx, http.MethodPost, base, tn.write, "", mode)
		case rng.IntN(4) == 0:
			status, _, err = f.call(ctx, http.MethodDelete, base+"/"+slug, tn.write, etag, nil)
		default:
			status, _, err = f.call(ctx, http.MethodPut, base+"/"+slug, tn.write, etag, mode)
		}
		switch {
		case err != nil:
			return err
		case status < 300:
			return nil
		case status == http.StatusConflict, status == http.StatusPreconditionFailed, status == http.StatusNotFound:
		default:
			return fmt.Errorf("%s answered %d", base, status)
		}
	}
}

func (f *fleet) call(ctx context.Context, method, url, token, ifMatch string, body []byte) (status int, etag string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if ifMatch != "" {
		req.Header.Set("If-Match", ifMatch)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, res.Header.Get("ETag"), err
}
