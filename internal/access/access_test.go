package access_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/access"
	"orgmodes/internal/fault"
)

func TestDecide(t *testing.T) {
	user := access.Principal{Kind: access.User}
	both := access.Principal{Kind: access.Token, Scopes: []string{"read", "write"}}
	reads := access.Principal{Kind: access.Token, Scopes: []string{"read"}}
	writes := access.Principal{Kind: access.Token, Scopes: []string{"write"}}
	owner, admin, member := access.Owner, access.Admin, access.Member
	do := func(a access.Action) access.Request { return access.Request{Action: a} }
	roles := func(own bool, r ...access.Role) access.Request {
		return access.Request{Action: access.ManageMembers, Own: own, Roles: r}
	}
	token := func(scopes ...string) access.Request {
		return access.Request{Action: access.CreateToken, Own: true, Scopes: scopes}
	}
	for _, c := range []struct {
		who  access.Principal
		role access.Role
		r    access.Request
		want bool
	}{
		{user, member, do(access.ReadLibrary), true},
		{user, member, do(access.ChangeLibrary), false},
		{user, admin, do(access.ChangeLibrary), true},
		{user, owner, do(access.ChangeLibrary), true},
		{reads, owner, do(access.ChangeLibrary), false},
		{both, owner, do(access.ChangeLibrary), true},
		{both, member, do(access.ChangeLibrary), false},
		{writes, owner, do(access.ReadLibrary), false},
		{writes, owner, do(access.ChangeLibrary), false},
		{writes, owner, roles(false, member), false},
		{writes, owner, access.Request{Action: access.RevokeToken, Own: true}, false},
		{user, member, do(access.ReadAudit), false},
		{user, admin, do(access.ReadAudit), true},

		{user, admin, roles(false, member), true},
		{user, admin, roles(false, owner), false},
		{user, admin, roles(false, admin, owner), false},
		{user, owner, roles(false, owner), true},
		{user, member, roles(false, member), false},
		{user, member, roles(true, member), true},
		{user, admin, roles(true, admin), true},
		{user, admin, roles(true, owner, admin), false},
		{reads, member, roles(true, member), false},

		{user, member, token("read"), true},
		{user, member, token("read", "write"), false},
		{user, admin, token("read", "write"), true},
		{writes, admin, token("read"), false},
		{both, admin, token("read", "write"), true},
		{both, member, token("write"), false},
		{user, member, do(access.ReadTokens), false},
		{user, member, access.Request{Action: access.ReadTokens, Own: true}, true},
		{user, member, do(access.RevokeToken), false},
		{user, member, access.Request{Action: access.RevokeToken, Own: true}, true},
		{user, owner, access.Request{Action: "fly"}, false},
	} {
		v := access.Decide(c.who, c.role, c.r)
		require.Equal(t, c.want, v.Allowed, "%v %v as %s: %+v", c.who.Kind, c.who.Scopes, c.role, c.r)
		require.Equal(t, c.want, v.Reason == "", "a refusal says why")
		require.Equal(t, !c.want, fault.Is(v.Err(), fault.Forbidden))
	}
	for _, a := range access.Actions() {
		require.True(t, access.Decide(access.Principal{Kind: access.Operator}, access.None, do(a)).Allowed)
		for _, principal := range []access.Principal{user, both} {
			v := access.Decide(principal, access.None, do(a))
			require.True(t, v.Hidden)
			require.Equal(t, access.NoSuchOrganization(), v.Err())
		}
	}
}

// A new action must never be allowed to every member by default.
func TestMemberPermissions(t *testing.T) {
	for _, a := range access.Actions() {
		v := access.Decide(access.Principal{Kind: access.User}, access.Member, access.Request{Action: a})
		open := a == access.ReadLibrary || a == access.ReadMembers || a == access.CreateToken
		require.Equal(t, open, v.Allowed, a)
	}
}
