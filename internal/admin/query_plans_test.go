package admin_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// plan is a Postgres query plan in the JSON format of EXPLAIN.
type plan struct {
	Node      string  `json:"Node Type"`
	Relation  string  `json:"Relation Name"`
	Index     string  `json:"Index Name"`
	Direction string  `json:"Scan Direction"`
	Rows      float64 `json:"Actual Rows"`
	Hit       int     `json:"Shared Hit Blocks"`
	Read      int     `json:"Shared Read Blocks"`
	Plans     []plan  `json:"Plans"`
}

type explained struct {
	Plan plan    `json:"Plan"`
	Time float64 `json:"Execution Time"`
}

// nodes returns the nodes of a plan from the top.
func (p plan) nodes() []plan {
	all := []plan{p}
	for _, child := range p.Plans {
		all = append(all, child.nodes()...)
	}
	return all
}

// scans returns the scans by which a plan gets its rows.
func (p plan) scans() string {
	var scans []string
	for _, n := range p.nodes() {
		var scan string
		switch {
		case n.Index != "" && n.Direction == "Backward":
			scan = "`" + n.Index + "` backwards"
		case n.Index != "":
			scan = "`" + n.Index + "`"
		case n.Node == "Seq Scan":
			scan = "all of " + n.Relation
		default:
			continue
		}
		if n.Node == "Bitmap Index Scan" {
			scan += " (bitmap)"
		}
		if !slices.Contains(scans, scan) {
			scans = append(scans, scan)
		}
	}
	return strings.Join(scans, ", ")
}

var queryName = regexp.MustCompile(`^-- name: (\w+) :`)

// name returns the name of one of our own queries, or "" for other statements.
func (s statement) name() string {
	if m := queryName.FindStringSubmatch(s.sql); m != nil && !strings.Contains(s.sql, "\ninsert") && !strings.Contains(s.sql, "\nupdate") {
		return m[1]
	}
	return ""
}

// explain runs a statement again, as the application would, and returns its plan.
func (l *largeSite) explain(t testing.TB, s statement) explained {
	t.Helper()
	args := s.args
	if len(args) > 0 {
		if _, mode := args[0].(pgx.QueryExecMode); mode {
			args = args[1:]
		}
	}
	var out string
	require.NoError(t, l.owner.QueryRow(t.Context(), "explain (analyze, buffers, format json) "+s.sql, args...).Scan(&out), "%s", s.name())
	var all []explained
	require.NoError(t, json.Unmarshal([]byte(out), &all))
	return all[0]
}

// unboundedTables lists the tables that grow without bound.
var unboundedTables = []string{"audit_log", "versions"}

// checkPlans requires that every query of every page reads unbounded tables through an
// index.
func (l *largeSite) checkPlans(t *testing.T, queries map[string][]statement) {
	t.Helper()
	found := map[string]bool{}
	checked := map[string]bool{} // every page queries the signed-in user
	for page, statements := range queries {
		if page == "audit-log-by-short-text" {
			continue // too short for a trigram: only a scan can find it
		}
		for _, s := range statements {
			key := fmt.Sprint(s.sql, s.args)
			if s.name() == "" || checked[key] {
				continue
			}
			checked[key] = true
			for _, n := range l.explain(t, s).Plan.nodes() {
				if slices.Contains(unboundedTables, n.Relation) {
					found[n.Relation] = true
					require.NotEqual(t, "Seq Scan", n.Node, "%s: %s reads all of %s", page, s.name(), n.Relation)
				}
			}
		}
	}
	for _, table := range unboundedTables {
		require.True(t, found[table], "no page reads %s: this test looks at the wrong thing", table)
	}
}

// checkFilterPlans requires that each filter of the audit log that selects few entries uses
// its own index.
func (l *largeSite) checkFilterPlans(t *testing.T, queries map[string][]statement) {
	t.Helper()
	for _, f := range l.auditFilters() {
		if f.index == "" {
			continue
		}
		lists := 0
		for _, s := range queries["audit-log-by-"+strings.ReplaceAll(f.name, " ", "-")] {
			if s.name() == "ListAudit" {
				lists++
				require.Contains(t, l.explain(t, s).Plan.scans(), f.index, "by %s", f.name)
			}
		}
		require.NotZero(t, lists, "the page by %s does not list the log", f.name)
	}
}

// lines returns a page's rows in the table of docs/pages.md: its durations and its
// queries.
func (l *largeSite) lines(t testing.TB, p measuredPage, p50, p95 float64, size int) []string {
	l.page(t, p.path)
	l.traced.take()
	l.page(t, p.path)
	first := fmt.Sprintf("| %s | %.1f | %.1f | %.1f |", strings.ReplaceAll(p.name, "-", " "), p50, p95, float64(size)/1e3)
	var all []string
	for _, s := range l.traced.take() {
		if name := s.name(); name != "" && !slices.Contains(commonQueries, name) {
			e := l.explain(t, s)
			all = append(all, fmt.Sprintf("%s %s | %s | %.0f | %d | %.2f |", first, name, e.Plan.scans(), e.Plan.Rows, e.Plan.Hit+e.Plan.Read, e.Time))
			first = "| | | | |"
		}
	}
	if len(all) == 0 {
		all = append(all, first+" | | | | |")
	}
	return all
}

// commonQueries lists the queries that every page makes: for the user and the
// organization.
var commonQueries = []string{"GetSessionUser", "ListMemberships", "GetOrganization", "ListMembers"}
