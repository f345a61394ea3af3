package api_test

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/audit"
)

func TestUnknownQueryParametersAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.create("docs")
	file := "customModes:\n- {slug: new, name: New, roleDefinition: r, groups: []}\n"
	yaml := []string{"Content-Type", "application/yaml"}
	before := s.count("select count(*) from audit_log")
	for query, says := range map[string]string{
		"dryrun=true": "the closest match is dry_run", "dry-run=true": "dry_run", "dryRun=true": "dry_run", "DRY_RUN=true": "dry_run",
		"dry_run=": "dry_run is empty", "dry_run": "dry_run is empty", "dry_run=true&dry_run=true": "dry_run is given twice", "only=": "only is empty",
		"x": "unknown parameter", "dry_run=%ff": "not valid UTF-8", "%00=1": "U+0000",
	} {
		p := s.do("POST", "/modes/import?"+query, s.write, file, yaml...).problem(400, "malformed_query")
		require.Contains(t, p["detail"], says, query)
	}
	for _, field := range []string{"dryrun", "dry-run", "Dry_run"} {
		body := "--x\r\nContent-Disposition: form-data; name=\"" + field + "\"\r\n\r\ntrue\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.yaml\"\r\n\r\n" + file + "\r\n--x--\r\n"
		p := s.do("POST", "/modes/import", s.write, body, "Content-Type", "multipart/form-data; boundary=x").problem(400, "malformed_query")
		require.Contains(t, p["detail"], "dry_run", field)
	}
	// Form fields next to the files are checked in the same way.
	form := "multipart/form-data; boundary=x"
	for value, says := range map[string]string{"\xff": "dry_run: this text is not valid UTF-8", "a\x00": "U+0000", "": "dry_run is empty"} {
		body := "--x\r\nContent-Disposition: form-data; name=\"dry_run\"\r\n\r\n" + value + "\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.yaml\"\r\n\r\n" + file + "\r\n--x--\r\n"
		p := s.do("POST", "/modes/import", s.write, body, "Content-Type", form).problem(400, "malformed_query")
		require.Contains(t, p["detail"], says)
	}
	for path, says := range map[string]string{
		"/audit?actions=mode.create":     "the closest match is action",
		"/audit?from=2026-05-01":         "unknown parameter",
		"/audit?action=mode.crete":       "the closest match is mode.create",
		"/audit?limit=1000":              "from 1 to 200",
		"/audit?limit=":                  "limit is empty",
		"/audit?actor=%ff":               "not valid UTF-8",
		"/audit?actor=a%00":              "U+0000",
		"/modes?Limit=5":                 "limit",
		"/modes?limit=5&limit=6":         "limit is given twice",
		"/modes?limit=501":               "from 1 to 500",
		"/modes/docs?pretty=1":           "has no parameters",
		"/modes/export?slugs=docs":       "the closest match is slug",
		"/templates/export?template=":    "template is empty",
		"/publication?wait=1":            "has no parameters",
		"!/api/v1/organizations?l=1":     "limit",
		"!/api/v1/openapi.json?pretty=1": "has no parameters",
	} {
		require.Contains(t, s.do("GET", path, s.write, "").problem(400, "malformed_query")["detail"], says, path)
	}
	require.Contains(t, s.do("POST", "!/api/v1/session?next=/", "", `{}`).problem(400, "malformed_query")["detail"], "has no parameters")
	for _, path := range []string{"/modes/%ff", "/modes/a%00", "/templates/%ff", "!/api/templates/%00", "!/api/v1/organizations/%ff/modes", "!/api/v1/%fe"} {
		s.do("GET", path, s.write, "").problem(400, "malformed_path")
	}
	require.Equal(t, before, s.count("select count(*) from audit_log"), "none of these changed anything")
	require.NotContains(t, s.log.String(), "level=ERROR")
	s.do("GET", "!/api/templates?page=1", s.write, "").ok(200) // existing clients can't be fixed
}

// TestOpenAPIHasEveryParameter sends each route a parameter that none accepts. It
// compares the parameters that the refusal lists with the description.
func TestOpenAPIHasEveryParameter(t *testing.T) {
	t.Parallel()
	s := newSite(t, withGadgets)
	d := loadOpenAPI()
	example := regexp.MustCompile(`\{(\w+)\}`)
	for path, item := range d["paths"].(map[string]any) {
		whole := d.fullPath(path)
		if !strings.HasPrefix(whole, "/api/v1/") {
			continue
		}
		for method, op := range item.(map[string]any) {
			if method == "parameters" || method == "servers" {
				continue
			}
			var described []string
			for _, p := range list(op.(map[string]any)["parameters"]) {
				if p := d.resolve(p).(map[string]any); p["in"] == "query" {
					described = append(described, p["name"].(string))
				}
			}
			at := "!" + strings.ReplaceAll(example.ReplaceAllString(whole, "x"), "/organizations/x", "/organizations/acme")
			p := s.do(strings.ToUpper(method), at+"?nowhere_taken=1", s.write, "").problem(400, "malformed_query")
			var accepted []string
			if _, names, ok := strings.Cut(p["detail"].(string), " (of "); ok {
				accepted = strings.Split(strings.TrimSuffix(names, ")"), ", ")
			}
			require.ElementsMatch(t, described, accepted, "%s %s", method, path)
		}
	}
}

