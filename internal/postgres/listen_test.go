package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/postgres"
)

// A program is notified of the changes and publications of another one, once they are
// committed.
func TestListenerIsNotifiedOnCommit(t *testing.T) {
	l := newLibrary(t)
	other, err := postgres.Open(t.Context(), storetest.AppURL(t, l.owner))
	require.NoError(t, err)
	t.Cleanup(other.Close)
	ctx, stop := context.WithCancel(t.Context())
	listening, heard, ended := make(chan struct{}), make(chan uuid.UUID, 100), make(chan error, 1)
	go func() {
		ended <- other.ListenForChanges(ctx, func() { close(listening) }, func(org uuid.UUID) { heard <- org })
	}()
	<-listening
	hear := func() {
		t.Helper()
		select {
		case org := <-heard:
			require.Equal(t, l.org.ID, org)
		case <-time.After(time.Minute):
			t.Fatal("nothing was heard")
		}
	}

	docs := l.create("docs")
	hear()
	// A change that changes nothing is rolled back, and sends no notification.
	_, err = l.db.Modes.Update(t.Context(), ada, l.org.ID, "docs", 0, rename("The docs"))
	require.NoError(t, err)
	edition, err := l.db.ClaimEdition(t.Context(), 1, "x")
	require.NoError(t, err)
	inst, err := l.db.Installation(t.Context())
	require.NoError(t, err)
	published, err := l.db.MarkPublished(t.Context(), l.org.ID, inst.Epoch, l.revision(), edition, inst.Incarnation)
	require.NoError(t, err)
	require.True(t, published)
	hear()
	require.NoError(t, l.db.Republish(t.Context(), l.org.ID))
	hear()
	require.Empty(t, heard, "each change once")
	_, err = l.db.Modes.Delete(t.Context(), ada, l.org.ID, "docs", docs.Version)
	require.NoError(t, err)
	hear()

	// ListenForChanges returns when its connection is lost.
	l.exec(`select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen orgmodes_organizations' and datname = current_database()`)
	require.Error(t, <-ended)
	stop()
}
