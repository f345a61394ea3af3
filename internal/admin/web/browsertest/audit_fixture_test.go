package browsertest

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// count runs a query and returns its one number.
func (s *site) count(query string, args ...any) int {
	s.t.Helper()
	conn, err := pgx.Connect(s.t.Context(), s.ownerURL)
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, conn.Close(context.WithoutCancel(s.t.Context()))) }()
	var n int
	require.NoError(s.t, conn.QueryRow(s.t.Context(), query, args...).Scan(&n))
	return n
}

// query runs a query and scans its one value into a pointer.
func (s *site) query(query string, into any) {
	s.t.Helper()
	conn, err := pgx.Connect(s.t.Context(), s.ownerURL)
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, conn.Close(context.WithoutCancel(s.t.Context()))) }()
	require.NoError(s.t, conn.QueryRow(s.t.Context(), query).Scan(into))
}
