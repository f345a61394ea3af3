package browsertest

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/endpoint"

	"orgmodes/internal/prove"
)

// TestPublicationURLsAreServedByReaders requests every address that the API lists from a
// reader.
func TestPublicationURLsAreServedByReaders(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	s.readerServes("docs-writer")
	get := func(url string, answer any) *http.Response {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+s.editorToken)
		req.Header.Set("Accept-Encoding", "identity")
		req.Close = true
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		defer func() { require.NoError(t, res.Body.Close()) }()
		require.Equal(t, http.StatusOK, res.StatusCode, url)
		if answer != nil {
			require.NoError(t, json.NewDecoder(res.Body).Decode(answer))
		}
		return res
	}
	var status struct {
		Representations []struct{ Name, URL, ETag string }
	}
	get(s.url+"/api/v1/organizations/acme/publication", &status)
	require.Len(t, status.Representations, len(endpoint.All()))
	for _, r := range status.Representations {
		require.Equal(t, r.ETag, get(r.URL, nil).Header.Get("ETag"), r.Name)
	}
}
