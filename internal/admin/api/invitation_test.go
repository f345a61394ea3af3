package api_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// session signs a user in and returns the headers that authenticate requests.
func (s *site) session(email string) []string {
	s.t.Helper()
	in := s.signIn(email, goodPassword).ok(201)
	pair, _, _ := strings.Cut(in.header.Get("Set-Cookie"), ";")
	return []string{"Cookie", pair, "X-CSRF-Token", in.json()["csrf_token"].(string)}
}

func (s *site) invite(bearer, email, role string) answer {
	s.t.Helper()
	return s.do("POST", "/invitations", bearer, `{"email":"`+email+`","role":"`+role+`"}`)
}

func TestInvitations(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, mel := s.token(s.admin, s.acme, "read", "write"), s.token(s.member, s.acme, "read", "write")
	s.invite(mel, "stan@other.example", "member").problem(403, "forbidden")
	s.invite(ada, "stan@other.example", "owner").problem(403, "forbidden")
	s.invite(ada, "stan@other.example", "boss").problem(422, "invalid_member")
	s.invite(ada, "stan", "member").problem(422, "invalid_invitation")
	s.invite(ada, "mel@acme.example", "member").problem(409, "already_member")
	created := s.invite(ada, "STAN@other.example", "member").ok(201).json()
	s.invite(s.write, "stan@other.example", "owner").problem(409, "already_invited")
	require.Equal(t, 0, s.count("select count(*) from members where user_id = $1 and organization_id = $2", s.stranger.ID, s.acme.ID))

	list := s.do("GET", "/invitations", ada, "").ok(200).json()["invitations"].([]any)
	require.Len(t, list, 1)
	require.Equal(t, created, list[0])
	s.do("GET", "/invitations", mel, "").problem(403, "forbidden")

	stan := s.session("stan@other.example")
	received := s.do("GET", "!/api/v1/invitations", "", "", stan...).ok(200).json()["invitations"].([]any)
	require.Len(t, received, 1)
	require.Equal(t, "acme", received[0].(map[string]any)["organization"].(map[string]any)["slug"])
	require.Empty(t, s.do("GET", "!/api/v1/invitations", "", "", s.session("mel@acme.example")...).ok(200).json()["invitations"])

	path := "!/api/v1/invitations/" + created["id"].(string)
	s.do("POST", path+"/accept", ada, "").problem(403, "session_required")
	s.do("POST", path+"/accept", "", "", s.session("mel@acme.example")...).problem(404, "not_found")
	joined := s.do("POST", path+"/accept", "", "", stan...).ok(200).json()
	require.Equal(t, "member", joined["role"])
	s.do("GET", "/modes", "", "", stan...).ok(200)
	s.do("POST", path+"/accept", "", "", stan...).problem(404, "not_found")
	require.Equal(t, 1, s.count("select count(*) from audit_log where action = 'invitation.accept' and actor_id = $1", s.stranger.ID.String()))
}

func TestInvitationIsWithdrawnOrDeclined(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.token(s.admin, s.acme, "read", "write")
	created := s.invite(s.write, "stan@other.example", "owner").ok(201).json()
	s.do("DELETE", "/invitations/"+created["id"].(string), ada, "").problem(403, "forbidden")
	s.do("DELETE", "/invitations/"+created["id"].(string), s.write, "").ok(204)
	s.do("DELETE", "/invitations/"+created["id"].(string), s.write, "").problem(404, "not_found")
	s.do("DELETE", "/invitations/x", s.write, "").problem(404, "not_found")

	stan := s.session("stan@other.example")
	created = s.invite(ada, "stan@other.example", "member").ok(201).json()
	s.do("DELETE", "!/api/v1/invitations/"+created["id"].(string), "", "", stan...).ok(204)
	require.Empty(t, s.do("GET", "/invitations", ada, "").ok(200).json()["invitations"])
	require.Equal(t, 1, s.count("select count(*) from audit_log where action = 'invitation.decline'"))
}

// The inviting user doesn't learn which addresses have an account.
func TestInvitationDoesNotRevealAccounts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	existing := s.invite(s.write, "stan@other.example", "member").ok(201)
	absent := s.invite(s.write, "none@other.example", "member").ok(201)
	for _, name := range []string{"role", "invited_by"} {
		require.Equal(t, existing.json()[name], absent.json()[name])
	}
	require.Equal(t, slices.Sorted(maps.Keys(existing.json())), slices.Sorted(maps.Keys(absent.json())))
}
