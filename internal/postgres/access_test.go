package postgres_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
	"orgmodes/internal/token"
)

// member creates a user and makes them a member.
func (l *library) member(email, role string) uuid.UUID {
	l.t.Helper()
	id := l.user(email)
	require.NoError(l.t, l.db.AddMember(l.t.Context(), ada, l.org.ID, id, role))
	return id
}

func (l *library) record(id uuid.UUID) postgres.TokenRecord {
	l.t.Helper()
	r, err := l.db.TokenRecord(l.t.Context(), id)
	require.NoError(l.t, err)
	return r
}

// jobsOf counts the publish jobs of a version of a token.
func (l *library) jobsOf(id uuid.UUID, version int64) int64 {
	l.t.Helper()
	return l.count(`select count(*) from river_job where kind = 'publish_token' and args->>'token_id' = $1 and (args->>'version')::bigint = $2`, id.String(), version)
}

func TestReaddedMemberHasNoOldTokens(t *testing.T) {
	l := newLibrary(t)
	l.member("owner@example.com", "owner")
	bob := l.member("bob@example.com", "member")
	other, err := l.db.CreateOrganization(t.Context(), ada, "b", "B")
	require.NoError(t, err)
	require.NoError(t, l.db.AddMember(t.Context(), ada, other.ID, bob, "member"))
	only, whole := l.token(bob, l.org.ID)
	both, _ := l.token(bob, l.org.ID, other.ID)
	elsewhere, _ := l.token(bob, other.ID)

	require.NoError(t, l.db.RemoveMember(t.Context(), ada, l.org.ID, bob))
	require.True(t, l.record(only.ID).Revoked, "it named nothing else")
	require.EqualValues(t, 1, l.jobsOf(only.ID, 2), "published by a job of the same transaction")
	require.EqualValues(t, 1, l.jobsOf(both.ID, 2))
	require.EqualValues(t, 1, l.record(elsewhere.ID).Version, "what doesn't name it is left alone")
	require.EqualValues(t, 2, l.count(`select count(*) from audit_log where action = 'token.revoke' and organization_id = $1`, l.org.ID))

	require.NoError(t, l.db.AddMember(t.Context(), ada, l.org.ID, bob, "member"))
	require.True(t, l.record(only.ID).Revoked)
	require.Equal(t, []uuid.UUID{other.ID}, l.record(both.ID).Organizations)
	_, err = l.db.TokenByHash(t.Context(), token.HashOf([]byte(whole)))
	require.True(t, fault.Is(err, fault.NotFound))

	anew, _ := l.token(bob, l.org.ID)
	require.Equal(t, []uuid.UUID{l.org.ID}, l.record(anew.ID).Organizations, "a new one works")
}

// A member who was removed by an earlier release has still lost the organization in their
// tokens.
func TestMemberRemovedByEarlierReleaseHasNoOldTokens(t *testing.T) {
	l := newLibrary(t)
	bob := l.member("bob@example.com", "member")
	tok, _ := l.token(bob, l.org.ID)
	l.exec(`delete from members where user_id = $1`, bob)
	l.exec(`update tokens set version = version + 1`)
	require.NoError(t, l.db.AddMember(t.Context(), ada, l.org.ID, bob, "member"))
	require.Empty(t, l.record(tok.ID).Organizations)
}

