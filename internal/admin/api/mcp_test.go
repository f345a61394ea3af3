package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin"
)

// agent is an agent that uses the SDK's own client, over real HTTP.
type agent struct {
	t *testing.T
	*mcp.ClientSession
}

// bearerTransport adds a token and headers to every request.
type bearerTransport struct {
	token   string
	headers []string
	next    http.RoundTripper
}

func (b bearerTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	if b.token != "" {
		req.Header.Set("Authorization", "Bearer "+b.token)
	}
	for i := 0; i < len(b.headers); i += 2 {
		req.Header.Set(b.headers[i], b.headers[i+1])
	}
	return b.next.RoundTrip(req)
}

func (s *site) connect(token string, headers ...string) (*mcp.ClientSession, error) {
	return mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(s.t.Context(), &mcp.StreamableClientTransport{
		Endpoint: s.url + "/mcp", HTTPClient: &http.Client{Transport: bearerTransport{token, headers, s.client.Transport}}, MaxRetries: -1,
	}, nil)
}

func (s *site) agent(t *testing.T, token string) agent {
	t.Helper()
	session, err := s.connect(token)
	require.NoError(t, err)
	t.Cleanup(func() { _ = session.Close() })
	return agent{t, session}
}

// call calls a tool and decodes its result, which has the output twice: for programs
// and for models.
func (a agent) call(tool string, in map[string]any) map[string]any {
	a.t.Helper()
	got, err := a.CallTool(a.t.Context(), &mcp.CallToolParams{Name: tool, Arguments: in})
	require.NoError(a.t, err)
	require.False(a.t, got.IsError, "%v", got.Content[0])
	var out map[string]any
	text := got.Content[0].(*mcp.TextContent).Text
	require.NoError(a.t, json.Unmarshal([]byte(text), &out))
	require.Equal(a.t, got.StructuredContent, any(out))
	return out
}

// refused calls a tool that must fail, and returns the error text.
func (a agent) refused(tool string, in map[string]any) string {
	a.t.Helper()
	got, err := a.CallTool(a.t.Context(), &mcp.CallToolParams{Name: tool, Arguments: in})
	require.NoError(a.t, err)
	require.True(a.t, got.IsError)
	return got.Content[0].(*mcp.TextContent).Text
}

func (a agent) read(uri string) map[string]any {
	a.t.Helper()
	got, err := a.ReadResource(a.t.Context(), &mcp.ReadResourceParams{URI: uri})
	require.NoError(a.t, err)
	require.Equal(a.t, "application/json", got.Contents[0].MIMEType)
	var out map[string]any
	require.NoError(a.t, json.Unmarshal([]byte(got.Contents[0].Text), &out))
	return out
}

func listOfMaps(v any) []map[string]any {
	var out []map[string]any
	for _, e := range v.([]any) {
		out = append(out, e.(map[string]any))
	}
	return out
}

