package pubstore_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
)

// A Redis that isn't the one that was filled refuses ordinary writes.
func TestUnknownRedisRefusesOrdinaryWrites(t *testing.T) {
	fenced := func(t *testing.T, s *pubstore.Store) {
		t.Helper()
		require.Equal(t, pubstore.Fenced, publish(t.Context(), t, s, newDocument(t, acme, version(9))).Status)
		out, err := s.PublishToken(t.Context(), record(9, false), pubstore.Reconciliation{})
		require.NoError(t, err)
		require.Equal(t, pubstore.Fenced, out.Status)
	}
	t.Run("new", func(t *testing.T) {
		s := open(t, storetest.Redis(t))
		fenced(t, s)
		_, err := s.Document(t.Context(), acme)
		require.ErrorIs(t, err, pubstore.ErrNotFilled, "what is missing from it was not deleted")
		st, err := s.State(t.Context())
		require.NoError(t, err)
		require.Equal(t, pubstore.State{Fill: pubstore.NotFilled}, st)
	})
	t.Run("flushed", func(t *testing.T) {
		r, s := filled(t)
		publish(t.Context(), t, s, newDocument(t, acme, version(1)))
		r.FlushAll()
		fenced(t, s)
		_, _, err := s.Versions(t.Context(), []string{acme})
		require.ErrorIs(t, err, pubstore.ErrNotFilled)
		_, _, err = s.LogTail(t.Context())
		require.ErrorIs(t, err, pubstore.ErrNotFilled)
	})
	t.Run("restarted", func(t *testing.T) {
		r, s := filled(t)
		r.Restart()
		fenced(t, s)
	})
	t.Run("promoted", func(t *testing.T) {
		primary := storetest.Redis(t)
		s := open(t, primary)
		fill(t, s, 1)
		publish(t.Context(), t, s, newDocument(t, acme, version(1)))
		replica := storetest.Redis(t, storetest.ReplicaOf(primary))
		primary.Kill()
		replica.Promote()
		p := open(t, replica)
		fenced(t, p)
		st, err := p.State(t.Context())
		require.NoError(t, err)
		require.Equal(t, pubstore.State{Fill: pubstore.Replaced, Incarnation: 1, Epoch: 1}, st)
		d, err := p.Document(t.Context(), acme)
		require.NoError(t, err, "what it has is still served")
		require.Equal(t, version(1), d.Version)

		fill(t, p, 2)
		require.Equal(t, pubstore.Published, publish(t.Context(), t, p, newDocument(t, acme, version(2))).Status)
	})
}

func TestReconciliationWritesBehindFence(t *testing.T) {
	s := open(t, storetest.Redis(t))
	rec := begin(t, s, 1)
	out, err := s.PublishDocument(t.Context(), newDocument(t, acme, version(4)), rec)
	require.NoError(t, err)
	require.Equal(t, pubstore.Published, out.Status)
	require.EqualValues(t, 1, out.Incarnation)
	out, err = s.PublishToken(t.Context(), record(3, true), rec)
	require.NoError(t, err)
	require.Equal(t, pubstore.Published, out.Status)
	require.Equal(t, pubstore.Fenced, publish(t.Context(), t, s, newDocument(t, other, version(1))).Status, "others still wait")

	index, err := s.ListVersions(t.Context(), []string{acme, other})
	require.NoError(t, err)
	require.Equal(t, []pubstore.Version{version(4), {}}, index)
	versions, err := s.ListTokenVersions(t.Context(), []token.Hash{record(3, true).Hash, token.HashOf(nil)})
	require.NoError(t, err)
	require.Equal(t, []pubstore.TokenVersion{{Epoch: 1, Version: 3, Revoked: true}, {}}, versions)

	out, err = s.FinishReconcile(t.Context(), rec, 1)
	require.NoError(t, err)
	require.Equal(t, pubstore.Published, out.Status)
	log, err := s.ReadLog(t.Context(), 0, time.Millisecond)
	require.NoError(t, err)
	require.Equal(t, []pubstore.Entry{{N: out.N, Kind: pubstore.EntryResync, Incarnation: 1}}, log, "one entry stands for all")
	require.Equal(t, pubstore.Published, publish(t.Context(), t, s, newDocument(t, other, version(1))).Status)
}