func TestDisabledUserIsRefusedEverywhere(t *testing.T) {
	l := newLibrary(t)
	bob := l.member("bob@example.com", "owner")
	tok, whole := l.token(bob, l.org.ID)
	gone, _ := l.token(bob, l.org.ID)
	_, err := l.db.RevokeToken(t.Context(), ada, l.org.ID, gone.ID)
	require.NoError(t, err)
	require.NoError(t, l.db.CreateSession(t.Context(), []byte("hash"), bob, time.Now().Add(time.Hour)))

	changed, err := l.db.SetDisabled(t.Context(), ada, bob, true)
	require.NoError(t, err)
	require.True(t, changed)
	slugs, err := l.db.SoleOwnerships(t.Context(), bob)
	require.NoError(t, err)
	require.Equal(t, []string{"acme"}, slugs)
	require.Zero(t, l.count(`select count(*) from sessions`))
	_, err = l.db.TokenByHash(t.Context(), token.HashOf([]byte(whole)))
	require.True(t, fault.Is(err, fault.NotFound))
	rec := l.record(tok.ID)
	require.True(t, rec.Revoked && rec.Pending)
	require.EqualValues(t, 2, rec.Version)
	require.EqualValues(t, 1, l.jobsOf(tok.ID, 2), "a job of the same transaction publishes it")
	require.EqualValues(t, 2, l.record(gone.ID).Version, "what is revoked already is left alone")
	_, err = l.db.CreateToken(t.Context(), ada, postgres.NewToken{Token: "omt_k1_x", Name: "x", User: bob, Scopes: []string{"read"}, Organizations: []uuid.UUID{l.org.ID}})
	require.True(t, fault.Is(err, fault.Conflict), "%v", err)

	changed, err = l.db.SetDisabled(t.Context(), ada, bob, true)
	require.NoError(t, err)
	require.False(t, changed)
	require.EqualValues(t, 2, l.record(tok.ID).Version, "what changes nothing publishes nothing")

	_, err = l.db.SetDisabled(t.Context(), ada, bob, false)
	require.NoError(t, err)
	rec = l.record(tok.ID)
	require.False(t, rec.Revoked)
	require.EqualValues(t, 1, l.jobsOf(tok.ID, 3))
	require.Equal(t, []uuid.UUID{l.org.ID}, rec.Organizations)
	require.True(t, l.record(gone.ID).Revoked)
	_, err = l.db.Session(t.Context(), []byte("hash"))
	require.True(t, fault.Is(err, fault.NotFound), "no session comes back")
	require.EqualValues(t, 2, l.count(`select count(*) from audit_log where action = 'user.update' and after ? 'disabled'`))
}

func TestDisabledOwnerDoesNotCountAsOwner(t *testing.T) {
	l := newLibrary(t)
	a, b := l.member("a@example.com", "owner"), l.member("b@example.com", "owner")
	_, err := l.db.SetDisabled(t.Context(), ada, b, true)
	require.NoError(t, err)
	require.True(t, fault.Is(l.db.RemoveMember(t.Context(), ada, l.org.ID, a), fault.Conflict))
	require.NoError(t, l.db.RemoveMember(t.Context(), ada, l.org.ID, b))
}

// failureRecorder records the errors of Postgres, statement by statement.
type failureRecorder struct {
	mu    sync.Mutex
	codes []string
}

func (f *failureRecorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

func (f *failureRecorder) TraceQueryEnd(_ context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	var pg *pgconn.PgError
	if errors.As(data.Err, &pg) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.codes = append(f.codes, pg.Code)
	}
}

// barrier returns a check that waits until n callers have arrived, or one of them waits for
// a lock.
func (l *library) barrier(n int) func(string) error {
	var arrived sync.WaitGroup
	arrived.Add(n)
	all := make(chan struct{})
	go func() { arrived.Wait(); close(all) }()
	// A caller that isn't let in doesn't arrive: the test must not leak that goroutine.
	l.t.Cleanup(func() {
		for {
			select {
			case <-all:
				return
			default:
				arrived.Done()
			}
		}
	})
	return func(string) error {
		select {
		case <-all:
			return nil
		default:
		}
		arrived.Done()
		for {
			select {
			case <-all:
				return nil
			case <-time.After(5 * time.Millisecond):
			}
			if l.count(`select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`) > 0 {
				return nil
			}
		}
	}
}

