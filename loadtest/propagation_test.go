package loadtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/prove"
)

// Each edit through the API reaches the reader, under a new ETag.
func TestEditsReachReader(t *testing.T) {
	f := newFleet(t)
	f.startAdmin()
	f.start("worker", "")
	reader := f.startReader()
	// Take turns: a reader loads an organization's changes at most every 100 ms, and a
	// human editor is slower than that.
	tenants := make([]tenant, 5)
	etags := make([]string, len(tenants))
	for i := range tenants {
		tenants[i] = f.tenant(fmt.Sprintf("org-%d", i))
	}
	tags := map[string]bool{}
	edits := 20
	if prove.Enabled() {
		edits = 200
	}
	took := make([]time.Duration, 0, edits)
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
			require.Less(t, time.Since(began), waitTimeout, "edit %d is not visible", i)
			time.Sleep(time.Millisecond) // an editor that polls very often
		}
		took = append(took, time.Since(saved))
	}
	require.Len(t, tags, cap(took), "a new tag for each edit")
	slices.Sort(took)
	t.Logf("saved to visible at the reader, %d edits: p50 %s, p99 %s, max %s", len(took),
		took[len(took)/2].Round(100*time.Microsecond), took[len(took)*99/100].Round(100*time.Microsecond), took[len(took)-1].Round(100*time.Microsecond))
	if *loadAssert {
		require.Less(t, took[len(took)*99/100], time.Second)
	}
}

// A permission template that an existing client creates, changes and deletes reaches the
// reader each time, and the modes keep their ETag.
func TestTemplateChangesReachReader(t *testing.T) {
	f := newFleet(t)
	f.startAdmin()
	f.start("worker", "")
	reader := f.startReader()
	tn := f.tenant("org")
	templates := reader + "/api/organizations/" + tn.org.ID.String() + "/templates"
	see := func(want bool, text string) {
		t.Helper()
		f.await(fmt.Sprintf("%q is there: %t", text, want), func() error {
			body, res, err := get(t.Context(), templates, tn.read, "")
			if err == nil && (res.StatusCode != http.StatusOK || bytes.Contains(body, []byte(text)) != want) {
				err = fmt.Errorf("%d %s", res.StatusCode, body)
			}
			return err
		})
	}
	see(true, "Safe Sandbox")
	_, before, err := get(t.Context(), tn.modesYAMLURL(reader), tn.read, "")
	require.NoError(t, err)

	call := func(method, path, body string) []byte {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, f.admin+"/api/templates"+path, strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+tn.write)
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		defer func() { _ = res.Body.Close() }()
		answer, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, res.StatusCode, "%s", answer)
		return answer
	}
	var created struct {
		ID string `json:"template_id"`
	}
	require.NoError(t, json.Unmarshal(call("POST", "", `{"name":"Reviewer","permission_mode":"plan","allowed_tools":["read"]}`), &created))
	see(true, created.ID)
	call("PUT", "/"+created.ID, `{"description":"Reads, and says what it thinks"}`)
	see(true, "says what it thinks")
	call("DELETE", "/"+created.ID, "")
	see(false, created.ID)
	_, after, err := get(t.Context(), tn.modesYAMLURL(reader), tn.read, "")
	require.NoError(t, err)
	require.Equal(t, before.Header.Get("ETag"), after.Header.Get("ETag"))
}
