package admin_test

import (
	"bytes"
	"fmt"
	"html"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// unstorable are values that Postgres rejects as text.
var unstorable = map[string]string{"broken UTF-8": "a\xffz", "U+0000": "a\x00z"}

// pageForms returns the forms of all pages by route, filled in so that they are
// accepted.
func (w *testServer) pageForms(user postgres.User) map[string]url.Values {
	w.t.Helper()
	mode := func(slug string) postgres.VersionRef {
		m, err := w.db.Modes.Create(w.t.Context(), setupActor, w.org.ID, modes.Mode{
			Slug: slug, Name: "Mode", Config: modes.Config{RoleDefinition: "You write.", Groups: []modes.Group{{Name: "read"}}},
		})
		require.NoError(w.t, err)
		return postgres.VersionRef{ID: m.ID, Version: m.Version}
	}
	m, other := mode("docs"), mode("other")
	version := fmt.Sprintf("%s:%d", m.ID, m.Version)
	draft := url.Values{
		"slug": {"new"}, "name": {"New"}, "roleDefinition": {"You write."}, "description": {"d"}, "whenToUse": {"w"}, "customInstructions": {"c"},
		"permissionTemplate": {""}, "iconName": {""}, "group": {"read"}, "fileRegex.edit": {""}, "fileDescription.edit": {""}, "beside": {""},
		"view": {""}, "yaml": {""}, "touched": {""}, "do": {"save"}, "seen_by": {""},
	}
	with := func(more url.Values) url.Values {
		all := maps.Clone(draft)
		maps.Copy(all, more)
		return all
	}
	return map[string]url.Values{
		"/sign-in":                                     {"email": {"a@acme.example"}, "password": {"wrong password"}, "return": {"/orgs"}, "kept": {""}},
		"/sign-out":                                    {},
		"/orgs/:org/modes/order":                       {"ids": {m.ID.String() + "," + other.ID.String()}, "seen": {"3"}, "up": {""}, "down": {""}},
		"/orgs/:org/modes/deletions":                   {"mode": {version}},
		"/orgs/:org/modes/restorations":                {"mode": {version + ":1"}, "revision": {"2"}},
		"/orgs/:org/modes/drafts/:subject":             with(url.Values{"seen": {version}, "edition": {"0"}}),
		"/orgs/:org/modes/drafts/:subject/discard":     {"edition": {"1"}},
		"/orgs/:org/modes/drafts/:subject/restore":     {},
		"/orgs/:org/modes/import":                      {"paste": {"customModes: []"}, "do": {""}, "take": {""}, "way-0": {""}, "planned": {""}, "_pack": {""}},
		"/orgs/:org/modes/new":                         with(url.Values{"from": {""}, "draft": {""}, "edition": {"0"}}),
		"/orgs/:org/modes/:mode/edit":                  with(url.Values{"seen": {version}, "theirs": {""}, "draft": {""}, "edition": {"0"}}),
		"/orgs/:org/modes/:mode/restorations":          {"version": {"1"}, "seen": {version}},
		"/orgs/:org/templates/new":                     {"yaml": {"kind: PermissionTemplate"}, "seen": {"0"}, "theirs": {""}, "draft": {""}, "edition": {"0"}, "do": {"save"}},
		"/orgs/:org/templates/deletions":               {"object": {version}},
		"/orgs/:org/templates/restorations":            {"object": {version + ":1"}, "revision": {"2"}},
		"/orgs/:org/templates/drafts/:subject":         {"yaml": {"kind: PermissionTemplate"}, "seen": {"1"}, "edition": {"0"}},
		"/orgs/:org/templates/drafts/:subject/discard": {"edition": {"1"}},
		"/orgs/:org/templates/drafts/:subject/restore": {},
		"/orgs/:org/templates/:object":                 {"yaml": {"kind: PermissionTemplate"}, "seen": {"1"}, "theirs": {""}, "draft": {""}, "edition": {"0"}, "do": {"save"}},
		"/orgs/:org/templates/:object/restorations":    {"version": {"1"}, "seen": {"1"}},
		"/orgs/:org/publication/again":                 {},
		"/orgs/:org/publication/retries":               {"job": {"1"}},
		"/orgs/:org/tokens":                            {"name": {"t"}, "scope": {"read"}, "org": {w.org.ID.String()}, "expires": {"never"}, "day": {""}},
		"/orgs/:org/tokens/revocations":                {"token": {user.ID.String()}},
	}
}

// Postgres rejects invalid UTF-8 and U+0000. Every field of every form is checked
// before it gets there.
func TestInvalidTextInFormFieldIsRefused(t *testing.T) {
	w := newTestServer(t, 0, func(*admin.Options) {})
	cookie, user := w.user("owner")
	forms := w.pageForms(user)
	var posts []string
	for _, r := range w.routes {
		if r.Method == http.MethodPost && !strings.HasPrefix(r.Path, "/api/") && !strings.HasPrefix(r.Path, "/mcp") {
			posts = append(posts, r.Path)
		}
	}
	slices.Sort(posts)
	require.Equal(t, slices.Sorted(maps.Keys(forms)), slices.Compact(posts), "the forms of this test are those of the pages")
	revision := w.revision()
	csrf := w.csrf(cookie)
	for route, form := range forms {
		path := strings.NewReplacer(":org", "acme", ":mode", "docs", ":object", uuid.NewString(), ":subject", uuid.NewString()).Replace(route)
		// Fields that no handler reads are checked too, and so are field names.
		for _, field := range append(slices.Sorted(maps.Keys(form)), "unread", "na\xffme", "na\x00me", "_user") {
			for flaw, value := range unstorable {
				sent := maps.Clone(form)
				sent.Set("typed", "what was <typed> elsewhere")
				sent[field] = []string{"fine", value}
				for _, encode := range []func(url.Values) (string, string){urlencodedForm, multipartForm} {
					withToken := maps.Clone(sent)
					withToken.Set("_csrf", csrf)
					body, media := encode(withToken)
					status, _, page := w.postAs(path, body, media, cookie)
					name := fmt.Sprintf("%s in %q at %s as %.20s", flaw, field, route, media)
					require.Equal(t, 400, status, "%s: %s", name, page)
					require.Regexp(t, "not valid UTF-8|U\\+0000", html.UnescapeString(page), name)
					// A multipart/form-data body with U+0000 in a name can't be parsed at all.
					unreadable := field == "na\x00me" && strings.HasPrefix(media, "multipart/")
					if route != "/sign-in" && field != "_user" && !unreadable {
						require.Contains(t, page, html.EscapeString("what was <typed> elsewhere"), name)
						require.Contains(t, page, "a\uFFFDz", name)
					}
				}
			}
		}
	}
	require.Equal(t, revision, w.revision(), "nothing was changed")

	// A script receives a problem, not a page.
	body, media := urlencodedForm(url.Values{"ids": {"a\xff"}, "_csrf": {csrf}})
	status, _, answer := w.postAs("/orgs/acme/modes/order", body, media, cookie, "X-Requested-With: fetch")
	require.Equal(t, 400, status)
	require.Contains(t, answer, "not valid UTF-8")

	// A form of an unauthenticated sender is still kept until after the sign-in.
	body, media = urlencodedForm(url.Values{"name": {"a\xffz", "a\x00z"}})
	status, _, page := w.postAs("/orgs/acme/modes/new", body, media, "Cookie: x=y")
	require.Equal(t, 401, status)
	require.Contains(t, page, `name="kept"`)
}

// The fields of the sign-in form are redisplayed too: it can hold a kept form.
func TestInvalidTextInSignInFormIsRedisplayed(t *testing.T) {
	w := newTestServer(t, 0, func(*admin.Options) {})
	body, media := urlencodedForm(url.Values{"email": {"a\xffz@acme.example"}, "password": {"secret words"}, "return": {"/orgs"}, "kept": {"Zm9ybQ"}})
	status, _, page := w.postAs("/sign-in", body, media, "Cookie: x=y")
	require.Equal(t, 400, status)
	require.Contains(t, page, `value="Zm9ybQ"`)
	require.Contains(t, page, "a\uFFFDz@acme.example")
	require.Contains(t, page, "not valid UTF-8")
	require.NotContains(t, page, "secret words")
}

// File names are fields as well.
func TestInvalidTextInFileNameIsRefused(t *testing.T) {
	w := newTestServer(t, 0, func(*admin.Options) {})
	cookie, _ := w.user("owner")
	csrf := w.csrf(cookie)
	for name, value := range unstorable {
		for _, field := range []string{"file", "folder"} {
			body := "--b\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n" + csrf + "\r\n" +
				"--b\r\nContent-Disposition: form-data; name=\"" + field + "\"; filename=\"" + value + ".yaml\"\r\n\r\n" +
				"customModes:\n- {slug: up, name: Up, roleDefinition: r, groups: [read]}\n\r\n--b--\r\n"
			status, _, page := w.postAs("/orgs/acme/modes/import", body, "multipart/form-data; boundary=b", cookie)
			require.Equal(t, 400, status, "%s: %s", name, page)
			require.Regexp(t, "not valid UTF-8|U\\+0000", html.UnescapeString(page))
		}
	}
}

// Query parameters and cookies are not form fields, but are checked in the same way.
func TestInvalidTextInPageQueryIsRefused(t *testing.T) {
	w := newTestServer(t, 0, func(*admin.Options) {})
	cookie, user := w.user("owner")
	w.pageForms(user) // creates a mode named docs
	pages := 0
	for _, r := range w.routes {
		if r.Method != http.MethodGet || !strings.HasPrefix(r.Path, "/orgs") || strings.HasSuffix(r.Path, "/events") {
			continue
		}
		pages++
		path := strings.NewReplacer(":org", "acme", ":mode", "docs", ":entry", "1").Replace(r.Path)
		for name, value := range unstorable {
			for _, query := range []string{"q=" + url.QueryEscape(value), url.QueryEscape(value) + "=x"} {
				status, _, page := w.answer(w.send("GET "+path+"?"+query, "", cookie, "Connection: close", "Accept: text/html"))
				require.Equal(t, 400, status, "%s: %s?%s", name, path, query)
				require.Regexp(t, "not valid UTF-8|U\\+0000", html.UnescapeString(page))
			}
		}
		status, _, page := w.answer(w.send("GET "+path, "", cookie+"; orgmodes-said=a\xff.\xff; orgmodes-device=\xff.\xff.\xff", "Connection: close", "Accept: text/html"))
		require.Less(t, status, 500, "%s: %s", path, page)
		status, _, page = w.answer(w.send("GET "+path, "", "Cookie: orgmodes=\xff", "Connection: close", "Accept: text/html"))
		require.Equal(t, 303, status, "%s: %s", path, page)
	}
	require.Greater(t, pages, 20)
}

func (w *testServer) postAs(path, body, media, cookie string, headers ...string) (int, http.Header, string) {
	w.t.Helper()
	return w.answer(w.send("POST "+path, body, append(headers, cookie, "Connection: close", "Accept: text/html", "Content-Type: "+media,
		fmt.Sprint("Content-Length: ", len(body)))...))
}

// csrf returns the CSRF token of a session's forms.
func (w *testServer) csrf(cookie string) string {
	w.t.Helper()
	status, _, page := w.answer(w.send("GET /orgs", "", cookie, "Connection: close", "Accept: text/html"))
	require.Equal(w.t, 200, status)
	m := regexp.MustCompile(`name="_csrf" value="([^"]+)"|name="csrf" content="([^"]+)"`).FindStringSubmatch(page)
	require.NotNil(w.t, m, page)
	return m[1] + m[2]
}

func (w *testServer) revision() int64 {
	w.t.Helper()
	o, err := w.db.Organization(w.t.Context(), "acme")
	require.NoError(w.t, err)
	return o.Revision
}

func urlencodedForm(fields url.Values) (body, media string) {
	return fields.Encode(), "application/x-www-form-urlencoded"
}

func multipartForm(fields url.Values) (body, media string) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for name, values := range fields {
		for _, value := range values {
			_ = m.WriteField(name, value)
		}
	}
	_ = m.Close()
	return b.String(), m.FormDataContentType()
}