func TestOwnersRemovingEachOtherDoNotDeadlock(t *testing.T) {
	l := newLibrary(t)
	a, b := l.member("a@example.com", "owner"), l.member("b@example.com", "owner")
	recorder := &failureRecorder{}
	db, err := postgres.Open(t.Context(), storetest.AppURL(t, l.owner), postgres.WithTracer(recorder))
	require.NoError(t, err)
	t.Cleanup(db.Close)
	check := l.barrier(2)
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i, id := range []uuid.UUID{a, b} {
		wg.Go(func() { errs[i] = db.RemoveMember(t.Context(), ada, l.org.ID, id, check) })
	}
	wg.Wait()
	require.Empty(t, recorder.codes, "locks are taken in one order")
	if errs[0] != nil {
		errs[0], errs[1] = errs[1], errs[0]
	}
	require.NoError(t, errs[0])
	require.True(t, fault.Is(errs[1], fault.Conflict), "%v", errs[1])
	require.EqualValues(t, 1, l.count(`select count(*) from members where role = 'owner'`))
}

// A transaction that Postgres ends in favor of another one is retried.
func TestDeadlockedTransactionIsRetried(t *testing.T) {
	l := newLibrary(t)
	l.exec(`create table lost (n integer)`)
	l.exec(`insert into lost values (2)`)
	l.exec(`create sequence lost_so_far`)
	l.exec(`create function lose() returns trigger language plpgsql security definer as $$
		begin
			if nextval('lost_so_far') <= (select n from lost) then raise exception 'deadlock' using errcode = '40P01'; end if;
			return new;
		end $$`)
	l.exec(`create trigger lose before insert on members for each row execute function lose()`)
	l.member("a@example.com", "owner")
	require.EqualValues(t, 3, l.count(`select last_value from lost_so_far`))
	require.EqualValues(t, 1, l.count(`select count(*) from audit_log where action = 'member.create'`))

	l.exec(`update lost set n = 1000`)
	err := l.db.AddMember(t.Context(), ada, l.org.ID, l.user("b@example.com"), "member")
	require.True(t, fault.Is(err, fault.Unavailable), "%v", err)
}

func TestWriteScopeRequiresReadScope(t *testing.T) {
	l := newLibrary(t)
	bob := l.member("bob@example.com", "owner")
	_, err := l.db.CreateToken(t.Context(), ada, postgres.NewToken{
		Token: "omt_k1_x", Name: "CI", User: bob, Scopes: []string{"write"}, Organizations: []uuid.UUID{l.org.ID},
	})
	f, ok := fault.As(err)
	require.True(t, ok, "%v", err)
	require.Equal(t, fault.Invalid, f.Kind)
	require.Equal(t, "/scopes", f.Fields[0].Pointer)
	require.Zero(t, l.count(`select count(*) from tokens`))
}

// The application's role can add events to history, but can't set their time or their order.
func TestApplicationCannotSetTimeOrOrderOfHistory(t *testing.T) {
	l := newLibrary(t)
	l.create("a")
	app, err := pgx.Connect(t.Context(), storetest.AppURL(t, l.owner))
	require.NoError(t, err)
	defer func() { _ = app.Close(context.WithoutCancel(t.Context())) }()
	_, err = app.Exec(t.Context(), `set role orgmodes_app`)
	require.NoError(t, err)
	const entry = `actor_kind, actor_id, actor_name, action, subject_kind, subject_id, subject_name, request_id, source`
	const values = `'user', 'x', 'x', 'mode.update', 'mode', 'x', 'x', 'x', 'x'`
	for statement, allowed := range map[string]bool{
		`insert into audit_log (` + entry + `) values (` + values + `)`:                                                                                                                         true,
		`insert into audit_log (occurred_at, ` + entry + `) values ('2020-01-01', ` + values + `)`:                                                                                              false,
		`insert into audit_log (id, ` + entry + `) overriding system value values (1, ` + values + `)`:                                                                                          false,
		`insert into versions select subject_kind, gen_random_uuid(), version, organization_id, revision, action, content, actor_kind, actor_id, actor_name, occurred_at from versions limit 1`: false,
		`insert into editions (number, renderer, builtins_sha256) overriding system value values (1000, 1, 'x')`:                                                                                false,
		`insert into editions (raised_at, renderer, builtins_sha256) values ('2020-01-01', 1, 'x')`:                                                                                             false,
		`insert into editions (renderer, builtins_sha256) values (1, 'x')`:                                                                                                                      true,
		`update editions set renderer = 9`:     false,
		`delete from editions`:                 false,
		`select setval('audit_log_id_seq', 1)`: false,
	} {
		_, err := app.Exec(t.Context(), statement)
		if allowed {
			require.NoError(t, err, statement)
			continue
		}
		var pg *pgconn.PgError
		require.ErrorAs(t, err, &pg, statement)
		require.Equal(t, "42501", pg.Code, "%s: %s", statement, pg.Message)
	}
}