func TestMCPServesLibrary(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	created := s.do("POST", legacyPath, s.write, `{"name":"alone","permission_mode":"default","default_system_prompt":"Be <kind>.","description":"Asks for everything"}`).ok(200).json()
	s.template("Zealot", "bypassPermissions")
	s.do("POST", "/modes", s.write, `{"slug":"code","name":"Our code","config":{"roleDefinition":"You code.","groups":["read"],"permissionTemplate":"Code Expert","x":{"y":1}}}`).ok(201)
	s.create("docs")
	a := s.agent(t, s.token(s.member, s.acme, "read"))

	tools, err := a.ListTools(t.Context(), nil)
	require.NoError(t, err)
	var offered []string
	for _, tool := range tools.Tools {
		offered = append(offered, tool.Name)
		require.True(t, tool.Annotations.ReadOnlyHint)
	}
	require.ElementsMatch(t, []string{"list_templates", "get_template", "list_modes", "get_mode"}, offered)

	list := a.call("list_templates", nil)
	all := listOfMaps(list["templates"])
	require.Equal(t, []string{"alone", "Code Expert", "Project Manager", "Safe Sandbox", "Web Researcher", "Zealot"}, names(all))
	require.Equal(t, []any{}, all[0]["allowed_tools"], "an empty list is there, as a list")
	require.Contains(t, list["note"], "never that all tools are")
	require.NotEqual(t, all[0]["allows"], all[5]["allows"], "no tools and all tools read differently")
	require.NotContains(t, strings.ToLower(all[0]["allows"].(string)), "all")
	require.NotContains(t, all[0], "default_system_prompt")

	for _, ref := range []string{created["template_id"].(string), " ALONE "} {
		got := a.call("get_template", map[string]any{"template": ref})
		for field, value := range created {
			require.Equal(t, value, got[field], field)
		}
	}
	require.Contains(t, a.refused("get_template", map[string]any{"template": "nope"}), `there are "alone", "Code Expert"`)

	modes := listOfMaps(a.call("list_modes", nil)["modes"])
	require.Equal(t, []string{"code", "architect", "ask", "debug", "orchestrator", "docs"}, slugs(map[string]any{"modes": a.call("list_modes", nil)["modes"]}))
	require.Equal(t, []any{"organization, in place of the built-in one", "built-in", "organization"}, []any{modes[0]["from"], modes[1]["from"], modes[5]["from"]})
	require.Equal(t, "Code Expert", modes[0]["permission_template"])
	require.NotContains(t, modes[0], "config")
	code := a.call("get_mode", map[string]any{"slug": "CODE"})
	require.Equal(t, "You code.", code["config"].(map[string]any)["roleDefinition"])
	require.Equal(t, map[string]any{"y": 1.0}, code["config"].(map[string]any)["x"], "a field that only newer editors know")
	require.NotEmpty(t, a.call("get_mode", map[string]any{"slug": "architect"})["config"].(map[string]any)["roleDefinition"])
	require.Contains(t, a.refused("get_mode", map[string]any{"slug": "nope"}), "there are code, architect")

	// The same objects as resources.
	resources, err := a.ListResources(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, resources.Resources, 6+6)
	for _, r := range resources.Resources {
		require.NotEmpty(t, a.read(r.URI)["name"], r.URI)
	}
	require.Equal(t, "Be <kind>.", a.read("orgmodes://templates/" + created["template_id"].(string))["default_system_prompt"])
	require.Equal(t, a.call("get_mode", map[string]any{"slug": "docs"}), a.read("orgmodes://modes/docs"))
	for _, uri := range []string{"orgmodes://templates/nope", "orgmodes://modes/nope", "orgmodes://else/x", "file:///etc/passwd"} {
		_, err = a.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: uri})
		require.Error(t, err, uri)
	}

	// The library is read for each message.
	s.do("DELETE", legacyPath+"/alone", s.write, "").ok(200)
	require.NotContains(t, names(listOfMaps(a.call("list_templates", nil)["templates"])), "alone")
	require.NotContains(t, s.log.String(), "level=ERROR")
}

func TestMCPStatesThatThereAreNoTemplates(t *testing.T) {
	t.Parallel()
	s := newSiteWithoutTemplates(t)
	a := s.agent(t, s.write)
	list := a.call("list_templates", nil)
	require.Equal(t, []any{}, list["templates"])
	require.Contains(t, list["note"], "That allows nothing")
	require.Contains(t, a.refused("get_template", map[string]any{"template": "Code Expert"}), "there is none")
}

func TestMCPIsLimitedToOrganizationOfToken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	created := s.template("Ours", "plan")
	other, err := s.db.Organization(t.Context(), "other")
	require.NoError(t, err)
	a := s.agent(t, s.token(s.stranger, other, "read"))
	require.NotContains(t, names(listOfMaps(a.call("list_templates", nil)["templates"])), "Ours")
	for _, ref := range []string{"Ours", created["template_id"].(string)} {
		require.NotContains(t, a.refused("get_template", map[string]any{"template": ref}), "plan")
		_, err := a.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "orgmodes://templates/" + ref})
		require.Error(t, err)
	}
	s.create("docs")
	a.refused("get_mode", map[string]any{"slug": "docs"})
	_, err = s.connect(s.token(s.stranger, other, "read"), "X-KiloCode-OrganizationId", s.acme.ID.String())
	require.Error(t, err)
}

// mcp sends a message as any HTTP client can.
func (s *site) mcp(token string, headers ...string) answer {
	s.t.Helper()
	return s.do("POST", "!/mcp", token, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, append([]string{"Accept", "application/json, text/event-stream"}, headers...)...)
}

