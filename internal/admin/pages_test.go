package admin_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/prove"
)

// measuredPage is a page of the large organization, with one set of query parameters.
type measuredPage struct{ name, path, route string }

// pages returns all of them. A test compares the list with the routes.
func (l *largeSite) pages() []measuredPage {
	at := func(route, query string) string {
		path := "/orgs/acme" + strings.NewReplacer(":mode", l.plain.String(), ":entry", strconv.FormatInt(l.newest, 10), ":object", l.template.String()).Replace(route)
		if query != "" {
			path += "?" + query
		}
		return path
	}
	var all []measuredPage
	add := func(name, route, query string) {
		all = append(all, measuredPage{strings.ReplaceAll(name, " ", "-"), at(route, query), route})
	}
	add("modes", "/modes", "")
	add("modes searched for a word of many prompts", "/modes", "q=careful")
	add("modes searched for what none has", "/modes", "q=nowhere-to-be-found")
	add("modes with advice", "/modes", "show=advice")
	add("modes by name", "/modes", "sort=name")
	add("publication line", "/modes/live", "modes=505")
	add("export", "/modes/export", "")
	add("delete all", "/modes/deletions", l.allModesQuery())
	add("import", "/modes/import", "")
	add("new mode", "/modes/new", "")
	add("new mode from another", "/modes/new", "from=mode-number-0")
	add("deleted modes", "/modes/deleted", "")
	add("mode", "/modes/:mode", "")
	add("mode edited", "/modes/:mode/edit", "")
	all = append(all, measuredPage{"mode-of-60-KB-edited", "/orgs/acme/modes/" + l.long.String() + "/edit", "/modes/:mode/edit"})
	all = append(all, measuredPage{"mode-of-60-KB-edited-as-YAML", "/orgs/acme/modes/" + l.long.String() + "/edit?view=yaml", "/modes/:mode/edit"})
	add("newer version", "/modes/:mode/newer", "seen="+l.plain.String()+":900")
	add("history", "/modes/:mode/history", "")
	add("history far back", "/modes/:mode/history", "before=300")
	add("versions compared", "/modes/:mode/history", "from=500&to=600")
	all = append(all, measuredPage{"history-of-a-deleted-mode", "/orgs/acme/modes/" + l.deleted.String() + "/history", "/modes/:mode/history"})
	add("restore a version", "/modes/:mode/restorations", "version=900")
	add("permission templates", "/templates", "")
	add("new permission template", "/templates/new", "")
	add("permission template", "/templates/:object", "")
	add("history of a permission template", "/templates/:object/history", "from=1")
	add("restore a permission template", "/templates/:object/restorations", "version=1")
	add("delete a permission template", "/templates/deletions", "object="+l.template.String())
	add("deleted permission templates", "/templates/deleted", "")
	add("audit log", "/audit", "")
	for _, filter := range l.auditFilters() {
		add("audit log by "+filter.name, "/audit", filter.query)
	}
	add("audit entry", "/audit/:entry", "")
	add("what became of modes", "/history", "")
	add("rail", "/rail", "")
	add("palette", "/palette", "")
	add("publication", "/publication", "")
	add("tokens", "/tokens", "")
	add("revoke a token", "/tokens/revocations", "token="+l.token.String())
	add("connect", "/connect", "")
	return all
}

// auditFilter is a way to filter the audit log. If it selects few entries of many,
// index is the index that must be used.
type auditFilter struct{ name, query, index string }

func (l *largeSite) auditFilters() []auditFilter {
	return []auditFilter{
		{"actor", "actor=" + l.user.ID.String(), ""},
		{"nobody", "actor=nobody", "audit_log_actor"},
		{"kind", "kind=mode", ""},
		{"rare kind", "kind=member", "audit_log_kind"},
		{"action", "action=mode.create", ""},
		{"rare action", "action=member.add", "audit_log_action"},
		{"actions", "action=mode.create&action=member.add", ""},
		{"subject", "subject=" + l.long.String(), "audit_log_of_subject"},
		{"time", "since=2026-01-01", ""},
		{"time long ago", "until=" + l.day(-360), "audit_log_time"},
		{"a day", "since=" + l.day(-100) + "&until=" + l.day(-100), "audit_log_time"},
		{"common text", "q=mode+number", ""},
		{"rare text", "q=number+497", "audit_log_text"},
		{"text that others have", "q=number+499", "audit_log_text"},
		{"text that is nowhere", "q=nowhere-to-be-found", "audit_log_text"},
		{"short text", "q=zz", ""}, // too short for a trigram
		{"page in the middle", "before=" + strconv.FormatInt(l.middle, 10), ""},
		{"everything", "q=number&kind=mode&action=mode.update&since=" + l.day(-300) + "&until=" + l.day(-100) + "&actor=" + l.user.ID.String() + "&before=" + strconv.FormatInt(l.middle, 10), ""},
	}
}