func TestInvitationIsAccepted(t *testing.T) {
	l := newLibrary(t)
	ctx := t.Context()
	l.member("owner@example.com", "owner")
	made, err := l.db.Invite(ctx, ada, l.org.ID, " Bob@Example.com ", "admin")
	require.NoError(t, err)
	_, err = l.db.Invite(ctx, ada, l.org.ID, "bob@example.com", "member")
	require.ErrorContains(t, err, "invited already")
	_, err = l.db.Invite(ctx, ada, l.org.ID, "OWNER@example.com", "member")
	require.ErrorContains(t, err, "already a member")
	_, err = l.db.Invite(ctx, ada, l.org.ID, "nonsense", "member")
	require.True(t, fault.Is(err, fault.Invalid), "%v", err)

	bob, eve := l.user("bob@example.com"), l.user("eve@example.com")
	_, err = l.db.AcceptInvitation(ctx, ada, made.ID, eve)
	require.True(t, fault.Is(err, fault.NotFound), "it is another one's")
	require.True(t, fault.Is(l.db.DeclineInvitation(ctx, ada, made.ID, eve), fault.NotFound))
	mine, err := l.db.InvitationsForEmail(ctx, "bob@example.com")
	require.NoError(t, err)
	require.Len(t, mine, 1)
	require.Equal(t, "acme", mine[0].Slug)
	accepted, err := l.db.AcceptInvitation(ctx, ada, made.ID, bob)
	require.NoError(t, err)
	require.Equal(t, l.org.ID, accepted.OrganizationID)
	role, err := l.db.Role(ctx, l.org.ID, bob)
	require.NoError(t, err)
	require.Equal(t, "admin", role)
	_, err = l.db.AcceptInvitation(ctx, ada, made.ID, bob)
	require.True(t, fault.Is(err, fault.NotFound), "once")
	for action, n := range map[string]int64{"invitation.create": 1, "invitation.accept": 1, "member.create": 2} {
		require.Equal(t, n, l.count(`select count(*) from audit_log where organization_id = $1 and action = $2`, l.org.ID, action), action)
	}
}

func TestInvitationIsWithdrawnDeclinedOrExpires(t *testing.T) {
	l := newLibrary(t)
	ctx := t.Context()
	bob := l.user("bob@example.com")
	invite := func() uuid.UUID {
		made, err := l.db.Invite(ctx, ada, l.org.ID, "bob@example.com", "owner")
		require.NoError(t, err)
		return made.ID
	}
	refused := errors.New("refused")
	id := invite()
	require.ErrorIs(t, l.db.WithdrawInvitation(ctx, ada, l.org.ID, id, func(role string) error {
		require.Equal(t, "owner", role)
		return refused
	}), refused)
	other, err := l.db.CreateOrganization(ctx, ada, "b", "B")
	require.NoError(t, err)
	require.True(t, fault.Is(l.db.WithdrawInvitation(ctx, ada, other.ID, id), fault.NotFound), "another organization can't")
	require.NoError(t, l.db.WithdrawInvitation(ctx, ada, l.org.ID, id))
	_, err = l.db.AcceptInvitation(ctx, ada, id, bob)
	require.True(t, fault.Is(err, fault.NotFound))

	require.NoError(t, l.db.DeclineInvitation(ctx, ada, invite(), bob))

	id = invite()
	l.exec(`update invitations set expires_at = now()`)
	_, err = l.db.AcceptInvitation(ctx, ada, id, bob)
	require.True(t, fault.Is(err, fault.NotFound), "it has run out")
	pending, err := l.db.Invitations(ctx, l.org.ID)
	require.NoError(t, err)
	require.Empty(t, pending)
	invite() // it is in no one's way

	l.exec(`insert into invitations (organization_id, email, role, invited_by, expires_at)
		select $1, n || '@example.com', 'member', 'x', now() + interval '1 day' from generate_series(2, $2::int) n`, l.org.ID, postgres.MaxInvitations)
	_, err = l.db.Invite(ctx, ada, l.org.ID, "one-too-many@example.com", "member")
	require.True(t, fault.Is(err, fault.Conflict), "%v", err)
	require.Zero(t, l.count(`select count(*) from members`))
}

