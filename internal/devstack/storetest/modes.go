package storetest

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/audit"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
)

// PutModes creates or replaces modes of an organization in one change.
func PutModes(tb testing.TB, db *postgres.DB, by audit.Attribution, org uuid.UUID, all ...modes.Mode) {
	tb.Helper()
	ops := make([]resource.Op, len(all))
	for i, m := range all {
		ops[i] = resource.Op{Verb: resource.Put, Kind: modes.KindName, New: resource.Object{Spec: m}}
	}
	_, err := db.Apply(tb.Context(), by, org, ops, resource.Options{})
	require.NoError(tb, err)
}
