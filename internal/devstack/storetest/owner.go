package storetest

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// ownerConn is a connection of the role that owns a database.
type ownerConn struct {
	sync.Mutex
	conn *pgx.Conn
}

// ownerConns maps URLs of databases to their connections.
var ownerConns struct {
	sync.Mutex
	of map[string]*ownerConn
}

// AsOwner calls fn with a connection of the role that owns the tables, for statements
// beyond the privileges of the programs. A test's calls for one database share the
// connection, since opening one costs more than most statements. Calls within a call, or
// concurrent with it, get a connection to themselves.
func AsOwner(t testing.TB, url string, fn func(context.Context, *pgx.Conn)) {
	t.Helper()
	ownerConns.Lock()
	shared := ownerConns.of[url]
	if shared == nil {
		shared = &ownerConn{}
		if ownerConns.of == nil {
			ownerConns.of = map[string]*ownerConn{}
		}
		ownerConns.of[url] = shared
		t.Cleanup(func() {
			ownerConns.Lock()
			delete(ownerConns.of, url)
			ownerConns.Unlock()
			shared.Lock()
			defer shared.Unlock()
			closeConn(t, shared.conn)
		})
	}
	ownerConns.Unlock()

	if !shared.TryLock() {
		conn := openOwner(t, url)
		defer closeConn(t, conn)
		fn(t.Context(), conn)
		return
	}
	defer shared.Unlock()
	if shared.conn == nil || shared.conn.IsClosed() {
		shared.conn = openOwner(t, url)
	}
	fn(t.Context(), shared.conn)
}

func openOwner(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatalf("storetest: %v", err)
	}
	// Tests change tables, which makes cached plans invalid.
	config.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatalf("storetest: connecting as the owner: %v", err)
	}
	return conn
}

// closeConn closes a connection, if any. The test's context may have ended.
func closeConn(t testing.TB, conn *pgx.Conn) {
	t.Helper()
	if conn == nil {
		return
	}
	ctx, cancel := withWaitTimeout()
	defer cancel()
	if err := conn.Close(ctx); err != nil {
		t.Errorf("storetest: closing the owner's connection: %v", err)
	}
}
