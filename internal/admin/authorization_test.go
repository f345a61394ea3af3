package admin_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"

	"orgmodes/internal/golden"
)

var (
	pageTitle = regexp.MustCompile(`<title>([^<]*)</title>`)
	anyID     = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	anyTime   = regexp.MustCompile(`"\d{4}-\d\d-\d\dT[^"]*"`)
	anySecret = regexp.MustCompile(`"csrf_token":"[^"]*"`)
)

// summarize returns the compared parts of an answer. Of a page, that is only the title.
func summarize(answer *fasthttp.Response) string {
	var b strings.Builder
	fmt.Fprint(&b, answer.StatusCode())
	for _, name := range []string{"Www-Authenticate", "Location", "Hx-Redirect", "Etag"} {
		if value := answer.Header.Peek(name); len(value) > 0 {
			fmt.Fprintf(&b, " %s=%q", name, value)
		}
	}
	body := strings.TrimSpace(string(answer.Body()))
	if m := pageTitle.FindStringSubmatch(body); m != nil {
		body = "a page: " + m[1]
	}
	return b.String() + " " + body
}

// TestAuthorizationAnswers compares the answers to each kind of request for each kind
// of credentials: which organization it applies to, or why it was refused.
func TestAuthorizationAnswers(t *testing.T) {
	c := newTracedApp(t)
	session, other := []string{"Cookie", c.cookie}, []string{"Cookie", c.otherCookie}
	ended := []string{"Cookie", "orgmodes=ended"}
	senders := []struct {
		name    string
		headers []string
	}{
		{"nobody", nil},
		{"an ended session", ended},
		{"a session", session},
		{"a session without its token, from another site", append(slices.Clip(session), "Origin", "https://evil.example")},
		{"a token that reads and writes in acme", c.token("read,write", "acme")},
		{"a token that reads in acme", c.token("read", "acme")},
		{"a token of acme and beta", c.token("read,write", "acme", "beta")},
		{"a token of acme and one that is deleted", c.token("read,write", "acme", "gone")},
		{"a token of one that is deleted", c.token("read,write", "gone")},
		{"a token that is not known", []string{"Authorization", "Bearer " + c.keys.Mint()}},
		{"a token in the wrong scheme, with a session", append(slices.Clip(other), "Authorization", "Basic b2xpdmU6eA==")},
	}
	require.NoError(t, c.db.DeleteOrganization(t.Context(), setupActor, c.orgs["gone"]))
	asJSON := []string{"Content-Type", "application/json", "Accept", "application/json, text/event-stream"}
	asPage := []string{"Accept", "text/html"}
	asForm := append(slices.Clip(asPage), "Content-Type", form)
	of := func(ref string) []string { return []string{"X-KiloCode-OrganizationId", ref} }
	const tools = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_mode","arguments":{"slug":"none"}}}`
	requests := []struct {
		method, path, body string
		headers            []string
	}{
		{"GET", "/api/v1/session", "", nil},
		{"GET", "/api/v1/organizations", "", nil},
		{"GET", "/api/v1/invitations", "", nil},
		{"GET", "/api/v1/organizations/acme", "", nil},
		{"GET", "/api/v1/organizations/beta", "", nil},
		{"GET", "/api/v1/organizations/gone", "", nil},
		{"GET", "/api/v1/organizations/foreign", "", nil},
		{"GET", "/api/v1/organizations/absent", "", nil},
		{"GET", "/api/v1/organizations/%00", "", nil},
		{"GET", "/api/v1/organizations/" + c.orgs["beta"].String(), "", nil},
		{"GET", "/api/v1/organizations/" + c.orgs["foreign"].String(), "", nil},
		{"GET", "/api/v1/organizations/foreign?what=1", "", nil},
		{"POST", "/api/v1/organizations/beta/modes", "{}", asJSON},
		{"POST", "/api/v1/organizations/acme/modes", "{}", asJSON},
		{"GET", "/api/v1/organizations/beta/audit", "", nil},
		{"GET", "/api/templates/none", "", nil},
		{"GET", "/api/templates/none", "", of("beta")},
		{"GET", "/api/templates/none", "", of("foreign")},
		{"GET", "/api/templates/none", "", of(uuid.Nil.String())},
		{"POST", "/api/templates", "{}", append(of("beta"), asJSON...)},
		{"POST", "/mcp", tools, asJSON},
		{"POST", "/mcp", tools, append(of("foreign"), asJSON...)},
		{"POST", "/mcp", tools, append([]string{"Origin", "https://evil.example"}, asJSON...)},
		{"GET", "/", "", asPage},
		{"GET", "/sign-in?return=%2Forgs", "", asPage},
		{"GET", "/orgs", "", asPage},
		{"GET", "/orgs/acme", "", asPage},
		{"GET", "/orgs/ACME", "", asPage},
		{"GET", "/orgs/beta/modes/new", "", asPage},
		{"GET", "/orgs/gone", "", asPage},
		{"GET", "/orgs/foreign", "", asPage},
		{"GET", "/orgs/" + c.orgs["acme"].String() + "/connect", "", asPage},
		{"GET", "/orgs/" + c.orgs["foreign"].String(), "", asPage},
		{"GET", "/orgs/foreign/rail", "", append([]string{"HX-Request", "true"}, asPage...)},
		{"POST", "/orgs/acme/modes/new", "name=Kept&_user=" + c.user.ID.String(), asForm},
		{"POST", "/orgs/acme/modes/new", "name=Kept&_user=" + uuid.Nil.String(), asForm},
	}
	names := map[string]string{c.user.ID.String(): "{user}", uuid.Nil.String(): "{nil}"}
	for slug, id := range c.orgs {
		names[id.String()] = "{" + slug + "}"
	}
	var out bytes.Buffer
	for _, r := range requests {
		fmt.Fprintf(&out, "%s %s %s %v\n", r.method, r.path, r.body, r.headers)
		got := map[string][]string{} // senders by the answer they got
		var answers []string
		for _, s := range senders {
			answer := summarize(c.do(r.method, r.path, r.body, slices.Concat(s.headers, r.headers)...))
			if got[answer] == nil {
				answers = append(answers, answer)
			}
			got[answer] = append(got[answer], s.name)
		}
		for _, answer := range answers {
			fmt.Fprintf(&out, "  %s:\n    %s\n", strings.Join(got[answer], "; "), answer)
		}
	}
	text := anySecret.ReplaceAllString(anyTime.ReplaceAllString(out.String(), `"{time}"`), `"csrf_token":"{secret}"`)
	text = anyID.ReplaceAllStringFunc(text, func(id string) string {
		if name, ok := names[id]; ok {
			return name
		}
		return "{id}"
	})
	text = strings.ReplaceAll(text, c.user.Email, "{email}")
	golden.Equal(t, "authorization.txt", []byte(text))
}
