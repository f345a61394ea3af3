package browsertest

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
)

// queryInt runs a query and returns its one number.
func (s *site) queryInt(query string, args ...any) int {
	s.t.Helper()
	var n int
	storetest.AsOwner(s.t, s.ownerURL, func(ctx context.Context, conn *pgx.Conn) {
		require.NoError(s.t, conn.QueryRow(ctx, query, args...).Scan(&n))
	})
	return n
}

// queryRow runs a query and scans its one value into a pointer.
func (s *site) queryRow(query string, into any) {
	s.t.Helper()
	storetest.AsOwner(s.t, s.ownerURL, func(ctx context.Context, conn *pgx.Conn) {
		require.NoError(s.t, conn.QueryRow(ctx, query).Scan(into))
	})
}
