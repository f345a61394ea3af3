package worker_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/postgres"
	"orgmodes/internal/token"
)

// Uses that readers report reach Postgres, where admins see them, even if a worker has just
// taken over.
func TestTokenUsageReachesPostgres(t *testing.T) {
	w := newWorld(t)
	tok, hash := w.token(w.member("bob@example.com"))
	_, unused := w.token(w.member("eve@example.com"))
	note := func(at time.Time) {
		require.NoError(t, w.store.RecordUsage(t.Context(), map[token.Hash]time.Time{hash: at, {1}: at}))
	}
	used := func(want time.Time) {
		w.await(func() error {
			all, _, err := w.db.Tokens(t.Context(), w.org.ID, postgres.TokenFilter{Limit: 100})
			if err != nil {
				return err
			}
			for _, one := range all {
				if one.ID != tok.ID {
					require.Nil(t, one.LastUsedAt, "%x was never used", unused)
				} else if one.LastUsedAt == nil || !one.LastUsedAt.Equal(want) {
					err = fmt.Errorf("it was used at %v, want %s", one.LastUsedAt, want)
				}
			}
			return err
		})
	}
	first := time.Now().Add(-time.Hour).Truncate(time.Minute)
	note(first)
	_, stop := w.startWorker()
	used(first)
	stop()
	// A use some minutes later counts as the same; one half an hour later does not.
	require.NoError(t, w.db.RecordTokenUse(t.Context(), map[token.Hash]time.Time{hash: first.Add(9 * time.Minute)}))
	used(first)
	note(first.Add(30 * time.Minute))
	w.startWorker()
	used(first.Add(30 * time.Minute))
	// An older report, and a reader whose clock is ahead.
	require.NoError(t, w.db.RecordTokenUse(t.Context(), map[token.Hash]time.Time{hash: first}))
	used(first.Add(30 * time.Minute))
	require.NoError(t, w.db.RecordTokenUse(t.Context(), map[token.Hash]time.Time{hash: time.Now().Add(24 * time.Hour)}))
	all, _, err := w.db.Tokens(t.Context(), w.org.ID, postgres.TokenFilter{Limit: 100})
	require.NoError(t, err)
	for _, one := range all {
		require.False(t, one.LastUsedAt != nil && one.LastUsedAt.After(time.Now()), "in the future")
	}
}
