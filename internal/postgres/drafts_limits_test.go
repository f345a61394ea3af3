package postgres_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/templates"
)

// fillDrafts inserts living drafts of an author directly, bypassing the limits.
func (l *library) fillDrafts(user uuid.UUID, n int) {
	l.t.Helper()
	l.exec(`insert into resource_drafts (organization_id, user_id, kind, subject, title, content, base_version, expires_at)
		select $1, $2, 'mode', gen_random_uuid(), 'Docs', '{}', 0, now() + interval '1 day' from generate_series(1, $3)`, l.org.ID, user, n)
}

func TestInvalidDraftContentIsRejected(t *testing.T) {
	l := newLibrary(t)
	bob := l.member("bob@example.com", "member")
	for name, c := range map[string]struct {
		title, content string
		kind           fault.Kind
		code           string
	}{
		"too large":           {"Docs", `"` + strings.Repeat("x", postgres.MaxDraftBytes-1) + `"`, fault.TooLarge, "draft_too_large"},
		"empty":               {"Docs", "", fault.Malformed, "malformed_json"},
		"no JSON":             {"Docs", "name: docs", fault.Malformed, "malformed_json"},
		"NUL":                 {"Docs", "\"\x00\"", fault.Malformed, "malformed_json"},
		"broken UTF-8":        {"Docs", "\"\xff\"", fault.Invalid, "invalid_text"},
		"a surrogate":         {"Docs", "\"\xed\xa0\x80\"", fault.Invalid, "invalid_text"},
		"NUL in title":        {"Do\x00cs", "1", fault.Invalid, "invalid_text"},
		"title, broken UTF-8": {"Docs\xff", "1", fault.Invalid, "invalid_text"},
	} {
		t.Run(name, func(t *testing.T) {
			d := l.newDraft(bob, c.content)
			d.Title = c.title
			_, err := l.db.StoreDraft(t.Context(), d)
			requireFault(t, err, c.kind, c.code)

			// The same applies to a draft that exists.
			d.Title, d.Content = "Docs", []byte(`"kept"`)
			kept := l.storeDraft(d)
			d.Title, d.Content, d.Edition = c.title, []byte(c.content), kept.Edition
			_, err = l.db.StoreDraft(t.Context(), d)
			requireFault(t, err, c.kind, c.code)
			l.requireDraft(kept)
		})
	}

	largest := l.storeDraft(l.newDraft(bob, `"`+strings.Repeat("x", postgres.MaxDraftBytes-2)+`"`))
	l.requireDraft(largest)
	nested := strings.Repeat("[", 9_999) + strings.Repeat("]", 9_999)
	l.requireDraft(l.storeDraft(l.newDraft(bob, nested)))

	long := l.newDraft(bob, `1`)
	long.Title = strings.Repeat("é", 201)
	require.Equal(t, strings.Repeat("é", 199)+"…", l.storeDraft(long).Title)

	unknown := l.newDraft(bob, `1`)
	unknown.Kind = "gizmo"
	_, err := l.db.StoreDraft(t.Context(), unknown)
	require.ErrorContains(t, err, "gizmo")
}

// An object that can be stored fits into a draft, even as text in which each character is
// escaped.
func TestLargestObjectFitsIntoDraft(t *testing.T) {
	require.GreaterOrEqual(t, postgres.MaxDraftBytes, modes.MaxBodyBytes)
	require.GreaterOrEqual(t, postgres.MaxDraftBytes, templates.MaxBodyBytes)
	object, err := json.Marshal(strings.Repeat("\x01", modes.MaxModeBytes))
	require.NoError(t, err)
	content, err := json.Marshal(map[string]string{"text": string(object)})
	require.NoError(t, err)
	require.Less(t, len(content), postgres.MaxDraftBytes)
}

func TestLivingDraftsOfAuthorAreLimited(t *testing.T) {
	l := newLibrary(t)
	bob, eve := l.member("bob@example.com", "member"), l.member("eve@example.com", "member")
	other, err := l.db.CreateOrganization(t.Context(), ada, "b", "B")
	require.NoError(t, err)
	require.NoError(t, l.db.AddMember(t.Context(), ada, other.ID, bob, "member"))
	l.fillDrafts(bob, postgres.MaxDrafts-1)
	last := l.storeDraft(l.newDraft(bob, `"last"`))

	_, err = l.db.StoreDraft(t.Context(), l.newDraft(bob, `1`))
	f := requireFault(t, err, fault.TooLarge, "too_many_drafts")
	require.Equal(t, "You have 500 drafts in this organization; you can have at most 500. Nothing was saved; apply or discard some first", f.Message)
	require.EqualValues(t, postgres.MaxDrafts, l.drafts())

	last = l.storeDraft(last)
	l.storeDraft(l.newDraft(eve, `1`))
	elsewhere := l.newDraft(bob, `1`)
	elsewhere.OrganizationID = other.ID
	l.storeDraft(elsewhere)

	// A discarded draft doesn't count until it is restored.
	require.NoError(t, l.db.DiscardDraft(t.Context(), last.DraftKey, last.Edition))
	l.storeDraft(l.newDraft(bob, `1`))
	_, err = l.db.RestoreDraft(t.Context(), last.DraftKey)
	requireFault(t, err, fault.TooLarge, "too_many_drafts")
	_, err = l.db.Draft(t.Context(), last.DraftKey)
	requireFault(t, err, fault.NotFound, "not_found")
}

// countBarrier makes each transaction that counted an author's drafts wait before it
// continues.
type countBarrier struct{ wait func(string) error }

type countsDrafts struct{}

func (countBarrier) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	return context.WithValue(ctx, countsDrafts{}, strings.Contains(data.SQL, "name: CountDrafts "))
}

func (a countBarrier) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) {
	if ctx.Value(countsDrafts{}) == true {
		_ = a.wait("")
	}
}

// Of two writers who each could still begin the last draft, the second waits for the first.
func TestConcurrentDraftsStayWithinLimit(t *testing.T) {
	l := newLibrary(t)
	bob := l.member("bob@example.com", "member")
	l.fillDrafts(bob, postgres.MaxDrafts-1)
	db, err := postgres.Open(t.Context(), storetest.AppURL(t, l.owner), postgres.WithTracer(countBarrier{l.barrier(2)}))
	require.NoError(t, err)
	t.Cleanup(db.Close)
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		wg.Go(func() { _, errs[i] = db.StoreDraft(t.Context(), l.newDraft(bob, `1`)) })
	}
	wg.Wait()
	if errs[0] != nil {
		errs[0], errs[1] = errs[1], errs[0]
	}
	require.NoError(t, errs[0])
	requireFault(t, errs[1], fault.TooLarge, "too_many_drafts")
	require.EqualValues(t, postgres.MaxDrafts, l.drafts())
}
