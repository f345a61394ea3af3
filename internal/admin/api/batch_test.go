package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// createModes creates modes and returns their ids.
func (s *site) createModes(slugs ...string) (ids []string) {
	s.t.Helper()
	for _, slug := range slugs {
		ids = append(ids, s.do("POST", "/modes", s.write, modeJSON(slug, "You write.")).ok(201).json()["id"].(string))
	}
	return ids
}

func deletionsOf(ids ...string) string {
	var list []string
	for _, id := range ids {
		list = append(list, fmt.Sprintf(`{"id":%q,"version":1}`, id))
	}
	return `{"deletions":[` + strings.Join(list, ",") + `]}`
}

func TestBatchDeleteIsAtomic(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ids := s.createModes("a", "b", "c", "d")
	entries := s.count("select count(*) from audit_log")
	a := s.do("POST", "/modes/deletions", s.write, deletionsOf(ids[:3]...)).ok(200)
	out := a.json()
	require.InDelta(t, 6, out["revision"], 0)
	require.Equal(t, `"`+s.acme.ID.String()+`.6"`, a.header.Get("ETag"))
	require.Equal(t, map[string]any{"id": ids[0], "name": "The a", "version": 2.0}, out["deleted"].([]any)[0])
	require.Equal(t, entries+3, s.count("select count(*) from audit_log"))

	// Sent again, by a client that got no answer: the problem explains what became of
	// each.
	p := s.do("POST", "/modes/deletions", s.write, deletionsOf(ids...)).problem(412, "version_conflict")
	require.Len(t, p["errors"], 3)
	require.Equal(t, map[string]any{"pointer": "/deletions/0", "detail": "The a was deleted by olive"}, p["errors"].([]any)[0])
	require.Empty(t, p["current"])
	require.Len(t, p["yours"].(map[string]any)["deletions"], 4)

	back := `{"restorations":[{"id":"` + ids[0] + `","version":2,"seen":2},{"id":"` + ids[2] + `","version":1,"seen":2}]}`
	s.do("POST", "/modes/restorations", s.write, back).ok(200)
	s.do("POST", "/modes/restorations", s.write, back).problem(412, "version_conflict")
	require.Equal(t, 3, s.count("select count(*) from organization_modes"))
	require.Equal(t, entries+5, s.count("select count(*) from audit_log"))

	s.do("PATCH", "/modes/d", s.write, `{"name":"Dora"}`).ok(200)
	p = s.do("POST", "/modes/deletions", s.write, deletionsOf(ids[3])).problem(412, "version_conflict")
	require.Equal(t, "Dora", p["current"].([]any)[0].(map[string]any)["name"])
	require.Equal(t, "Dora was changed by olive and is now at version 2", p["errors"].([]any)[0].(map[string]any)["detail"])
}

func TestBatchRequestValidation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.createModes("a")[0]
	for body, pointers := range map[string][]string{
		`{"deletions":[]}`: {"/deletions"},
		`{}`:               {"/deletions"},
		`{"deletions":[{"id":"x","version":0},{"id":"` + id + `","version":0}]}`:          {"/deletions/0/id", "/deletions/1/version"},
		`{"deletions":[{"id":"` + id + `","version":1},{"id":"` + id + `","version":1}]}`: {"/deletions/1/id"},
		`{"deletions":[{"id":"` + id + `","version":1,"seen":1}]}`:                        {"/deletions/0/seen"},
		`{"deletions":[{"id":"` + id + `","version":1}],"force":true}`:                    {"/force"},
	} {
		p := s.do("POST", "/modes/deletions", s.write, body).problem(422, "invalid_body")
		var got []string
		for _, e := range p["errors"].([]any) {
			got = append(got, e.(map[string]any)["pointer"].(string))
		}
		require.Equal(t, pointers, got, body)
	}
	p := s.do("POST", "/modes/deletions", s.write, deletionsOf(id, s.acme.ID.String())).problem(404, "not_found")
	require.Equal(t, "/deletions/1", p["errors"].([]any)[0].(map[string]any)["pointer"])
	require.Equal(t, 1, s.count("select count(*) from organization_modes"))
}

