package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every GET with an ETag evaluates If-Match and then If-None-Match: RFC 9110, sections 13.1.1,
// 13.1.2 and 13.2.2.
func TestConditionalGetsAreEvaluated(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.do("POST", "/modes", s.write, modeJSON("docs", "x")).ok(201)
	const template = `{"name":"web","permission_mode":"default"}`
	created := s.do("POST", "!/api/templates", s.write, template)
	id, _ := created.json()["template_id"].(string)
	require.NotEmpty(t, id, "%s", created.body)
	for _, path := range []string{"/modes", "/modes/docs", "/templates", "/templates/" + id, "!/api/templates/" + id} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			full := s.do("GET", path, s.write, "").ok(200)
			tag := full.header.Get("ETag")
			require.NotEmpty(t, tag)
			for _, c := range []struct {
				name, match, noneMatch string
				status                 int
				code                   string
			}{
				{"the tag in If-None-Match", "", tag, 304, ""},
				{"a weak tag in If-None-Match", "", "W/" + tag, 304, ""},
				{"a list in If-None-Match", "", `"a", W/"b" ,` + tag, 304, ""},
				{"anything in If-None-Match", "", "*", 304, ""},
				{"another tag in If-None-Match", "", `"a"`, 200, ""},
				{"no tag in If-None-Match", "", tag[1 : len(tag)-1], 200, ""},
				{"the tag in If-Match", tag, "", 200, ""},
				{"a list in If-Match", `"a", ` + tag, "", 200, ""},
				{"anything in If-Match", "*", "", 200, ""},
				{"another tag in If-Match", `"a"`, "", 412, "version_conflict"},
				{"a weak tag in If-Match", "W/" + tag, "", 412, "weak_if_match"},
				{"a malformed If-Match", "a", "", 400, "malformed_if_match"},
				{"If-Match is first", `"a"`, tag, 412, "version_conflict"},
				{"both", tag, tag, 304, ""},
			} {
				for _, method := range []string{"GET", "HEAD"} {
					var headers []string
					if c.match != "" {
						headers = append(headers, "If-Match", c.match)
					}
					if c.noneMatch != "" {
						headers = append(headers, "If-None-Match", c.noneMatch)
					}
					a := s.do(method, path, s.write, "", headers...)
					a.t = t
					switch a.ok(c.status); c.status {
					case 200:
						require.Equal(t, tag, a.header.Get("ETag"), c.name)
						if method == "GET" {
							require.Equal(t, string(full.body), string(a.body), c.name)
						}
					case 304:
						require.Empty(t, a.body, c.name)
						require.Equal(t, cacheHeaders(full.header), cacheHeaders(a.header), c.name)
						require.Empty(t, a.header.Get("Content-Type"), c.name)
					default:
						if method == "GET" {
							a.problem(c.status, c.code)
						}
					}
				}
			}
		})
	}
	s.do("GET", "/modes/nope", s.write, "", "If-Match", `"a"`).problem(404, "not_found")
	s.do("GET", "/modes/deleted", s.write, "", "If-Match", `"a"`).ok(200) // has no ETag
}

// cacheHeaders returns the headers that a 304 must share with the 200 (RFC 9110, section
// 15.4.5).
func cacheHeaders(h http.Header) map[string][]string {
	out := map[string][]string{}
	for _, name := range []string{"Cache-Control", "Content-Location", "ETag", "Expires", "Vary"} {
		out[name] = h.Values(name)
	}
	return out
}

// A 304 would hide changes of what the ETag doesn't cover: the state of the publication and
// conditions.
func TestContentNotCoveredByETagIsNeverNotModified(t *testing.T) {
	t.Parallel()
	s := newSite(t, withGadgets)
	s.do("POST", "/gadgets", s.write, `{"kind": "Gadget", "metadata": {"name": "one"}, "spec": {}}`).ok(201)
	for _, path := range []string{"", "/gadgets"} {
		tag := s.do("GET", path, s.write, "").ok(200).header.Get("ETag")
		s.do("GET", path, s.write, "", "If-None-Match", tag).ok(200)
		s.do("GET", path, s.write, "", "If-Match", tag, "If-None-Match", "*").ok(200)
		s.do("GET", path, s.write, "", "If-Match", `"a"`).problem(412, "version_conflict")
	}
	one := s.do("GET", "/gadgets/one", s.write, "").ok(200)
	require.NotContains(t, one.json(), "status", "it has no references")
	s.do("GET", "/gadgets/one", s.write, "", "If-None-Match", one.header.Get("ETag")).ok(304)
	s.do("POST", "/gadgets", s.write, `{"kind": "Gadget", "metadata": {"name": "two"}, "spec": {"mode": "docs"}}`).ok(201)
	two := s.do("GET", "/gadgets/two", s.write, "").ok(200)
	require.NoError(t, s.db.EvaluateStatus(t.Context(), s.acme.ID, 1<<40))
	changed := s.do("GET", "/gadgets/two", s.write, "", "If-None-Match", two.header.Get("ETag")).ok(200)
	require.NotEqual(t, two.json()["status"], changed.json()["status"])
	require.Equal(t, two.header.Get("ETag"), changed.header.Get("ETag"))
}
