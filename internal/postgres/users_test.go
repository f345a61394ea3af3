package postgres_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
	"orgmodes/internal/token"
)

func (l *library) token(user uuid.UUID, orgs ...uuid.UUID) (postgres.Token, string) {
	l.t.Helper()
	keys, err := token.ParseKeys("k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE")
	require.NoError(l.t, err)
	whole := keys.Mint()
	tok, err := l.db.CreateToken(l.t.Context(), ada, postgres.NewToken{Token: whole, Name: "laptop", User: user, Scopes: []string{"read"}, Organizations: orgs})
	require.NoError(l.t, err)
	return tok, whole
}

func TestTokenGrantsOnlyMembershipsOfItsUser(t *testing.T) {
	l := newLibrary(t)
	bob := l.user("bob@example.com")
	require.NoError(t, l.db.AddMember(t.Context(), ada, l.org.ID, bob, "member"))
	tok, whole := l.token(bob, l.org.ID)
	require.NotContains(t, fmt.Sprint(l.count(`select count(*) from tokens where start = $1`, whole)), "1", "the token is not kept")
	found, err := l.db.TokenByHash(t.Context(), token.HashOf([]byte(whole)))
	require.NoError(t, err)
	require.Equal(t, tok.ID, found.ID)

	rec, err := l.db.TokenRecord(t.Context(), tok.ID)
	require.NoError(t, err)
	require.Equal(t, []uuid.UUID{l.org.ID}, rec.Organizations)
	require.EqualValues(t, 1, rec.Version)
	require.True(t, rec.Pending)

	owner := l.user("owner@example.com")
	require.NoError(t, l.db.AddMember(t.Context(), ada, l.org.ID, owner, "owner"))
	// A second organization, so that the token isn't revoked as a whole.
	other, err := l.db.CreateOrganization(t.Context(), ada, "b", "B")
	require.NoError(t, err)
	require.NoError(t, l.db.AddMember(t.Context(), ada, other.ID, bob, "member"))
	both, _ := l.token(bob, other.ID, l.org.ID)
	require.NoError(t, l.db.RemoveMember(t.Context(), ada, l.org.ID, bob))
	rec, err = l.db.TokenRecord(t.Context(), both.ID)
	require.NoError(t, err)
	require.Equal(t, []uuid.UUID{other.ID}, rec.Organizations, "a removed member's token doesn't open the organization")
	require.EqualValues(t, 2, rec.Version)
	require.Equal(t, both.CreatedAt, rec.ChangedAt, "the first change that isn't published")
	require.EqualValues(t, 4, l.count(`select count(*) from river_job where kind = 'publish_token'`))

	// Earlier releases left a removed member's tokens as they were.
	l.exec(`delete from members where organization_id = $1 and user_id = $2`, other.ID, bob)
	rec, err = l.db.TokenRecord(t.Context(), both.ID)
	require.NoError(t, err)
	require.Empty(t, rec.Organizations, "a token that names an organization doesn't open it without a membership")
}

func TestRevokedTokenStaysRevoked(t *testing.T) {
	l := newLibrary(t)
	bob := l.user("bob@example.com")
	require.NoError(t, l.db.AddMember(t.Context(), ada, l.org.ID, bob, "member"))
	tok, whole := l.token(bob, l.org.ID)
	other, err := l.db.CreateOrganization(t.Context(), ada, "b", "B")
	require.NoError(t, err)
	_, err = l.db.RevokeToken(t.Context(), ada, other.ID, tok.ID)
	require.True(t, fault.Is(err, fault.NotFound), "another organization can't")
	revoked, err := l.db.RevokeToken(t.Context(), ada, l.org.ID, tok.ID)
	require.NoError(t, err)
	require.EqualValues(t, 2, revoked.Version)
	again, err := l.db.RevokeToken(t.Context(), ada, l.org.ID, tok.ID)
	require.NoError(t, err)
	require.Equal(t, revoked, again)
	_, err = l.db.TokenByHash(t.Context(), token.HashOf([]byte(whole)))
	require.True(t, fault.Is(err, fault.NotFound))
	rec, err := l.db.TokenRecord(t.Context(), tok.ID)
	require.NoError(t, err)
	require.True(t, rec.Revoked)
	require.Equal(t, revoked.RevokedAt.UTC(), rec.ChangedAt)
	ok, err := l.db.MarkTokenPublished(t.Context(), tok.ID, rec.Version, rec.Installation)
	require.NoError(t, err)
	require.True(t, ok)
	rec, err = l.db.TokenRecord(t.Context(), tok.ID)
	require.NoError(t, err)
	require.Zero(t, rec.ChangedAt)
}

