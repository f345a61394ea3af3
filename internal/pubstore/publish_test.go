package pubstore_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
)

func TestDocumentRoundTrip(t *testing.T) {
	_, s := filled(t)
	d := newDocument(t, acme, version(3))
	require.Equal(t, pubstore.Published, publish(t.Context(), t, s, d).Status)
	got, err := s.Document(t.Context(), acme)
	require.NoError(t, err)
	require.Equal(t, d, got)
	for _, r := range got.Representations {
		body, err := r.Identity()
		require.NoError(t, err)
		require.Len(t, body, r.Length)
	}
	_, err = s.Document(t.Context(), other)
	require.ErrorIs(t, err, pubstore.ErrAbsent)
}

func TestTombstoneRoundTrip(t *testing.T) {
	_, s := filled(t)
	publish(t.Context(), t, s, newDocument(t, acme, version(1)))
	gone := &pubstore.Document{Organization: acme, Version: version(2), CommittedAt: time.Unix(1, 0).UTC(), Deleted: true, Representations: []pubstore.Representation{}}
	require.Equal(t, pubstore.Published, publish(t.Context(), t, s, gone).Status)
	got, err := s.Document(t.Context(), acme)
	require.NoError(t, err)
	require.Equal(t, gone, got, "nothing of the document before is left")
	require.Equal(t, pubstore.Older, publish(t.Context(), t, s, newDocument(t, acme, version(1))).Status, "an older document does not bring it back")
}

// TestOlderVersionNeverReplacesNewer checks that the newest publication received so far is stored,
// whatever the order in which publications arrive.
func TestOlderVersionNeverReplacesNewer(t *testing.T) {
	_, s := filled(t)
	var versions []pubstore.Version
	for e := range int64(2) {
		for r := range int64(6) {
			for ed := range int64(2) {
				versions = append(versions, pubstore.Version{Epoch: e + 1, Revision: r + 1, Edition: ed + 1})
			}
		}
	}
	for round := range 10 {
		org := "00000000-0000-4000-8000-0000000000" + string(rune('a'+round)) + "0"
		rng := rand.New(rand.NewPCG(1, uint64(round)))
		rng.Shuffle(len(versions), func(i, j int) { versions[i], versions[j] = versions[j], versions[i] })
		var newest pubstore.Version
		for _, v := range versions {
			out := publish(t.Context(), t, s, newDocument(t, org, v))
			if v.Compare(newest) > 0 {
				require.Equal(t, pubstore.Published, out.Status, "%s after %s", v, newest)
				newest = v
			} else {
				require.Equal(t, pubstore.Older, out.Status, "%s after %s", v, newest)
				require.Equal(t, newest.String(), out.Before)
			}
			got, err := s.Document(t.Context(), org)
			require.NoError(t, err)
			require.Equal(t, newest, got.Version)
		}
	}
}

func TestConcurrentPublicationsLeaveNewest(t *testing.T) {
	_, s := filled(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, r := range rand.Perm(30) {
				publish(t.Context(), t, s, newDocument(t, acme, version(int64(r+1))))
			}
		})
	}
	wg.Wait()
	got, err := s.Document(t.Context(), acme)
	require.NoError(t, err)
	require.Equal(t, newDocument(t, acme, version(30)), got)
}

func TestSameVersionIsUnchangedOrConflict(t *testing.T) {
	_, s := filled(t)
	first := publish(t.Context(), t, s, newDocument(t, acme, version(1), "one"))
	require.NotZero(t, first.N)
	again := publish(t.Context(), t, s, newDocument(t, acme, version(1), "one"))
	require.Equal(t, pubstore.Unchanged, again.Status)
	require.Zero(t, again.N, "a retry is not logged again")
	_, err := s.PublishDocument(t.Context(), newDocument(t, acme, version(1), "two"), pubstore.Reconciliation{})
	require.ErrorIs(t, err, pubstore.ErrConflict)
	got, err := s.Document(t.Context(), acme)
	require.NoError(t, err)
	require.Equal(t, newDocument(t, acme, version(1), "one"), got)
}

