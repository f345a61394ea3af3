package pubstore_test

import (
	"encoding/hex"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
)

// The log reports the time of a change that reduces a token's access, and of no other
// change. Access that is granted, or was revoked before, would measure nothing.
func TestLogReportsWhenTokenIsNarrowed(t *testing.T) {
	at := time.UnixMicro(1_700_000_000_123_456).UTC()
	is := func(revoked bool, orgs ...string) *pubstore.Token {
		r := record(0, revoked)
		r.Organizations = orgs
		return r
	}
	for name, steps := range map[string][]struct {
		record *pubstore.Token
		taken  bool
	}{
		"revoked":                     {{is(false, acme, other), false}, {is(true, acme, other), true}},
		"revoked before it was known": {{is(true, acme), true}},
		"revoked, then removed":       {{is(true, acme, other), true}, {is(true, acme), false}, {is(true), false}},
		"a member is removed": {
			{is(false, acme, other), false},
			{is(false, acme), true},
			{is(false), true},
			{is(false, acme), false},
			{is(false, other, acme), false},
		},
		"removed, then revoked": {{is(false, acme), false}, {is(false), true}, {is(true), true}},
		"nothing changes":       {{is(false, acme), false}, {is(false, acme), false}},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := filled(t)
			for i, step := range steps {
				step.record.Version, step.record.ChangedAt = int64(i+1), at.Add(time.Duration(i)*time.Second)
				out, err := s.PublishToken(t.Context(), step.record, pubstore.Reconciliation{})
				require.NoError(t, err)
				require.Equal(t, pubstore.Published, out.Status)
				got, err := s.ReadLog(t.Context(), out.N-1, time.Millisecond)
				require.NoError(t, err)
				require.Len(t, got, 1)
				want := time.Time{}
				if step.taken {
					want = step.record.ChangedAt
				}
				require.Equal(t, want, got[0].NarrowedAt, "step %d", i)

				// The time is not part of the record. Publishing the same version with another
				// time, or none, is a retry.
				step.record.ChangedAt = time.Time{}
				out, err = s.PublishToken(t.Context(), step.record, pubstore.Reconciliation{})
				require.NoError(t, err)
				require.Equal(t, pubstore.Unchanged, out.Status)
				back, err := s.Token(t.Context(), step.record.Hash)
				require.NoError(t, err)
				require.Zero(t, back.ChangedAt)
			}
		})
	}
}

// Entries by older workers don't report when access was reduced; they are read all the
// same. So are entries with a time that can't be parsed.
func TestLogEntriesWithoutNarrowedAtAreRead(t *testing.T) {
	r, s := filled(t)
	n, _, err := s.LogTail(t.Context())
	require.NoError(t, err)
	hash := "52a8a5d6d1d0ae5cdd5d5ae4d3ad8c27bd8c27bd52a8a5d6d1d0ae5cdd5d5ae4"
	for _, fields := range [][]string{nil, {"taken_at", "0"}, {"taken_at", "soon"}} {
		n++
		r.Do(append([]string{
			"XADD", "{om}:log", streamID(n), "kind", "token", "token", hash, "version", "1.2", "incarnation", "1",
		}, fields...)...)
		got, err := s.ReadLog(t.Context(), n-1, time.Millisecond)
		require.NoError(t, err)
		require.Equal(t, []pubstore.Entry{{
			N: n, Kind: pubstore.EntryToken, Incarnation: 1, Token: hashOf(t, hash), TokenVersion: "1.2",
		}}, got)
	}
}

func hashOf(t *testing.T, text string) (h token.Hash) {
	t.Helper()
	raw, err := hex.DecodeString(text)
	require.NoError(t, err)
	require.Equal(t, len(h), copy(h[:], raw))
	return h
}

func streamID(n int64) string { return strconv.FormatInt(n, 10) + "-0" }