// TestAuditFilterHasEveryRecordedAction makes every change that is recorded. It then
// filters an organization's log by each recorded action.
func TestAuditFilterHasEveryRecordedAction(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx, org := t.Context(), s.acme.ID
	library := func(noun, ref, id, created, changed, file, media string) {
		t.Helper()
		a := s.do("POST", "/"+noun, s.write, created).ok(201)
		created = fmt.Sprint(a.json()[id])
		a = s.do("PUT", "/"+noun+"/"+ref, s.write, changed, "If-Match", a.header.Get("ETag")).ok(200)
		s.do("DELETE", "/"+noun+"/"+ref, s.write, "", "If-Match", a.header.Get("ETag")).ok(204)
		s.do("POST", "/"+noun+"/"+created+"/versions/1/restore", s.write, "").ok(200)
		s.do("POST", "/"+noun+"/import", s.write, file, "Content-Type", media).ok(200)
	}
	library("modes", "docs", "id", modeJSON("docs", "You write."), modeJSON("docs", "You read."),
		"customModes:\n- {slug: new, name: New, roleDefinition: r, groups: []}\n", "application/yaml")
	library("templates", "docs", "template_id", `{"name":"docs","permission_mode":"plan"}`, `{"name":"docs","permission_mode":"default"}`,
		`[{"name":"new","permission_mode":"plan"}]`, "application/json")

	list := s.do("GET", "/modes", s.write, "").ok(200)
	var ids []string
	for _, m := range list.json()["modes"].([]any) {
		ids = append(ids, strconv.Quote(m.(map[string]any)["id"].(string)))
	}
	slices.Reverse(ids)
	s.do("PUT", "/modes/order", s.write, `{"ids": [`+strings.Join(ids, ",")+`]}`, "If-Match", list.header.Get("ETag")).ok(200)

	tok := fmt.Sprint(s.do("POST", "/tokens", s.write, `{"name":"x","scopes":["read"]}`).ok(201).json()["id"])
	s.do("DELETE", "/tokens/"+tok, s.write, "").ok(200)
	require.NoError(t, s.db.ChangeRole(ctx, operator, org, s.member.ID, "admin"))
	require.NoError(t, s.db.RemoveMember(ctx, operator, org, s.member.ID))
	for _, answer := range []func(id uuid.UUID) error{
		func(id uuid.UUID) error { return s.db.WithdrawInvitation(ctx, operator, org, id) },
		func(id uuid.UUID) error { return s.db.DeclineInvitation(ctx, operator, id, s.stranger.ID) },
		func(id uuid.UUID) error {
			_, err := s.db.AcceptInvitation(ctx, operator, id, s.stranger.ID)
			return err
		},
	} {
		invitation, err := s.db.Invite(ctx, operator, org, s.stranger.Email, "member")
		require.NoError(t, err)
		require.NoError(t, answer(invitation.ID))
	}

	recorded := map[string]bool{}
	for _, e := range s.do("GET", "/audit?limit=200", s.write, "").ok(200).json()["entries"].([]any) {
		recorded[e.(map[string]any)["action"].(string)] = true
	}
	for action := range recorded {
		require.Contains(t, audit.Actions(), action)
		found := s.do("GET", "/audit?action="+url.QueryEscape(action), s.write, "").ok(200).json()["entries"].([]any)
		require.NotEmpty(t, found, action)
		for _, e := range found {
			require.Equal(t, action, e.(map[string]any)["action"])
		}
	}

	// The others are in no organization's log: deleting an organization ends its log.
	require.NoError(t, s.db.SetPassword(ctx, operator, s.stranger.ID, "hash"))
	_, err := s.db.RaiseEpoch(ctx, operator, 2)
	require.NoError(t, err)
	require.NoError(t, s.db.DeleteOrganization(ctx, operator, org))
	for _, action := range audit.Actions() {
		n := s.count("select count(*) from audit_log where action = $1", action)
		require.Positive(t, n, "%s is listed, and recorded by nothing above", action)
		notInOrganization := strings.HasPrefix(action, "user.") || strings.HasPrefix(action, "installation.") || action == "organization.delete"
		require.Equal(t, !notInOrganization, recorded[action], "%s is in the organization's log", action)
	}
	require.Equal(t, len(audit.Actions()), s.count("select count(distinct action) from audit_log"), "what is recorded is listed")
}

func TestTokenRequestFieldNamesAreExact(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	before := s.count("select count(*) from tokens")
	for _, body := range []string{
		`{"name":"x","scopes":["read"],"Scopes":["read","write"]}`, `{"name":"x","scopes":["read"],"\u017fcopes":["write"]}`,
		`{"name":"x","scopes":["read"],"scopes":["write"]}`, `{"Name":"x"}`,
	} {
		s.do("POST", "/tokens", s.write, body).problem(422, "invalid_body")
	}
	errors := s.do("POST", "/modes/deletions", s.write, `{"deletions":[{"id":"x","version":1,"why":2}]}`).problem(422, "invalid_body")["errors"].([]any)
	require.Equal(t, "/deletions/0/why", errors[0].(map[string]any)["pointer"])
	require.NotContains(t, errors[0].(map[string]any)["detail"], "struct")
	require.Equal(t, before, s.count("select count(*) from tokens"))
}

// These 32 KB would expand to gigabytes. The body for a session is never parsed as
// YAML, and the parsing of YAML has a budget.
func TestSessionIsNotReadAsYAML(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	bomb := "a: &a " + strings.Repeat("x", 20_000) + "\nb: &b [" + strings.Repeat("*a,", 300) + "]\nc: [" + strings.Repeat("*b,", 300) + "]\nd: [" + strings.Repeat("1,", 5000) + "]\n"
	s.do("POST", "!/api/v1/session", "", bomb, "Content-Type", "application/yaml").problem(415, "unsupported_media_type")
	s.do("POST", "/modes", s.write, bomb, "Content-Type", "application/yaml").problem(413, "too_much_text")
	s.do("POST", "/modes/import", s.write, bomb, "Content-Type", "application/yaml").problem(413, "too_much_text")
}
