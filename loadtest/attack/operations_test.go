package attack

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"orgmodes/internal/admin"
	"orgmodes/internal/admin/openapi"
)

// operation is one method and path of admin, with its inputs as listed in the OpenAPI
// description or the routes.
type operation struct {
	method string
	// path has its parameters as {name}.
	path string
	// media lists the media types of the body; pages take forms.
	media []string
	// query lists the query parameters.
	query []string
	page  bool
}

// described lists the operations of the OpenAPI description.
func (s *site) described() []operation {
	s.t.Helper()
	var d struct {
		Servers []struct{ URL string }
		Paths   map[string]map[string]yaml.Node
		// Components holds the parameters that operations refer to.
		Components struct {
			Parameters map[string]struct{ Name, In string }
		}
	}
	written, err := openapi.YAML(nil)
	require.NoError(s.t, err)
	require.NoError(s.t, yaml.Unmarshal(written, &d))
	var list []operation
	for path, item := range d.Paths {
		base := d.Servers[0].URL
		if node, ok := item["servers"]; ok {
			var own []struct{ URL string }
			require.NoError(s.t, node.Decode(&own))
			base = own[0].URL
		}
		for method, node := range item {
			if method == "servers" || method == "parameters" {
				continue
			}
			var described struct {
				RequestBody struct{ Content map[string]any } `yaml:"requestBody"`
				Parameters  []map[string]string
			}
			require.NoError(s.t, node.Decode(&described), path)
			op := operation{method: strings.ToUpper(method), path: strings.TrimSuffix(base, "/") + path}
			for media := range described.RequestBody.Content {
				op.media = append(op.media, media)
			}
			for _, p := range described.Parameters {
				param := d.Components.Parameters[strings.TrimPrefix(p["$ref"], "#/components/parameters/")]
				if param.In == "query" {
					op.query = append(op.query, param.Name)
				}
			}
			slices.Sort(op.media)
			list = append(list, op)
		}
	}
	// Sort operations that need no sign-in first.
	rank := func(o operation) string {
		if o.path == "/api/v1/session" {
			return " " + o.method
		}
		return o.path + o.method
	}
	slices.SortFunc(list, func(a, b operation) int { return strings.Compare(rank(a), rank(b)) })
	require.Greater(s.t, len(list), 40)
	return list
}

// pages lists the routes that are not in the OpenAPI description.
func (s *site) pages() []operation {
	s.t.Helper()
	public, err := url.Parse("http://localhost:8080")
	require.NoError(s.t, err)
	app, err := admin.New(admin.Options{DB: s.db, Keys: s.keys, Public: public})
	require.NoError(s.t, err)
	query := []string{
		"q", "query", "search", "cursor", "before", "after", "page", "limit", "action", "actor", "subject", "since", "until",
		"from", "to", "version", "return", "tab", "view", "slug", "format", "sort", "state", "field", "mode", "base", "kind",
	}
	var list []operation
	for _, r := range app.GetRoutes(true) {
		if strings.HasPrefix(r.Path, "/api/") || r.Path == "/mcp" || r.Method != http.MethodGet && r.Method != http.MethodPost {
			continue
		}
		op := operation{method: r.Method, path: strings.TrimSuffix(r.Path, "/"), query: query, page: true}
		if op.path == "" {
			op.path = "/"
		}
		for _, name := range r.Params {
			op.path = strings.Replace(op.path, ":"+name, "{"+name+"}", 1)
		}
		if r.Method == http.MethodPost {
			op.media = []string{mediaForm}
		}
		list = append(list, op)
	}
	require.Greater(s.t, len(list), 20)
	return list
}

// parameters lists the names of the path's parameters.
func (o operation) parameters() (names []string) {
	for part := range strings.SplitSeq(o.path, "{") {
		if name, _, ok := strings.Cut(part, "}"); ok {
			names = append(names, name)
		}
	}
	return names
}

// pathFor returns the operation's path with the tenant's values for its parameters, except those
// in other.
func (o operation) pathFor(tn tenant, other map[string]string) string {
	values := map[string]string{
		"org": tn.org.Slug, "mode": "target", "template": "target", "version": "1", "user": tn.member.id.String(),
		"token": tn.writeID.String(), "client": "kilo", "entry": "1", "file": "app.css",
	}
	path := o.path
	for _, name := range o.parameters() {
		value, ok := other[name]
		if !ok {
			value = values[name]
		}
		path = strings.Replace(path, "{"+name+"}", value, 1)
	}
	return path
}

// request returns a request for the operation with a body, sent as the given sender.
func (o operation) request(tn tenant, media string, body []byte, as sender) request {
	r := request{method: o.method, path: o.pathFor(tn, nil), media: media, body: body, as: as, header: map[string]string{"If-Match": "*"}}
	if o.path == "/mcp" {
		r.header = map[string]string{"Accept": "application/json, text/event-stream"}
	}
	return r
}

func (o operation) String() string { return fmt.Sprint(o.method, " ", o.path) }
