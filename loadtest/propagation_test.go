package loadtest

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// An edit through the API is at the reader within a second, under a new tag.
func TestEditsAreVisible(t *testing.T) {
	f := newFleet(t)
	f.startAdmin()
	f.start("worker", "")
	reader := f.startReader()
	// In turns, as a reader takes up an organization's changes at most every
	// 100 ms, and an admin is slower than that.
	tenants := make([]tenant, 5)
	etags := make([]string, len(tenants))
	for i := range tenants {
		tenants[i] = f.tenant(fmt.Sprintf("org-%d", i))
	}
	tags := map[string]bool{}
	took := make([]time.Duration, 0, 200)
	for i := range cap(took) {
		tn, etag := tenants[i%len(tenants)], &etags[i%len(tenants)]
		base := f.admin + "/api/v1/organizations/" + tn.org.Slug + "/modes"
		body := fmt.Appendf(nil, `{"slug":"code","name":"Code","config":{"roleDefinition":"You are edit number %d","groups":["read"]}}`, i)
		began := time.Now()
		var status int
		var err error
		if *etag == "" {
			status, *etag, err = f.call(t.Context(), http.MethodPost, base, tn.write, "", body)
		} else {
			status, *etag, err = f.call(t.Context(), http.MethodPut, base+"/code", tn.write, *etag, body)
		}
		require.NoError(t, err)
		require.Less(t, status, 300)
		saved := time.Now()
		want := fmt.Appendf(nil, "You are edit number %d\n", i)
		for {
			got, res, err := get(t.Context(), tn.modesYAMLURL(reader), tn.read, "")
			require.NoError(t, err)
			if res.StatusCode == http.StatusOK && bytes.Contains(got, want) {
				tags[res.Header.Get("ETag")] = true
				break
			}
			require.Less(t, time.Since(began), patience, "edit %d is not visible", i)
			time.Sleep(time.Millisecond) // an editor that polls very often
		}
		took = append(took, time.Since(saved))
	}
	require.Len(t, tags, cap(took), "a new tag for each edit")
	slices.Sort(took)
	t.Logf("saved to visible at the reader, %d edits: p50 %s, p99 %s, max %s", len(took),
		took[len(took)/2].Round(100*time.Microsecond), took[len(took)*99/100].Round(100*time.Microsecond), took[len(took)-1].Round(100*time.Microsecond))
	require.Less(t, took[len(took)*99/100], time.Second)
}
