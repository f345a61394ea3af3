package api_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin"
	"orgmodes/internal/postgres"
)

// routes lists the routes of an organization, as registered in the app. So routes added
// later are tested too.
func routes(t *testing.T, s *site) [][2]string {
	t.Helper()
	public, err := url.Parse("http://localhost:8080")
	require.NoError(t, err)
	app, err := admin.New(admin.Options{DB: s.db, Keys: s.keys, Public: public})
	require.NoError(t, err)
	var list [][2]string
	for _, r := range app.GetRoutes(true) {
		if strings.HasPrefix(r.Path, "/api/v1/organizations/:org") && r.Method != fiber.MethodHead {
			list = append(list, [2]string{r.Method, r.Path})
		}
	}
	require.GreaterOrEqual(t, len(list), 23)
	return list
}

// fillPath replaces a route's parameters by objects that exist in Acme.
func fillPath(s *site, path, mode, token string) string {
	return strings.NewReplacer(":org", s.acme.ID.String(), ":mode", mode, ":template", "Code%20Expert", ":version", "1", ":client", "roo-code", ":user", s.member.ID.String(), ":token", token, ":invitation", uuid.NewString()).Replace(path)
}

// TestOtherTenantIsInvisible requires every route to answer "not found" to the owner
// of another organization, with a session and with a token.
func TestOtherTenantIsInvisible(t *testing.T) {
	s := newSite(t)
	mode := s.do("POST", "/modes", s.write, modeJSON("docs", "You write.")).ok(201).json()["id"].(string)
	tokens, _, err := s.db.Tokens(t.Context(), s.acme.ID, postgres.TokenFilter{Limit: 100})
	require.NoError(t, err)
	other, err := s.db.Organization(t.Context(), "other")
	require.NoError(t, err)
	foreign := s.token(s.stranger, other, "read", "write")
	// A member of both, with a token for the other organization only.
	require.NoError(t, s.db.AddMember(t.Context(), operator, other.ID, s.owner.ID, "owner"))
	otherToken := s.token(s.owner, other, "read", "write")
	unknown := s.do("GET", "!/api/v1/organizations/"+uuid.NewString(), foreign, "").json()["detail"]
	in := s.signIn("stan@other.example", goodPassword).ok(201)
	cookie, _, _ := strings.Cut(in.header.Get("Set-Cookie"), ";")
	csrf := in.json()["csrf_token"].(string)

	before := s.count("select count(*) from audit_log")
	for _, r := range routes(t, s) {
		for sender, bearer := range map[string]string{"stranger": foreign, "token for elsewhere": otherToken, "signed-in stranger": ""} {
			t.Run(r[0]+" "+r[1]+" "+sender, func(t *testing.T) {
				headers := []string{"If-Match", "*"}
				if bearer == "" {
					headers = append(headers, "Cookie", cookie, "X-CSRF-Token", csrf)
				}
				a := s.do(r[0], "!"+fillPath(s, r[1], mode, tokens[0].ID.String()), bearer, "{}", headers...)
				a.t = t
				p := a.problem(404, "organization_not_found")
				require.Equal(t, unknown, p["detail"], "the answer for one that isn't there")
			})
		}
		t.Run(r[0]+" "+r[1]+" nobody", func(t *testing.T) {
			a := s.do(r[0], "!"+fillPath(s, r[1], mode, tokens[0].ID.String()), "", "{}")
			a.t = t
			a.problem(401, "unauthenticated")
			require.Equal(t, `Bearer realm="orgmodes"`, a.header.Get("WWW-Authenticate"))
		})
	}
	require.Equal(t, before, s.count("select count(*) from audit_log"))

	// IDs of one organization can't be used below another's path.
	for _, path := range []string{"/modes/" + mode, "/modes/" + mode + "/versions", "/modes/" + mode + "/versions/1", "/modes/" + mode + "/diff?from=1"} {
		s.do("GET", "!/api/v1/organizations/other"+path, foreign, "").problem(404, "not_found")
	}
	s.do("POST", "!/api/v1/organizations/other/modes/"+mode+"/versions/1/restore", foreign, "").problem(404, "not_found")
	s.do("DELETE", "!/api/v1/organizations/other/tokens/"+tokens[0].ID.String(), foreign, "").problem(404, "not_found")
	s.do("DELETE", "!/api/v1/organizations/other/members/"+s.member.ID.String(), foreign, "").problem(404, "not_found")
	require.Empty(t, s.do("GET", "!/api/v1/organizations/other/audit?subject="+mode, foreign, "").ok(200).json()["entries"])
}