func TestTokenForNonMemberIsRejected(t *testing.T) {
	l := newLibrary(t)
	bob := l.user("bob@example.com")
	_, err := l.db.CreateToken(t.Context(), ada, postgres.NewToken{
		Token: "omt_k1_x", Name: "laptop", User: bob, Scopes: []string{"read"}, Organizations: []uuid.UUID{l.org.ID},
	})
	require.True(t, fault.Is(err, fault.Invalid), "%v", err)
	require.Zero(t, l.count(`select count(*) from tokens`))
}

func TestLastOwnerCannotBeRemovedOrDemoted(t *testing.T) {
	l := newLibrary(t)
	a, b := l.user("a@example.com"), l.user("b@example.com")
	require.NoError(t, l.db.AddMember(t.Context(), ada, l.org.ID, a, "owner"))
	require.True(t, fault.Is(l.db.RemoveMember(t.Context(), ada, l.org.ID, a), fault.Conflict))
	require.True(t, fault.Is(l.db.ChangeRole(t.Context(), ada, l.org.ID, a, "member"), fault.Conflict))
	require.NoError(t, l.db.AddMember(t.Context(), ada, l.org.ID, b, "owner"))
	// Two owners remove each other concurrently: one of them stays.
	var wg sync.WaitGroup
	for _, id := range []uuid.UUID{a, b} {
		wg.Go(func() { _ = l.db.RemoveMember(t.Context(), ada, l.org.ID, id) })
	}
	wg.Wait()
	require.EqualValues(t, 1, l.count(`select count(*) from members where role = 'owner'`))
}

func TestInvalidUsersAndMembersAreRejectedWithFields(t *testing.T) {
	l := newLibrary(t)
	l.user("bob@example.com")
	for _, c := range []struct {
		email, name, want string
	}{
		{"BOB@example.com", "Bob", "already exists"},
		{"nonsense", "Bob", "email address"},
		{"c@example.com", "  ", "1-100 characters"},
		{"c@example.com", strings.Repeat("x", 101), "1-100 characters"},
		{"c@exam\x00ple.com", "Bob", "can't be stored"},
	} {
		_, err := l.db.CreateUser(t.Context(), ada, c.email, c.name, "")
		_, ok := fault.As(err)
		require.True(t, ok, "%v", err)
		require.ErrorContains(t, err, c.want)
	}
	for slug, want := range map[string]string{
		"acme": "already exists", "A": "lower-case", "": "lower-case", "-a": "lower-case", strings.Repeat("a", 51): "lower-case",
		"0b9f6f0e-0000-4000-8000-00000000ada0": "form of an id",
	} {
		_, err := l.db.CreateOrganization(t.Context(), ada, slug, "Name")
		require.ErrorContains(t, err, want, "%q", slug)
	}
	require.ErrorContains(t, l.db.AddMember(t.Context(), ada, l.org.ID, l.user("d@example.com"), "boss"), "owner, admin or member")
}

func TestSessionIsCreatedFoundAndEnded(t *testing.T) {
	l := newLibrary(t)
	bob := l.user("bob@example.com")
	require.NoError(t, l.db.CreateSession(t.Context(), []byte("hash"), bob, time.Now().Add(time.Hour)))
	s, err := l.db.Session(t.Context(), []byte("hash"))
	require.NoError(t, err)
	require.Equal(t, bob, s.User.ID)
	require.NoError(t, l.db.SetPassword(t.Context(), ada, bob, "$argon2id$..."))
	_, err = l.db.Session(t.Context(), []byte("hash"))
	require.True(t, fault.Is(err, fault.NotFound), "another password ends all sessions")
	require.NoError(t, l.db.CreateSession(t.Context(), []byte("old"), bob, time.Now().Add(-time.Second)))
	_, err = l.db.Session(t.Context(), []byte("old"))
	require.True(t, fault.Is(err, fault.NotFound), "an expired session is none")
}
