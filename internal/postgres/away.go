package postgres

import (
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Away reports whether err means that Postgres could not be reached, or went away during a
// request. The caller should retry soon.
func Away(err error) bool {
	var (
		connect *pgconn.ConnectError
		said    *pgconn.PgError
		network net.Error
	)
	switch {
	case err == nil:
		return false
	case errors.As(err, &said):
		// 08: connection exception; 57P01-57P03: shutting down, crashed, starting
		return strings.HasPrefix(said.Code, "08") || strings.HasPrefix(said.Code, "57P0")
	case errors.Is(err, errAway), errors.As(err, &connect), errors.As(err, &network):
		return true
	default:
		return errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
	}
}
