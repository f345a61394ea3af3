package api_test

import (
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/benchdata"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/prove"
)

// corpus returns the folder of real, published files, which are not ours to commit. It
// also returns for each file how many modes it has, and how many of them are valid.
func corpus(tb testing.TB) (folder string, counts map[string][2]int) {
	tb.Helper()
	folder = os.Getenv("ORGMODES_CORPUS")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(folder); err != nil {
		tb.Skipf("no corpus of real files at %s; ORGMODES_CORPUS can name another folder", folder)
	}
	table, err := os.ReadFile(filepath.Join("..", "..", "modes", "testdata", "corpus_counts.tsv"))
	require.NoError(tb, err)
	counts = map[string][2]int{}
	for line := range strings.Lines(string(table)) {
		if f := strings.Split(strings.TrimSpace(line), "\t"); len(f) == 5 && f[0] != "file" {
			all, err := strconv.Atoi(f[3])
			require.NoError(tb, err)
			valid, err := strconv.Atoi(f[4])
			require.NoError(tb, err)
			counts[f[0]] = [2]int{all, valid}
		}
	}
	return folder, counts
}

// TestCorpus imports every real file into a separate organization and exports it. The
// export must be what modes.WriteYAML writes for the imported modes: package modes
// proves that every parser reads that alike. The short form takes every fourth file.
func TestCorpus(t *testing.T) {
	folder, counts := corpus(t)
	if !prove.Enabled() {
		for i, file := range slices.Sorted(maps.Keys(counts)) {
			if i%4 != 1 {
				delete(counts, file)
			}
		}
	}
	s := newSite(t)
	orgs := map[string]string{}
	var ids []uuid.UUID
	for file := range counts {
		number, _, _ := strings.Cut(file, "-")
		o := s.organization("corpus-" + number)
		require.NoError(t, s.db.AddMember(t.Context(), operator, o.ID, s.owner.ID, "owner"))
		orgs[file] = "!/api/v1/organizations/" + o.Slug
		ids = append(ids, o.ID)
	}
	bearer := s.keys.Mint()
	_, err := s.db.CreateToken(t.Context(), operator, postgres.NewToken{
		Token: bearer, Name: "corpus", User: s.owner.ID, Scopes: []string{"read", "write"}, Organizations: ids,
	})
	require.NoError(t, err)
	total := [2]int{}
	for file, count := range counts {
		total[0] += count[0]
		total[1] += count[1]
		t.Run(file, func(t *testing.T) { s.checkRoundTrip(t, filepath.Join(folder, file), orgs[file], bearer, count) })
	}
	t.Logf("%d files, %d modes, %d of them valid", len(counts), total[0], total[1])
	require.Equal(t, total[1], s.count("select count(*) from organization_modes"))
	require.NotContains(t, s.log.String(), "level=ERROR")
}

func (s *site) checkRoundTrip(t *testing.T, path, org, bearer string, count [2]int) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	do := func(method, at, body string, headers ...string) answer {
		a := s.do(method, org+at, bearer, body, headers...)
		a.t = t
		return a
	}
	plain := []string{"Content-Type", "application/octet-stream"}
	dry := do("POST", "/modes/import?dry_run=true", string(data), plain...).ok(200)
	plan := dry.json()
	require.Len(t, plan["modes"], count[0], "a verdict for each mode")
	require.Equal(t, count[1], summary(plan, "create"))
	require.Equal(t, count[0]-count[1], summary(plan, "invalid")+summary(plan, "conflict"))
	for _, m := range plan["modes"].([]any) {
		line := m.(map[string]any)
		require.Positive(t, line["line"])
		if line["action"] == "invalid" || line["action"] == "conflict" {
			require.NotEmpty(t, line["problems"])
			for _, p := range line["problems"].([]any) {
				require.Positive(t, p.(map[string]any)["line"], "%v", p)
			}
		}
	}
	match := []string{plain[0], plain[1], "If-Match", dry.header.Get("ETag")}
	if count[1] < count[0] {
		p := do("POST", "/modes/import", string(data), match...).problem(422, "invalid_modes")
		require.Len(t, p["plan"].(map[string]any)["modes"], count[0])
	}
	done := do("POST", "/modes/import?only=valid", string(data), match...).ok(200).json()
	require.Equal(t, count[1], summary(done, "create"))

	read, err := modes.ReadFile(t.Context(), data)
	require.NoError(t, err)
	want := read.Modes()
	require.Equal(t, string(modes.WriteYAML(want, "")), string(do("GET", "/modes/export", "").ok(200).body))
	require.Equal(t, string(modes.WriteJSON(want)), string(do("GET", "/modes/export?format=json", "").ok(200).body))
	for _, format := range []string{"yaml", "json", "marketplace", "zip"} {
		exported := do("GET", "/modes/export?format="+format, "").ok(200).body
		if len(want) == 0 && format == "zip" {
			continue // an archive without files
		}
		again := do("POST", "/modes/import?dry_run=true", string(exported), plain...).ok(200).json()
		require.Equal(t, count[1], summary(again, "unchanged"), format)
		require.Len(t, again["modes"], count[1], format)
	}
	for _, m := range want[:min(len(want), 3)] {
		ref := "/modes/" + url.PathEscape(m.Slug)
		do("GET", ref+"/advice", "").ok(200)
		require.Len(t, do("GET", ref+"/clients", "").ok(200).json()["views"], 3)
	}
	require.EqualValues(t, count[0], s.advice(t, bearer, data).ok(200).json()["results"].([]any)[0].(map[string]any)["modes"])
}

func summary(plan map[string]any, action string) int {
	return int(plan["summary"].(map[string]any)[action].(float64))
}

// BenchmarkLargestFile measures the import of a large file over HTTP into an empty
// library: the plan, and the import itself.
func BenchmarkLargestFile(b *testing.B) {
	data, from := benchdata.Read(b)
	s := newSite(b)
	text := []string{"Content-Type", "text/yaml"}
	b.Run("dry-run/"+from, func(b *testing.B) {
		for b.Loop() {
			plan := s.do("POST", "/modes/import?dry_run=true", s.write, string(data), text...).ok(200)
			require.Equal(b, benchdata.Modes, summary(plan.json(), "create"))
		}
	})
	b.Run("apply/"+from, func(b *testing.B) {
		for b.Loop() {
			done := s.do("POST", "/modes/import", s.write, string(data), text...).ok(200)
			require.Equal(b, benchdata.Modes, summary(done.json(), "create"))
			b.StopTimer()
			s.sql("truncate organization_modes")
			b.StartTimer()
		}
	})
}

func (s *site) advice(t *testing.T, bearer string, file []byte) answer {
	t.Helper()
	a := s.do("POST", "!/api/v1/advice", bearer, string(file), "Content-Type", "application/octet-stream")
	a.t = t
	return a
}
