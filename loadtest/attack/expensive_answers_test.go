package attack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// answers sends requests whose answers are expensive to compute because of the data stored
// before.
func (a *attacks) answers() {
	a.run("answer: numbers of 300 digits in the audit log", a.admin, oneRequest, a.longNumbers)
	for _, c := range comparisons() {
		a.run("answer: "+c.name+" compared", a.admin, oneRequest, func(w *row) { a.compare(w, c.from, c.to) })
	}
	a.run("answer: 400 calls of agents in a batch", a.admin, oneRequest, a.batches)
	a.run("answer: lists of 10,000 tokens", a.admin, oneRequest, a.manyTokens)
}

// change replaces a mode through the API, or creates it if it doesn't exist.
func (w *row) change(tn tenant, slug, config string) answer {
	_, writer, _ := tn.senders()
	at := "/api/v1/organizations/" + tn.org.Slug + "/modes"
	body := []byte(fmt.Sprintf(`{"slug":%q,"name":"Changed","config":%s}`, slug, config))
	r := request{method: http.MethodPut, path: at + "/" + slug, media: mediaJSON, body: body, as: writer, header: map[string]string{"If-Match": "*"}}
	got := w.fire(r)
	if got.status == http.StatusNotFound {
		r.method, r.path, r.header = http.MethodPost, at, nil
		got = w.fire(r)
	}
	return got
}

func role(text string) string {
	b, err := json.Marshal(map[string]any{"roleDefinition": text, "groups": []string{"read"}})
	if err != nil {
		panic(err) // text can always be written
	}
	return string(b)
}

// longNumbers stores numbers that Postgres writes with 300 digits each.
func (a *attacks) longNumbers(w *row) {
	tn := a.tenant("numbers")
	for i := range 20 {
		w.change(tn, "numbers", fmt.Sprintf(`{"roleDefinition":"r%d","groups":["read"],"x":[%s1]}`, i, strings.Repeat("1e300,", 128<<10/6)))
	}
	a.requestHistory(w, tn, "numbers")
}

// requestHistory requests every page and API resource that shows the history of a mode.
func (a *attacks) requestHistory(w *row, tn tenant, slug string) {
	_, writer, owner := tn.senders()
	at, page := "/api/v1/organizations/"+tn.org.Slug, "/orgs/"+tn.org.Slug
	for _, path := range []string{
		"/audit?limit=100", "/audit/export?format=jsonl", "/audit/export?format=csv", "/modes/" + slug + "/versions?limit=100",
		"/modes/" + slug + "/versions/1", "/modes/" + slug + "/diff?from=1&to=2", "/modes/" + slug + "/diff?from=1", "/modes/" + slug,
		"/modes?limit=100", "/modes/export", "/modes/" + slug + "/advice", "/modes/" + slug + "/clients",
	} {
		w.fire(request{method: http.MethodGet, path: at + path, as: writer})
	}
	for _, path := range []string{
		"/audit", "/audit/export", "/history", "/modes/" + slug + "/history", "/modes/" + slug + "/history?from=1&to=2", "/modes/" + slug,
		"/modes/" + slug + "/edit", "/modes", "/modes/" + slug + "/restorations?version=1", "",
	} {
		w.fire(request{method: http.MethodGet, path: page + path, as: owner})
	}
	// The newest entry of the audit log has a page.
	got := w.fire(request{method: http.MethodGet, path: at + "/audit?limit=1", as: writer})
	var list struct {
		Items []struct{ ID json.RawMessage }
	}
	if json.Unmarshal(got.start, &list) == nil && len(list.Items) > 0 {
		w.fire(request{method: http.MethodGet, path: page + "/audit/" + strings.Trim(string(list.Items[0].ID), `"`), as: owner})
	}
}

type comparison struct{ name, from, to string }

// comparisons returns pairs of texts that differ a lot. Texts with many lines are shorter:
// a mode's size counts the indentation of its lines.
func comparisons() []comparison {
	const n = 240_000
	from := rand.New(rand.NewPCG(3, 4))
	letters := func(alphabet string, n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = alphabet[from.IntN(len(alphabet))]
		}
		return string(b)
	}
	long := letters("ab", n)
	spaced := func(s, sep string) string { return strings.Join(strings.Split(s, ""), sep) }
	return []comparison{
		{"two long words", long, letters("ab", n)},
		{"two long words that differ by a letter", long, long[:n/2] + "X" + long[n/2:]},
		{"25,000 lines of a letter", spaced(letters("ab", 25_000), "\n"), spaced(letters("ab", 25_000), "\n")},
		{"a hundred thousand words", spaced(letters("ab", n/2), " "), spaced(letters("abc", n/2), " ")},
		{"different lines", numbered(100_000, 0), numbered(100_000, 1)},
	}
}