// A Redis that was disturbed during a reconciliation must not count as filled.
func TestInterruptedReconciliationDoesNotFinish(t *testing.T) {
	finish := func(t *testing.T, s *pubstore.Store, rec pubstore.Reconciliation) pubstore.Status {
		t.Helper()
		out, err := s.FinishReconcile(t.Context(), rec, 1)
		require.NoError(t, err)
		return out.Status
	}
	t.Run("flushed", func(t *testing.T) {
		r, s := filled(t)
		rec := begin(t, s, 2)
		r.FlushAll()
		require.Equal(t, pubstore.Fenced, finish(t, s, rec))
	})
	t.Run("restarted", func(t *testing.T) {
		r, s := filled(t)
		rec := begin(t, s, 2)
		r.Restart()
		require.Equal(t, pubstore.Fenced, finish(t, s, rec))
	})
	t.Run("promoted", func(t *testing.T) {
		primary := storetest.Redis(t)
		s := open(t, primary)
		rec := begin(t, s, 2)
		replica := storetest.Redis(t, storetest.ReplicaOf(primary)) // has {om}:rec too
		primary.Kill()
		replica.Promote()
		require.Equal(t, pubstore.Fenced, finish(t, open(t, replica), rec))
	})
	t.Run("another began", func(t *testing.T) {
		_, s := filled(t)
		rec := begin(t, s, 2)
		second := begin(t, s, 3)
		require.Equal(t, pubstore.Fenced, finish(t, s, rec))
		out, err := s.PublishDocument(t.Context(), newDocument(t, acme, version(1)), rec)
		require.NoError(t, err)
		require.Equal(t, pubstore.Fenced, out.Status)
		require.Equal(t, pubstore.Published, finish(t, s, second))
	})
	t.Run("older incarnation", func(t *testing.T) {
		_, s := filled(t)
		fill(t, s, 5)
		for _, n := range []int64{4, 5} {
			_, status, err := s.BeginReconcile(t.Context(), n)
			require.NoError(t, err)
			require.Equal(t, pubstore.Older, status)
		}
	})
}

// A reader waits for the entry after its last one. It must receive the resync even
// if the log that it followed is lost.
func TestResyncEntryFollowsAllLoggedEntries(t *testing.T) {
	r, s := filled(t)
	publish(t.Context(), t, s, newDocument(t, acme, version(1)))
	last, _, err := s.LogTail(t.Context())
	require.NoError(t, err)
	r.FlushAll()
	fill(t, s, 2)
	got, err := s.ReadLog(t.Context(), last, time.Millisecond)
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, pubstore.EntryResync, got[0].Kind)
	require.Greater(t, got[0].N, last+1, "and it shows as a gap")

	// Only the log is lost, or only the counter.
	for _, key := range []string{"{om}:log", "{om}:meta"} {
		last, _, err = s.LogTail(t.Context())
		require.NoError(t, err)
		r.Do("DEL", key)
		fill(t, s, last) // any greater incarnation
		got, err = s.ReadLog(t.Context(), last, time.Millisecond)
		require.NoError(t, err)
		require.NotEmpty(t, got, key)
		require.Equal(t, pubstore.EntryResync, got[len(got)-1].Kind)
	}
}

func TestPrefixSeparatesInstallations(t *testing.T) {
	r, s := filled(t)
	elsewhere, err := pubstore.Open(r.URL, pubstore.Options{Prefix: "b", Timeout: storetest.WaitTimeout})
	require.NoError(t, err)
	t.Cleanup(func() { _ = elsewhere.Close() })
	publish(t.Context(), t, s, newDocument(t, acme, version(1)))
	_, err = elsewhere.Document(t.Context(), acme)
	require.ErrorIs(t, err, pubstore.ErrNotFilled)
}

func TestOpenErrorHidesPassword(t *testing.T) {
	_, err := pubstore.Open("rediss://user:secret@host:x/0", pubstore.Options{})
	require.ErrorContains(t, err, "redis://")
	require.NotContains(t, err.Error(), "secret")
}
