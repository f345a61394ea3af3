package browsertest

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"
)

// pollingEditor polls the reader for all modes, as an editor does: with the ETag of its last
// response.
type pollingEditor struct {
	s           *site
	token, etag string
	body        string
}

// pollingEditor returns an editor of Acme that already has everything saved so far.
func (s *site) pollingEditor(token string) *pollingEditor {
	s.t.Helper()
	s.waitForPublished()
	newest := s.queryInt("SELECT coalesce(max(revision), 0) FROM versions WHERE organization_id = $1 AND subject_kind = 'mode'", s.acme.ID)
	e := &pollingEditor{s: s, token: token}
	s.await(func() error {
		if status := e.poll(); status != http.StatusOK && status != http.StatusNotModified {
			return fmt.Errorf("the reader answers %d", status)
		}
		// An ETag is "epoch.revision.hash".
		parts := strings.Split(strings.Trim(e.etag, `"`), ".")
		if revision, err := strconv.Atoi(parts[1]); err != nil || revision < newest {
			return fmt.Errorf("the reader serves %s, and not yet revision %d", e.etag, newest)
		}
		return nil
	})
	return e
}

// waitForPublished waits until everything that is saved is published.
func (s *site) waitForPublished() {
	s.t.Helper()
	s.await(func() error {
		if n := s.queryInt("SELECT count(*) FROM organizations WHERE slug = 'acme' AND pending_since IS NOT NULL"); n > 0 {
			return errNotYet
		}
		return nil
	})
}

func (e *pollingEditor) poll() int {
	e.s.t.Helper()
	req, err := http.NewRequestWithContext(e.s.t.Context(), http.MethodGet, e.s.readerURL+"/api/organizations/"+e.s.acme.ID.String()+"/modes.yaml", nil)
	require.NoError(e.s.t, err)
	req.Header.Set("Authorization", "Bearer "+e.token)
	if e.etag != "" {
		req.Header.Set("If-None-Match", e.etag)
	}
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	require.NoError(e.s.t, err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	require.NoError(e.s.t, err)
	if res.StatusCode == http.StatusOK {
		e.etag, e.body = res.Header.Get("ETag"), string(body)
	}
	return res.StatusCode
}

// waitForText polls until the reader serves a change that contains text. After that,
// nothing new comes.
func (e *pollingEditor) waitForText(text string) {
	e.s.t.Helper()
	e.s.await(func() error {
		if status := e.poll(); status != http.StatusOK && status != http.StatusNotModified {
			return fmt.Errorf("the reader answers %d", status)
		}
		if !strings.Contains(e.body, text) {
			return fmt.Errorf("the reader doesn't serve %q", text)
		}
		return nil
	})
	e.waitForNotModified()
}

// waitForReplacement polls until the reader no longer serves gone, and serves text instead.
func (e *pollingEditor) waitForReplacement(gone, text string) {
	e.s.t.Helper()
	e.s.await(func() error {
		if status := e.poll(); status != http.StatusOK && status != http.StatusNotModified {
			return fmt.Errorf("the reader answers %d", status)
		}
		if strings.Contains(e.body, gone) || !strings.Contains(e.body, text) {
			return fmt.Errorf("the reader still serves %q, or not %q", gone, text)
		}
		return nil
	})
	e.waitForNotModified()
}

// waitForNotModified waits until a poll returns 304, as nothing has changed.
func (e *pollingEditor) waitForNotModified() {
	e.s.t.Helper()
	e.s.waitForPublished()
	e.s.await(func() error { // the reader can be a moment behind
		if status := e.poll(); status != http.StatusNotModified {
			return fmt.Errorf("the reader answers %d, not 304", status)
		}
		return nil
	})
}

// checkNotModified checks that nothing was published: the next poll returns 304.
func (e *pollingEditor) checkNotModified() {
	e.s.t.Helper()
	e.s.waitForPublished()
	status := http.StatusServiceUnavailable
	e.s.await(func() error { // a reader that can't tell yet answers 503
		if status = e.poll(); status == http.StatusServiceUnavailable {
			return errNotYet
		}
		return nil
	})
	require.Equal(e.s.t, http.StatusNotModified, status)
}
