package postgres

import (
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// IsUnavailable reports whether err means that Postgres could not be reached, or became
// unavailable during a request. The caller should retry soon.
func IsUnavailable(err error) bool {
	var (
		connect *pgconn.ConnectError
		pgErr   *pgconn.PgError
		network net.Error
	)
	switch {
	case err == nil:
		return false
	case errors.As(err, &pgErr):
		// 08: connection exception; 57P01-57P03: shutting down, crashed, starting
		return strings.HasPrefix(pgErr.Code, "08") || strings.HasPrefix(pgErr.Code, "57P0")
	case errors.Is(err, errUnavailable), errors.As(err, &connect), errors.As(err, &network):
		return true
	default:
		return errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
	}
}
