package api_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAuditExport(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	// More entries than are read at once, and names that a spreadsheet would interpret as
	// formulas.
	var file strings.Builder
	file.WriteString("customModes:\n")
	names := []string{"=1+1", "+1", "-1", "@SUM(A1)", "plain", "＝1+1", "＋1", "－1", "＠SUM(A1)"}
	for i := range 450 {
		fmt.Fprintf(&file, "- {slug: m%d, name: %q, roleDefinition: 'a, \"b\"', groups: []}\n", i, names[i%len(names)])
	}
	s.do("POST", "/modes/import", s.write, file.String(), "Content-Type", "text/yaml").ok(200)
	s.create("docs")

	out := s.do("GET", "/audit/export?action=mode.import,mode.create", s.write, "").ok(200)
	require.Equal(t, "text/csv; charset=utf-8", out.header.Get("Content-Type"))
	require.Equal(t, "attachment; filename=acme.audit.csv", out.header.Get("Content-Disposition"))
	rows, err := csv.NewReader(strings.NewReader(string(out.body))).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+451)
	require.Equal(t, "occurred_at", rows[0][1])
	require.Equal(t, "mode.create", rows[1][6], "newest first")
	found := map[string]int{}
	for _, row := range rows[1:] {
		found[row[9]]++
		for _, cell := range row {
			require.NotRegexp(t, "^[=+@＝＋－＠-]", cell)
		}
	}
	require.Equal(t, 50, found["'=1+1"])
	require.Equal(t, 50, found["'＝1+1"])
	require.Equal(t, 50, found["plain"])
	require.NotContains(t, string(out.body), "\ufeff")

	lines := s.do("GET", "/audit/export?format=jsonl&action=mode.import", s.write, "").ok(200)
	dec := json.NewDecoder(strings.NewReader(string(lines.body)))
	last := int64(1 << 62)
	for range 450 {
		var e struct {
			ID      int64 `json:"id"`
			Subject struct {
				Name string `json:"name"`
			} `json:"subject"`
			After map[string]any `json:"after"`
		}
		require.NoError(t, dec.Decode(&e))
		require.Less(t, e.ID, last)
		require.Contains(t, names, e.Subject.Name, "as it is")
		require.NotEmpty(t, e.After)
		last = e.ID
	}
	require.False(t, dec.More())

	today := time.Now().UTC().Format(time.DateOnly)
	require.Equal(t, out.body, s.do("GET", "/audit/export?action=mode.import,mode.create&until="+today, s.write, "").ok(200).body, "that day belongs to it")
	require.Equal(t, "\ufeff"+string(out.body), string(s.do("GET", "/audit/export?action=mode.import,mode.create&bom=true", s.write, "").ok(200).body))
	s.do("GET", "/audit/export?bom=1", s.write, "").problem(400, "malformed_query")
	s.do("GET", "/audit/export?format=jsonl&bom=true", s.write, "").problem(400, "malformed_query")

	none := s.do("GET", "/audit/export?until=2001-01-01", s.write, "").ok(200)
	require.Equal(t, 1, strings.Count(string(none.body), "\n"), "the head alone")
	s.do("GET", "/audit/export?format=xml", s.write, "").problem(400, "malformed_query")
	s.do("GET", "/audit/export?since=x", s.write, "").problem(400, "malformed_query")
	require.Empty(t, s.do("HEAD", "/audit/export", s.write, "").ok(200).body)
}