// TestPermissionsOfRoles tests every route with every role and scope. An allowed request
// passes authorization: its answer is not 401, 403 or that of a hidden organization.
func TestPermissionsOfRoles(t *testing.T) {
	s := newSite(t)
	mode := s.do("POST", "/modes", s.write, modeJSON("docs", "You write.")).ok(201).json()["id"].(string)
	tokens, _, err := s.db.Tokens(t.Context(), s.acme.ID, postgres.TokenFilter{Limit: 100})
	require.NoError(t, err)

	// The minimum permission, by route: r for every member's read scope, w for every
	// member's write scope, R and W for an owner's or admin's.
	needs := map[string]string{
		"GET /api/v1/organizations/:org":                                                "r",
		"GET /api/v1/organizations/:org/publication":                                    "r",
		"POST /api/v1/organizations/:org/apply":                                         "W",
		"GET /api/v1/organizations/:org/watch":                                          "r",
		"GET /api/v1/organizations/:org/modes":                                          "r",
		"POST /api/v1/organizations/:org/modes":                                         "W",
		"POST /api/v1/organizations/:org/modes/import":                                  "W",
		"GET /api/v1/organizations/:org/modes/export":                                   "r",
		"GET /api/v1/organizations/:org/modes/deleted":                                  "r",
		"POST /api/v1/organizations/:org/modes/deletions":                               "W",
		"POST /api/v1/organizations/:org/modes/restorations":                            "W",
		"PUT /api/v1/organizations/:org/modes/order":                                    "W",
		"GET /api/v1/organizations/:org/modes/:mode":                                    "r",
		"PUT /api/v1/organizations/:org/modes/:mode":                                    "W",
		"PATCH /api/v1/organizations/:org/modes/:mode":                                  "W",
		"DELETE /api/v1/organizations/:org/modes/:mode":                                 "W",
		"GET /api/v1/organizations/:org/modes/:mode/versions":                           "r",
		"GET /api/v1/organizations/:org/modes/:mode/versions/:version":                  "r",
		"POST /api/v1/organizations/:org/modes/:mode/versions/:version/restore":         "W",
		"GET /api/v1/organizations/:org/modes/:mode/diff":                               "r",
		"GET /api/v1/organizations/:org/modes/:mode/advice":                             "r",
		"GET /api/v1/organizations/:org/modes/:mode/clients":                            "r",
		"GET /api/v1/organizations/:org/modes/:mode/clients/:client":                    "r",
		"GET /api/v1/organizations/:org/templates":                                      "r",
		"POST /api/v1/organizations/:org/templates":                                     "W",
		"POST /api/v1/organizations/:org/templates/import":                              "W",
		"GET /api/v1/organizations/:org/templates/export":                               "r",
		"GET /api/v1/organizations/:org/templates/deleted":                              "r",
		"POST /api/v1/organizations/:org/templates/deletions":                           "W",
		"POST /api/v1/organizations/:org/templates/restorations":                        "W",
		"GET /api/v1/organizations/:org/templates/tools":                                "r",
		"POST /api/v1/organizations/:org/templates/defaults":                            "W",
		"GET /api/v1/organizations/:org/templates/:template":                            "r",
		"PUT /api/v1/organizations/:org/templates/:template":                            "W",
		"PATCH /api/v1/organizations/:org/templates/:template":                          "W",
		"DELETE /api/v1/organizations/:org/templates/:template":                         "W",
		"GET /api/v1/organizations/:org/templates/:template/versions":                   "r",
		"GET /api/v1/organizations/:org/templates/:template/versions/:version":          "r",
		"POST /api/v1/organizations/:org/templates/:template/versions/:version/restore": "W",
		"GET /api/v1/organizations/:org/templates/:template/diff":                       "r",
		"POST /api/v1/organizations/:org/templates/:template/resolve":                   "r",
		"GET /api/v1/organizations/:org/audit":                                          "R",
		"GET /api/v1/organizations/:org/audit/export":                                   "R",
		"GET /api/v1/organizations/:org/members":                                        "r",
		"GET /api/v1/organizations/:org/invitations":                                    "W",
		"POST /api/v1/organizations/:org/invitations":                                   "W",
		"DELETE /api/v1/organizations/:org/invitations/:invitation":                     "W",
		"PUT /api/v1/organizations/:org/members/:user":                                  "W",
		"DELETE /api/v1/organizations/:org/members/:user":                               "w", // oneself
		"GET /api/v1/organizations/:org/tokens":                                         "r",
		"POST /api/v1/organizations/:org/tokens":                                        "w",
		"DELETE /api/v1/organizations/:org/tokens/:token":                               "w",
	}
	people := []struct {
		user    postgres.User
		scope   string
		manages bool
	}{
		{s.owner, "read", true},
		{s.owner, "write", true},
		{s.admin, "read", true},
		{s.admin, "write", true},
		{s.member, "read", false},
		{s.member, "write", false},
	}
	for _, sender := range people {
		scopes := []string{"read"}
		if sender.scope == "write" {
			scopes = append(scopes, "write")
		}
		bearer := s.token(sender.user, s.acme, scopes...)
		for _, r := range routes(t, s) {
			need, ok := needs[r[0]+" "+r[1]]
			require.True(t, ok, "%s %s is missing here: who may do that?", r[0], r[1])
			t.Run(sender.user.Name+" "+sender.scope+" "+r[0]+" "+r[1], func(t *testing.T) {
				// The body and the precondition match nothing, so that no allowed request changes
				// anything. No stream begins with the Last-Event-ID.
				a := s.do(r[0], "!"+fillPath(s, r[1], mode, tokens[0].ID.String()), bearer, "{", "If-Match", `"none"`, "Last-Event-ID", "none", "Content-Type", "application/json")
				a.t = t
				may := (strings.EqualFold(need, "r") || sender.scope == "write") && (need == strings.ToLower(need) || sender.manages)
				switch {
				case !may:
					a.problem(403, "forbidden")
				case r[0] == "DELETE" && (strings.Contains(r[1], "/tokens/") || strings.Contains(r[1], "/members/") || strings.Contains(r[1], "/invitations/")):
					// These have no precondition: separate tests cover them.
				default:
					require.NotContains(t, []int{401, 403, 404}, a.status, "%s", a.body)
				}
			})
			if need == "w" && r[0] == "DELETE" { // restore what an allowed request has ended
				_ = s.db.AddMember(t.Context(), operator, s.acme.ID, s.member.ID, "member")
				bearer = s.token(sender.user, s.acme, scopes...)
			}
		}
	}
}