func TestMCPRequiresToken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	require.Contains(t, string(s.mcp(s.write).ok(200).body), "list_templates", "the same door opens to a token")
	in := s.signIn("olive@acme.example", goodPassword).ok(201)
	cookie, _, _ := strings.Cut(in.header.Get("Set-Cookie"), ";")
	for name, a := range map[string]answer{
		"none": s.mcp(""), "made up": s.mcp("omt_k1_x"), "one that isn't known": s.mcp(s.keys.Mint()),
		"a session": s.mcp("", "Cookie", cookie, "X-CSRF-Token", in.json()["csrf_token"].(string)),
	} {
		require.Equal(t, 401, a.status, name)
		require.NotEmpty(t, a.header.Get("WWW-Authenticate"), name)
		require.NotContains(t, string(a.body), "jsonrpc", name)
		require.NotContains(t, string(a.body), "list_templates", name)
	}
	s.mcp(s.writeOnly()).problem(403, "forbidden")
	_, err := s.connect("omt_k1_x")
	require.Error(t, err)
	for _, method := range []string{"GET", "DELETE"} { // there are no sessions and no streams
		a := s.do(method, "!/mcp", s.write, "")
		a.problem(405, "method_not_allowed")
		require.Contains(t, a.header.Get("Allow"), "POST")
	}
	s.do("POST", "!/mcp", s.write, "{}", "Content-Type", "text/plain").problem(415, "unsupported_media_type")
	s.do("POST", "!/mcp", s.write, "{}").problem(400, "malformed_message")
	s.do("POST", "!/mcp", s.write, `"`+strings.Repeat("x", 300<<10)+`"`).problem(413, "body_too_large")
}

// TestMCPBatchIsRefused: one request with 400 calls used to get a response
// with 400 libraries.
func TestMCPBatchIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	call := `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"list_modes","arguments":{}}}`
	var calls []string
	for id := range 400 {
		calls = append(calls, fmt.Sprintf(call, id+1))
	}
	accept := []string{"Accept", "application/json, text/event-stream"}
	for _, body := range []string{"[" + strings.Join(calls, ",") + "]", "\n [" + calls[0] + "]", "[]"} {
		s.do("POST", "!/mcp", s.write, body, accept...).problem(400, "batch_refused")
	}
	s.do("POST", "!/mcp", s.write, calls[0], accept...).ok(200)
}

func TestMCPRefusesCrossOriginRequests(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, origin := range []string{"https://evil.example", "null", "http://localhost.evil.example", "https://localhost:8080"} {
		s.mcp(s.write, "Origin", origin).problem(403, "cross_origin")
	}
	s.mcp(s.write, "Origin", "http://localhost:8080").ok(200)

	// If users reach the server by a name, programs can use another one, but pages can't.
	public := newSite(t, func(o *admin.Options) {
		var err error
		o.Public, err = url.Parse("https://modes.example.com")
		require.NoError(t, err)
	})
	public.mcp(public.write).ok(200)
	public.mcp(public.write, "Origin", "https://modes.example.com").ok(200)
	for _, origin := range []string{"http://modes.example.com", "https://example.com", public.url} {
		public.mcp(public.write, "Origin", origin).problem(403, "cross_origin")
	}

	// A name that was made to resolve to this server: Host and Origin agree, but are
	// wrong.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/mcp", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
	require.NoError(t, err)
	req.Host = "evil.example"
	req.Header.Set("Authorization", "Bearer "+s.write)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	for _, origin := range []string{"", "http://evil.example"} {
		req.Header.Set("Origin", origin)
		res, err := s.client.Do(req.Clone(context.WithoutCancel(t.Context())))
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, 403, res.StatusCode, origin)
		req.Body, _ = req.GetBody()
	}
}

// An agent's response belongs to one organization: no cache is allowed to share it.
func TestMCPResponsesArePrivate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.create("docs")
	a := s.agent(t, s.write)
	resources, err := a.ListResources(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, "private", resources.CacheScope)
	for _, r := range resources.Resources {
		read, err := a.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: r.URI})
		require.NoError(t, err)
		require.Equal(t, "private", read.CacheScope, r.URI)
	}
	tools, err := a.ListTools(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, "private", tools.CacheScope)
	kinds, err := a.ListResourceTemplates(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, "private", kinds.CacheScope)
}
