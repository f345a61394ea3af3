package pubstore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/pubstore"
)

// Two leaders that fill under one incarnation (one of them has just lost its
// leadership) can't finish each other's reconciliation.
func TestLeaderCannotFinishReconciliationOfAnother(t *testing.T) {
	_, s := filled(t)
	first, second := begin(t, s, 2), begin(t, s, 2)
	out, err := s.FinishReconcile(t.Context(), first, 1)
	require.NoError(t, err)
	require.Equal(t, pubstore.Fenced, out.Status)
	out, err = s.FinishReconcile(t.Context(), second, 1)
	require.NoError(t, err)
	require.Equal(t, pubstore.Published, out.Status)
}

// A promoted replica may lack data that its primary had: a missing key does not mean
// that the object doesn't exist.
func TestPromotedReplicaReportsNoAbsence(t *testing.T) {
	primary, s := filled(t)
	_, err := s.Document(t.Context(), acme)
	require.ErrorIs(t, err, pubstore.ErrAbsent)
	_, err = s.Token(t.Context(), record(1, false).Hash)
	require.ErrorIs(t, err, pubstore.ErrAbsent)
	replica := storetest.Redis(t, storetest.ReplicaOf(primary))
	primary.Kill()
	replica.Promote()
	p := open(t, replica)
	_, err = p.Document(t.Context(), acme)
	require.ErrorIs(t, err, pubstore.ErrNotFilled)
	_, err = p.Token(t.Context(), record(1, false).Hash)
	require.ErrorIs(t, err, pubstore.ErrNotFilled)
}
