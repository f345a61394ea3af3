package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin/openapi"
	"orgmodes/internal/resource"
	"orgmodes/internal/resource/resourcetest"
)

// openAPI is the API's own description, decoded as far as tests need. It includes
// the kind registered by the tests.
type openAPI map[string]any

var loadOpenAPI = sync.OnceValue(func() openAPI {
	data, err := openapi.JSON([]resource.Kind{resourcetest.Kind{}})
	if err != nil {
		panic(err)
	}
	var d openAPI
	if err := json.Unmarshal(data, &d); err != nil {
		panic(err)
	}
	return d
})

// lookup follows names and returns nil if there is nothing.
func (d openAPI) lookup(names ...string) any {
	var v any = map[string]any(d)
	for _, n := range names {
		m, _ := v.(map[string]any)
		v = d.resolve(m[n])
	}
	return v
}

// resolve follows a $ref.
func (d openAPI) resolve(v any) any {
	m, _ := v.(map[string]any)
	ref, ok := m["$ref"].(string)
	if !ok {
		return v
	}
	return d.lookup(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
}

// fullPath returns a described path from the root. Most paths are below the common server;
// some declare another one.
func (d openAPI) fullPath(path string) string {
	servers := list(d["servers"])
	if own := list(d.lookup("paths", path, "servers")); len(own) > 0 {
		servers = own
	}
	base, _ := servers[0].(map[string]any)["url"].(string)
	return strings.TrimSuffix(base, "/") + path
}

// operation returns the description of a request, by its actual path.
func (d openAPI) operation(method, path string) map[string]any {
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	var best string
	paths, _ := d["paths"].(map[string]any)
	for template := range paths {
		if pathMatches(strings.Split(d.fullPath(template), "/"), parts) && (best == "" || strings.Count(template, "{") < strings.Count(best, "{")) {
			best = template
		}
	}
	op, _ := d.lookup("paths", best, strings.ToLower(method)).(map[string]any)
	return op
}

func pathMatches(template, parts []string) bool {
	return len(template) == len(parts) && !slices.ContainsFunc(template, func(t string) bool {
		i := slices.Index(template, t)
		return t != parts[i] && (!strings.HasPrefix(t, "{") || parts[i] == "")
	})
}

// check checks an answer against its description. Every test of the API thereby tests
// the description too.
func (d openAPI) check(t testing.TB, method, path string, a answer) {
	t.Helper()
	op := d.operation(method, path)
	if op == nil || method == "HEAD" {
		return // an undescribed path or method
	}
	responses, _ := op["responses"].(map[string]any)
	named := responses[strconv.Itoa(a.status)]
	if named == nil {
		require.Contains(t, []int{404, 405, 408, 431, 500, 503}, a.status, "%s %s can answer %d, which is not described", method, path, a.status)
		named = responses["default"]
	}
	response, _ := d.resolve(named).(map[string]any)
	content, _ := response["content"].(map[string]any)
	media, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	if content == nil {
		require.Empty(t, a.body, "%s %s %d", method, path, a.status)
		return
	}
	described, ok := content[media].(map[string]any)
	require.True(t, ok, "%s %s can answer %d as %s, which is not described", method, path, a.status, media)
	if !strings.HasSuffix(media, "json") || strings.HasSuffix(path, "/openapi.json") || strings.Contains(path, "/export") {
		return
	}
	var v any
	require.NoError(t, json.Unmarshal(a.body, &v))
	require.Empty(t, d.schemaErrors(described["schema"], v, ""), "%s %s %d", method, path, a.status)
	if media == "application/problem+json" {
		examples, _ := described["examples"].(map[string]any)
		code, _ := v.(map[string]any)["code"].(string)
		require.Contains(t, examples, code, "%s %s can answer %d with a code that has no example there", method, path, a.status)
	}
}

// schemaErrors returns where a value violates a schema. It supports the part of JSON Schema
// that the description uses.
func (d openAPI) schemaErrors(schema, v any, at string) []string {
	s, _ := d.resolve(schema).(map[string]any)
	var bad []string
	blame := func(format string, args ...any) { bad = append(bad, at+": "+fmt.Sprintf(format, args...)) }
	if one, ok := s["oneOf"].([]any); ok {
		n := 0
		for _, o := range one {
			if len(d.schemaErrors(o, v, at)) == 0 {
				n++
			}
		}
		if n != 1 {
			blame("fits %d of oneOf", n)
		}
	}
	if types := typesOf(s["type"]); len(types) > 0 && !slices.Contains(types, typeOf(v)) {
		blame("is %s, not %v", typeOf(v), types)
		return bad
	}
	if enum, ok := s["enum"].([]any); ok && !slices.Contains(enum, v) {
		blame("%v is none of %v", v, enum)
	}
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			if s["items"] != nil {
				bad = append(bad, d.schemaErrors(s["items"], e, fmt.Sprintf("%s/%d", at, i))...)
			}
		}
	case map[string]any:
		required, _ := s["required"].([]any)
		for _, name := range required {
			if _, ok := v[name.(string)]; !ok {
				blame("has no %v", name)
			}
		}
		properties, _ := s["properties"].(map[string]any)
		for name, e := range v {
			switch property, ok := properties[name]; {
			case ok:
				bad = append(bad, d.schemaErrors(property, e, at+"/"+name)...)
			case s["additionalProperties"] == false:
				blame("%s is not described", name)
			case s["additionalProperties"] != nil && s["additionalProperties"] != true:
				bad = append(bad, d.schemaErrors(s["additionalProperties"], e, at+"/"+name)...)
			}
		}
	}
	return bad
}

func typesOf(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var list []string
		for _, t := range v {
			list = append(list, t.(string))
		}
		return list
	}
	return nil
}

func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case float64:
		if v == float64(int64(v)) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	default:
		return "object"
	}
}