func TestTemplateBatchDelete(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var ids []string
	for _, one := range s.do("GET", "/templates", s.write, "").ok(200).json()["templates"].([]any) {
		ids = append(ids, one.(map[string]any)["template_id"].(string))
	}
	name := s.do("GET", "/templates/"+ids[1], s.write, "").ok(200).json()["name"].(string)
	s.do("POST", "/modes", s.write, `{"slug":"user","name":"User","config":{"roleDefinition":"r","groups":[],"permissionTemplate":"`+name+`"}}`).ok(201)
	p := s.do("POST", "/templates/deletions", s.write, deletionsOf(ids...)).problem(409, "template_in_use")
	require.Len(t, p["errors"], 1)
	require.Equal(t, "/deletions/1", p["errors"].([]any)[0].(map[string]any)["pointer"])
	s.do("POST", "/templates/deletions", s.write, deletionsOf(ids[0], ids[2])).ok(200)
	s.do("POST", "/templates/restorations", s.write, `{"restorations":[{"id":"`+ids[0]+`","version":1,"seen":2}]}`).ok(200)
	require.Equal(t, len(ids)-1, s.count("select count(*) from permission_templates where organization_id = $1", s.acme.ID))
}

func TestModeOrder(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ids := s.createModes("a", "b", "c")
	body := func(ids ...string) string {
		b, _ := json.Marshal(map[string]any{"ids": ids})
		return string(b)
	}
	slugs := func() (out string) {
		for _, m := range s.do("GET", "/modes", s.write, "").ok(200).json()["modes"].([]any) {
			out += m.(map[string]any)["slug"].(string)
		}
		return out
	}
	etag := s.do("GET", "/modes", s.write, "").header.Get("ETag")
	reordered := body(ids[2], ids[0], ids[1])
	s.do("PUT", "/modes/order", s.write, reordered).problem(428, "precondition_required")
	a := s.do("PUT", "/modes/order", s.write, reordered, "If-Match", etag).ok(200)
	require.Equal(t, "cab", slugs())
	require.Equal(t, a.header.Get("ETag"), s.do("GET", "/modes", s.write, "").header.Get("ETag"))

	// A late request gets the current order, and can continue with that.
	conflict := s.do("PUT", "/modes/order", s.write, body(ids...), "If-Match", etag)
	p := conflict.problem(412, "revision_conflict")
	require.Equal(t, map[string]any{"ids": []any{ids[2], ids[0], ids[1]}, "revision": 5.0}, p["current"])
	require.Equal(t, "cab", slugs())
	s.do("PUT", "/modes/order", s.write, body(ids...), "If-Match", conflict.header.Get("ETag")).ok(200)
	require.Equal(t, "abc", slugs())

	etag = s.do("GET", "/modes", s.write, "").header.Get("ETag")
	for body, pointers := range map[string][]string{
		body(ids[0], ids[1]):                                   {"/ids"},
		body(ids[0], ids[1], ids[1]):                           {"/ids/2", "/ids"},
		body(append(slices.Clone(ids), s.acme.ID.String())...): {"/ids/3"},
	} {
		p := s.do("PUT", "/modes/order", s.write, body, "If-Match", etag).problem(422, "invalid_order")
		var got []string
		for _, e := range p["errors"].([]any) {
			got = append(got, e.(map[string]any)["pointer"].(string))
		}
		require.Equal(t, pointers, got, body)
	}
	s.do("PUT", "/modes/order", s.write, `{"ids":["a"]}`, "If-Match", etag).problem(422, "invalid_body")
	s.do("PUT", "/modes/order", s.write, body(ids[:2]...), "If-Match", "*").problem(412, "revision_conflict")
	require.Equal(t, "abc", slugs())

	// Of several concurrent reorderings of the same list, one wins.
	answers := sendConcurrently(4, func(i int) answer {
		rotated := append(slices.Clone(ids[1+i%2:]), ids[:1+i%2]...)
		return s.do("PUT", "/modes/order", s.write, body(rotated...), "If-Match", etag)
	})
	winners := 0
	for _, a := range answers {
		if a.status == 200 {
			winners++
		} else {
			a.problem(412, "revision_conflict")
		}
	}
	require.Equal(t, 1, winners)
}
