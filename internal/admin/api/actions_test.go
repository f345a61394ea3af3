package api_test

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// action is an action of an object, and the client that it was listed for.
type action struct {
	ID, Method, Href, Reason string
	Enabled                  bool

	name    string
	headers []string
}

// walkActions passes each group of actions in an answer to found, one group per object.
func walkActions(v any, found func([]action)) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			walkActions(item, found)
		}
	case map[string]any:
		for name, member := range v {
			if list, ok := member.([]any); ok && name == "actions" {
				data, _ := json.Marshal(list)
				var all []action
				_ = json.Unmarshal(data, &all)
				found(all)
				continue
			}
			walkActions(member, found)
		}
	}
}

// An action that an object lists as enabled is authorized. One that it lists as not
// enabled is refused for the listed reason.
func TestListedActionsMatchAuthorization(t *testing.T) {
	s := newSite(t)
	s.create("poet")
	s.create("gone")
	s.do("DELETE", "/modes/gone", s.write, "", "If-Match", s.do("GET", "/modes/gone", s.write, "").header.Get("ETag")).ok(204)
	id, _ := s.template("Reads", "plan", "Read")["template_id"].(string)
	s.do("POST", "/invitations", s.write, `{"email":"new@acme.example","role":"admin"}`).ok(201)
	s.do("POST", "/invitations", s.write, `{"email":"boss@acme.example","role":"owner"}`).ok(201)
	s.do("POST", "/invitations", s.write, `{"email":"stan@other.example","role":"member"}`).ok(201)

	senders := map[string][]string{
		"a member":              s.session("mel@acme.example"),
		"an admin":              s.session("ada@acme.example"),
		"an owner":              s.session("olive@acme.example"),
		"somebody invited":      s.session("stan@other.example"),
		"a token that reads":    {"Authorization", "Bearer " + s.token(s.admin, s.acme, "read")},
		"a token that writes":   {"Authorization", "Bearer " + s.token(s.admin, s.acme, "read", "write")},
		"a token of a member's": {"Authorization", "Bearer " + s.token(s.member, s.acme, "read", "write")},
	}
	var all []action
	ids := map[string]bool{}
	for name, headers := range senders {
		for _, path := range []string{
			"!/api/v1/organizations", "", "/modes", "/modes?view=merged", "/modes/poet", "/modes/poet/versions", "/modes/poet/versions/1", "/modes/deleted",
			"/templates", "/templates/" + id, "/templates/" + id + "/versions", "/members", "/tokens", "/invitations", "!/api/v1/invitations",
		} {
			a := s.do("GET", path, "", "", headers...)
			if a.status != http.StatusOK {
				require.Contains(t, []int{403, 404}, a.status, "%s: %s", path, a.body)
				continue
			}
			walkActions(a.json(), func(list []action) {
				for _, one := range list {
					one.name, one.headers = name, headers
					all = append(all, one)
					ids[one.ID] = true
				}
			})
		}
	}
	for _, id := range []string{
		"update", "delete", "history", "restore", "move", "override", "resolve", "create_mode", "import_modes", "export_modes", "create_template",
		"import_templates", "export_templates", "apply", "watch", "read_audit", "export_audit", "read_members", "invite", "create_token",
		"change_role", "remove", "revoke", "withdraw", "accept", "decline",
	} {
		require.True(t, ids[id], "no object lists the action %s", id)
	}

	// Actions that make others impossible come last.
	last := func(a action) int {
		if a.Enabled && slices.Contains([]string{"remove", "revoke", "withdraw", "decline", "accept"}, a.ID) {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(all, func(a, b action) int { return cmp.Compare(last(a), last(b)) })
	type answered struct{ name, method, href string }
	sent := map[answered]bool{}
	for _, a := range all {
		key := answered{a.name, a.Method, a.Href}
		if sent[key] || a.ID == "watch" {
			continue
		}
		sent[key] = true
		// No action that needs a body or a version is completed: only its authorization
		// matters.
		body := ""
		if a.ID == "change_role" && !a.Enabled { // decided once the member's role is known
			body = `{"role":"member"}`
		}
		answer := s.do(a.Method, "!"+a.Href, "", body, append([]string{"If-Match", `"of no object"`}, a.headers...)...)
		switch {
		case !a.Enabled:
			require.NotEmpty(t, a.Reason, "%s: %s", a.name, a.ID)
			require.Equal(t, http.StatusForbidden, answer.status, "%s: %s %s: %s", a.name, a.ID, a.Href, answer.body)
			p := answer.problem(http.StatusForbidden, "forbidden")
			require.Equal(t, a.Reason, p["detail"], "%s: %s", a.name, a.ID)
		case last(a) == 0:
			require.Empty(t, a.Reason)
			require.NotContains(t, []int{401, 403, 404, 405}, answer.status, "%s: %s: %s", a.name, a.ID, answer.body)
		default: // the object can be gone by now
			require.NotEqual(t, http.StatusForbidden, answer.status, "%s: %s %s: %s", a.name, a.ID, a.Href, answer.body)
		}
	}
	require.Greater(t, len(sent), 150)
}

// Clients send back what they received.
func TestActionsInRequestAreIgnored(t *testing.T) {
	s := newSite(t)
	s.create("poet")
	id, _ := s.template("Reads", "plan", "Read")["template_id"].(string)
	for _, path := range []string{"/modes/poet", "/templates/" + id} {
		got := s.do("GET", path, s.write, "").ok(200)
		require.Contains(t, string(got.body), `"actions":[`)
		again := s.do("PUT", path, s.write, string(got.body), "If-Match", got.header.Get("ETag")).ok(200)
		require.Equal(t, got.header.Get("ETag"), again.header.Get("ETag"), "nothing changed")
		require.NotContains(t, string(s.do("GET", path+"/versions/1", s.write, "").ok(200).body), `"actions":[{"id":"update"`, "actions are no part of what is stored")
	}
}