func (l *largeSite) allModesQuery() string {
	q := url.Values{}
	for i := range largeModes {
		q.Add("mode", fmt.Sprintf("mode-number-%d", i))
	}
	return q.Encode()
}

// notPages are routes that answer with something other than a page.
var notPages = []string{
	"/audit/export", // a file of any size, which is streamed
	"/events",       // a stream
}

// TestPagesOfALargeOrganization fills the organization once and loads each page once:
// both take some seconds.
func TestPagesOfALargeOrganization(t *testing.T) {
	if *pagesDoc == "" {
		prove.Long(t) // a hundred thousand audit entries
	}
	l := newLargeSite(t)
	queries := l.measurePages(t)
	t.Run("every query has its index", func(t *testing.T) { l.checkPlans(t, queries) })
	t.Run("every filter has its index", func(t *testing.T) { l.checkFilterPlans(t, queries) })
	t.Run("the first view is small", l.checkFirstViewSize)
	if *pagesDoc != "" {
		t.Run("document", l.writeDocument)
	}
}

// measurePages loads each page and returns its Postgres queries by page name.
func (l *largeSite) measurePages(t *testing.T) map[string][]statement {
	t.Helper()
	queries := map[string][]statement{}
	measured := map[string]bool{"": true} // redirects to the modes
	for _, route := range notPages {
		measured[route] = true
	}
	for _, p := range l.pages() {
		measured[p.route] = true
		l.traced.take()
		status := l.page(t, p.path).Response.StatusCode()
		require.Contains(t, []int{200, 302}, status, "%s: %s", p.name, p.path)
		queries[p.name] = l.traced.take()
	}
	for _, r := range l.app.GetRoutes(true) {
		if route, ok := strings.CutPrefix(r.Path, "/orgs/:org"); ok && r.Method == http.MethodGet {
			require.True(t, measured[strings.TrimSuffix(route, "/")], "%s is a page that is not measured", r.Path)
		}
	}
	return queries
}

// firstViewBytes bounds the longest page together with all that it loads, in bytes as
// sent.
const firstViewBytes = 100 << 10

// checkFirstViewSize checks the list of 500 modes, with everything that a browser with an
// empty cache loads for it. It must be no larger than what a slow connection transfers
// within a second.
func (l *largeSite) checkFirstViewSize(t *testing.T) {
	answer := l.page(t, "/orgs/acme/modes")
	require.Equal(t, "gzip", string(answer.Response.Header.Peek("Content-Encoding")))
	total := len(answer.Response.Body())
	t.Logf("the page: %d bytes", total)
	html, err := answer.Response.BodyGunzip()
	require.NoError(t, err)
	require.Equal(t, largeModes, strings.Count(string(html), `class="row own"`))
	loads := regexp.MustCompile(`<(?:link rel="stylesheet" href|script [^>]*src)="(/assets/[^"]+)"`).FindAllStringSubmatch(string(html), -1)
	require.Len(t, loads, 2, "app.css and app.js")
	for _, m := range loads {
		asset := l.page(t, m[1])
		require.Equal(t, "gzip", string(asset.Response.Header.Peek("Content-Encoding")), m[1])
		t.Logf("%s: %d bytes", m[1], len(asset.Response.Body()))
		total += len(asset.Response.Body())
	}
	require.Less(t, total, firstViewBytes)
}

// statements records the statements sent to Postgres.
type statements struct {
	mu  sync.Mutex
	all []statement
}

type statement struct {
	sql  string
	args []any
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, statement{d.SQL, d.Args})
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// take returns the statements since the last call.
func (s *statements) take() []statement {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.all
	s.all = nil
	return all
}
