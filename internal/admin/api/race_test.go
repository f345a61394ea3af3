package api_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// sendConcurrently sends requests concurrently.
func sendConcurrently(n int, send func(i int) answer) []answer {
	out := make([]answer, n)
	start := make(chan struct{})
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			<-start
			out[i] = send(i)
		})
	}
	close(start)
	group.Wait()
	return out
}

func TestConcurrentEditsLoseNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for round := range 10 {
		slug := fmt.Sprintf("docs-%d", round)
		tag := s.create(slug)
		answers := sendConcurrently(2, func(i int) answer {
			return s.do("PUT", "/modes/"+slug, s.write, modeJSON(slug, fmt.Sprintf("Writer %d", i)), "If-Match", tag)
		})
		winner, loser := 0, 1
		if answers[0].status != 200 {
			winner, loser = 1, 0
		}
		answers[winner].ok(200)
		p := answers[loser].problem(412, "version_conflict")
		current := p["current"].(map[string]any)
		require.Equal(t, fmt.Sprintf("Writer %d", winner), current["config"].(map[string]any)["roleDefinition"])
		require.Equal(t, answers[winner].header.Get("ETag"), current["etag"])
		yours := p["yours"].(map[string]any)
		require.Equal(t, fmt.Sprintf("Writer %d", loser), yours["config"].(map[string]any)["roleDefinition"], "what was typed is in the answer")
		require.Contains(t, p["detail"], "by olive", "who was faster, by name")

		// The answer is all that the loser needs to continue.
		s.do("PUT", "/modes/"+slug, s.write, modeJSON(slug, "Both"), "If-Match", current["etag"].(string)).ok(200)
	}
	require.Equal(t, 30, s.count("select count(*) from audit_log where subject_kind = 'mode'"))
}

func TestConcurrentCreatesOfOneSlug(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for round := range 10 {
		names := []string{fmt.Sprintf("Docs%d", round), fmt.Sprintf("docs%d", round)}
		answers := sendConcurrently(2, func(i int) answer { return s.do("POST", "/modes", s.write, modeJSON(names[i], "You write.")) })
		winner, loser := 0, 1
		if answers[0].status != 201 {
			winner, loser = 1, 0
		}
		answers[winner].ok(201)
		p := answers[loser].problem(409, "slug_taken")
		require.Equal(t, fmt.Sprintf("A mode with the slug %q already exists in this organization", names[loser]), p["detail"])
		require.Equal(t, names[winner], p["current"].(map[string]any)["slug"])
		require.Equal(t, names[loser], p["yours"].(map[string]any)["slug"])
	}
	require.Equal(t, 10, s.count("select count(*) from organization_modes"))
}

func TestConcurrentPatchesOfDifferentFieldsBothApply(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.create("docs")
	patches := []string{`{"name":"Renamed"}`, `{"config":{"whenToUse":"Often"}}`, `{"config":{"description":"Short"}}`}
	for _, a := range sendConcurrently(3, func(i int) answer { return s.do("PATCH", "/modes/docs", s.write, patches[i]) }) {
		a.ok(200)
	}
	m := s.do("GET", "/modes/docs", s.write, "").ok(200).json()
	require.Equal(t, "Renamed", m["name"])
	require.Equal(t, "Often", m["config"].(map[string]any)["whenToUse"])
	require.Equal(t, "Short", m["config"].(map[string]any)["description"])
	require.InDelta(t, 4, m["version"], 0)
}

func TestEditOfDeletedModeConflicts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tag := s.create("docs")
	s.do("DELETE", "/modes/docs", s.write, "", "If-Match", tag).ok(204)
	p := s.do("PUT", "/modes/docs", s.write, modeJSON("docs", "Mine"), "If-Match", tag).problem(412, "mode_deleted")
	require.Contains(t, p["detail"], "was deleted by olive")
	require.Equal(t, "Mine", p["yours"].(map[string]any)["config"].(map[string]any)["roleDefinition"])
}