func numbered(size, odd int) string {
	return count(size, "", func(i int) string { return fmt.Sprintf("%d\n", 2*i+odd) }, "end")
}

func (a *attacks) compare(w *row, from, to string) {
	tn := a.tenant("compare")
	for _, text := range []string{from, to} {
		if got := w.change(tn, "long", role(text)); got.status >= 300 {
			w.fault("saving", fmt.Sprintf("answered %d: %.200s", got.status, got.start))
		}
	}
	a.requestHistory(w, tn, "long")
	// Compare the stored mode with an import too, and with a file uploaded on the import
	// page.
	_, writer, owner := tn.senders()
	config, err := json.Marshal(map[string]any{"customModes": []any{map[string]any{"slug": "long", "name": "L", "roleDefinition": from, "groups": []string{"read"}}}})
	require.NoError(a.t, err)
	w.fire(request{method: http.MethodPost, path: "/api/v1/organizations/" + tn.org.Slug + "/modes/import?dry_run=true", media: mediaJSON, body: config, as: writer})
	w.fire(a.pageImport(tn, "modes.json", config, owner))
}

// batches requests a mode of 43 KB 400 times in one JSON-RPC batch.
func (a *attacks) batches(w *row) {
	tn := a.tenant("agents")
	_, writer, _ := tn.senders()
	w.change(tn, "large", role(strings.Repeat("word ", 43<<10/5)))
	for _, call := range []string{
		`"method":"tools/call","params":{"name":"get_mode","arguments":{"slug":"large"}}`, `"method":"tools/call","params":{"name":"list_modes","arguments":{}}`,
		`"method":"tools/list"`, `"method":"resources/list"`, `"method":"resources/read","params":{"uri":"orgmodes://modes/large"}`,
	} {
		for _, version := range []string{"2025-03-26", "2025-06-18", ""} {
			var b bytes.Buffer
			for i := range 400 {
				fmt.Fprintf(&b, `,{"jsonrpc":"2.0","id":%d,%s}`, i+1, call)
			}
			header := map[string]string{"Accept": "application/json, text/event-stream"}
			if version != "" {
				header["Mcp-Protocol-Version"] = version
			}
			w.fire(request{method: http.MethodPost, path: "/mcp", media: mediaJSON, body: append(append([]byte("["), b.Bytes()[1:]...), ']'), as: writer, header: header})
		}
	}
}

// manyTokens inserts tokens directly into Postgres and requests the token lists. An
// organization can have that many tokens from before there was a limit.
func (a *attacks) manyTokens(w *row) {
	tn := a.tenant("tokens")
	conn, err := pgx.Connect(a.t.Context(), a.owner)
	require.NoError(a.t, err)
	defer func() { _ = conn.Close(a.t.Context()) }()
	_, err = conn.Exec(a.t.Context(), `with made as (
		insert into tokens (sha256, start, name, user_id, scopes, created_by, published_version, pending_since)
		select sha256(convert_to($2::text || i, 'UTF8')), start, 'Number ' || i, user_id, scopes, created_by, version, null
		from tokens, generate_series(1, 10000) i where id = $1 returning id
	) insert into token_organizations (token_id, organization_id) select id, $3 from made`, tn.writeID, tn.org.Slug, tn.org.ID)
	require.NoError(a.t, err)
	member, writer, owner := tn.senders()
	for _, as := range []sender{member, writer} {
		for _, query := range []string{"", "?limit=1000000", "?limit=100"} {
			w.fire(request{method: http.MethodGet, path: "/api/v1/organizations/" + tn.org.Slug + "/tokens" + query, as: as})
		}
	}
	for _, path := range []string{"/tokens", "/tokens?limit=1000000", "/connect", "/palette", "/rail", ""} {
		w.fire(request{method: http.MethodGet, path: "/orgs/" + tn.org.Slug + path, as: owner})
	}
}