func TestLogIsContiguousAndNamesPublications(t *testing.T) {
	_, s := filled(t)
	start, incarnation, err := s.LogTail(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, incarnation)
	publish(t.Context(), t, s, newDocument(t, acme, version(1)))
	publish(t.Context(), t, s, newDocument(t, acme, version(1)))
	_, err = s.PublishToken(t.Context(), record(1, false), pubstore.Reconciliation{})
	require.NoError(t, err)
	publish(t.Context(), t, s, newDocument(t, other, version(7)))

	got, err := s.ReadLog(t.Context(), start, time.Millisecond)
	require.NoError(t, err)
	at := time.Unix(1_700_000_000, 0).UTC()
	require.Equal(t, []pubstore.Entry{
		{N: start + 1, Kind: pubstore.EntryDocument, Incarnation: 1, Organization: acme, Version: version(1), CommittedAt: at},
		{N: start + 2, Kind: pubstore.EntryToken, Incarnation: 1, Token: token.HashOf([]byte("a token")), TokenVersion: "1.1"},
		{N: start + 3, Kind: pubstore.EntryDocument, Incarnation: 1, Organization: other, Version: version(7), CommittedAt: at},
	}, got)
	none, err := s.ReadLog(t.Context(), start+3, time.Millisecond)
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestTokenRecordRoundTripAndRevocationIsFinal(t *testing.T) {
	_, s := filled(t)
	put := func(tok *pubstore.Token) pubstore.Status {
		out, err := s.PublishToken(t.Context(), tok, pubstore.Reconciliation{})
		require.NoError(t, err)
		return out.Status
	}
	require.Equal(t, pubstore.Published, put(record(1, false)))
	got, err := s.Token(t.Context(), record(1, false).Hash)
	require.NoError(t, err)
	require.Equal(t, record(1, false), got)
	require.Equal(t, pubstore.Unchanged, put(record(1, false)))
	require.Equal(t, pubstore.Published, put(record(2, true)))
	require.Equal(t, pubstore.Older, put(record(1, false)))
	got, err = s.Token(t.Context(), record(1, false).Hash)
	require.NoError(t, err)
	require.True(t, got.Revoked)
	require.False(t, got.Grants(acme, time.Unix(0, 0)))

	_, err = s.PublishToken(t.Context(), record(2, false), pubstore.Reconciliation{})
	require.ErrorIs(t, err, pubstore.ErrConflict)
	_, err = s.Token(t.Context(), token.HashOf([]byte("another")))
	require.ErrorIs(t, err, pubstore.ErrAbsent)
}

func TestTokenGrants(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	tok := record(1, false)
	require.True(t, tok.Grants(acme, now))
	require.False(t, tok.Grants("00000000-0000-4000-8000-000000000001", now))
	require.False(t, tok.Grants(acme, tok.ExpiresAt), "it has expired at its expiry")
	tok.ExpiresAt = time.Time{}
	require.True(t, tok.Grants(acme, now.AddDate(100, 0, 0)))
}

func TestIncompleteDocumentIsAnError(t *testing.T) {
	for field, value := range map[string]string{
		"version": "1.2", "committed_at": "soon", "index": "{", "r0.yaml:gzip": "short",
	} {
		r, s := filled(t)
		publish(t.Context(), t, s, newDocument(t, acme, version(1)))
		r.Do("HSET", "{om}:doc:"+acme, field, value)
		_, err := s.Document(t.Context(), acme)
		require.Error(t, err, field)
		require.NotErrorIs(t, err, pubstore.ErrAbsent)
	}
}

// An unavailable Redis does not mean that an object is absent.
func TestUnavailableRedisIsNotAbsence(t *testing.T) {
	r := storetest.Redis(t)
	s := open(t, r)
	fill(t, s, 1)
	r.Kill()
	_, err := s.Document(t.Context(), acme)
	require.Error(t, err)
	require.NotErrorIs(t, err, pubstore.ErrAbsent)
	require.NotErrorIs(t, err, pubstore.ErrNotFilled)
	_, err = s.Token(t.Context(), token.HashOf(nil))
	require.Error(t, err)
	require.NotErrorIs(t, err, pubstore.ErrAbsent)
}