// statementRecorder records the statements sent to Postgres.
type statementRecorder struct {
	mu  sync.Mutex
	all []string
}

func (s *statementRecorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	first, _, _ := strings.Cut(data.SQL, "\n")
	s.all = append(s.all, first)
	return ctx
}

func (s *statementRecorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (s *statementRecorder) drain() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.all
	s.all = nil
	return all
}

func TestInviteStatementsDoNotRevealAccounts(t *testing.T) {
	l := newLibrary(t)
	l.user("bob@example.com")
	recorder := &statementRecorder{}
	db, err := postgres.Open(t.Context(), storetest.AppURL(t, l.owner), postgres.WithTracer(recorder))
	require.NoError(t, err)
	t.Cleanup(db.Close)
	ask := func(email string) []string {
		_, err := db.Invite(t.Context(), ada, l.org.ID, email, "member")
		require.NoError(t, err)
		return recorder.drain()
	}
	ask("warm@example.com")
	require.Equal(t, ask("bob@example.com"), ask("nobody@example.com"))
}

func TestMembershipsStatementsDoNotRevealOrganizations(t *testing.T) {
	l := newLibrary(t)
	bob := l.member("bob@example.com", "member")
	tok, _ := l.token(bob, l.org.ID)
	foreign, err := l.db.CreateOrganization(t.Context(), ada, "foreign", "Foreign")
	require.NoError(t, err)
	joined, err := l.db.CreateOrganization(t.Context(), ada, "joined", "Joined")
	require.NoError(t, err)
	require.NoError(t, l.db.AddMember(t.Context(), ada, joined.ID, bob, "member"))
	deleted, err := l.db.CreateOrganization(t.Context(), ada, "deleted", "Deleted")
	require.NoError(t, err)
	require.NoError(t, l.db.AddMember(t.Context(), ada, deleted.ID, bob, "member"))
	require.NoError(t, l.db.DeleteOrganization(t.Context(), ada, deleted.ID))

	find := func(db *postgres.DB, ref string, token uuid.UUID) []postgres.Membership {
		t.Helper()
		all, err := db.Memberships(t.Context(), bob, postgres.MembershipFilter{Ref: ref, Token: token})
		require.NoError(t, err)
		return all
	}
	found := find(l.db, "acme", tok.ID)
	require.Len(t, found, 1)
	require.Equal(t, l.org.ID, found[0].ID)
	require.Equal(t, "member", found[0].Role)
	require.Len(t, find(l.db, joined.ID.String(), uuid.Nil), 1, "without a token, all of the user's")
	require.Len(t, find(l.db, "", uuid.Nil), 2)
	require.Len(t, find(l.db, "", tok.ID), 1)
	all, err := l.db.Memberships(t.Context(), bob, postgres.MembershipFilter{Deleted: true})
	require.NoError(t, err)
	require.Len(t, all, 3)

	recorder := &statementRecorder{}
	db, err := postgres.Open(t.Context(), storetest.AppURL(t, l.owner), postgres.WithTracer(recorder))
	require.NoError(t, err)
	t.Cleanup(db.Close)
	find(db, "warm", tok.ID)
	want := recorder.drain()
	for _, ref := range []string{"absent", uuid.NewString(), "foreign", foreign.ID.String(), "joined", joined.ID.String(), "deleted"} {
		require.Empty(t, find(db, ref, tok.ID), ref)
		require.Equal(t, want[len(want)-1:], recorder.drain(), ref)
	}
}
