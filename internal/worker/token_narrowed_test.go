package worker_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
)

// waitNarrowed waits until the log has a version of a token, and returns when the access
// that this version narrows was narrowed.
func (w *world) waitNarrowed(h token.Hash, version int) (at time.Time) {
	w.t.Helper()
	w.await(func() error {
		entries, err := w.store.ReadLog(w.t.Context(), 0, time.Millisecond)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.Kind == pubstore.EntryToken && e.Token == h && e.TokenVersion == fmt.Sprintf("1.%d", version) {
				at = e.NarrowedAt
				return nil
			}
		}
		return fmt.Errorf("version %d is not among %d entries", version, len(entries))
	})
	w.await(w.nothingPending) // or the next change would be pending since this one
	return at
}

// The log states since when a token is revoked, or its user no member, according to
// Postgres.
func TestLogReportsWhenTokenWasRevokedOrLostMembership(t *testing.T) {
	w := newWorld(t)
	w.startWorker()
	bob := w.member("bob@example.com")
	w.waitPublished() // earlier state is written without being logged
	other, err := w.db.CreateOrganization(t.Context(), ada, "other", "Other")
	require.NoError(t, err)
	require.NoError(t, w.db.AddMember(t.Context(), ada, other.ID, bob, "member"))
	tok, hash := w.token(bob, other.ID)
	require.Zero(t, w.waitNarrowed(hash, 1))

	before := time.Now()
	require.NoError(t, w.db.RemoveMember(t.Context(), ada, w.org.ID, bob))
	after := time.Now()
	removed := w.waitNarrowed(hash, 2)
	require.WithinRange(t, removed, before, after)
	require.NoError(t, w.db.AddMember(t.Context(), ada, w.org.ID, bob, "member"))

	revoked, err := w.db.RevokeToken(t.Context(), ada, other.ID, tok.ID)
	require.NoError(t, err)
	require.Equal(t, revoked.RevokedAt.UTC(), w.waitNarrowed(hash, 3), "returning to the organization made no version")
}

// Removal from the only organization that a token grants access to revokes it.
func TestLogReportsWhenTokenLostItsLastOrganization(t *testing.T) {
	w := newWorld(t)
	w.startWorker()
	bob := w.member("bob@example.com")
	w.waitPublished()
	_, hash := w.token(bob)
	require.Zero(t, w.waitNarrowed(hash, 1))
	before := time.Now()
	require.NoError(t, w.db.RemoveMember(t.Context(), ada, w.org.ID, bob))
	after := time.Now()
	require.WithinRange(t, w.waitNarrowed(hash, 2), before, after)
}
