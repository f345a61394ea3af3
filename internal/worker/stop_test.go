package worker_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
	"orgmodes/internal/worker"
)

// A worker that is told to stop while it starts stops without an error.
func TestWorkerStopsWhileClaimingEdition(t *testing.T) {
	w := newWorld(t)
	held, err := w.pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, held.Rollback(context.WithoutCancel(t.Context()))) }()
	_, err = held.Exec(t.Context(), "lock table installation in access exclusive mode")
	require.NoError(t, err)

	db, store := w.connect()
	running := worker.New(worker.Config{DB: db, Redis: store, Log: slog.New(slog.DiscardHandler), Builtins: modes.Builtins()})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- running.Run(ctx) }()
	w.await(func() error {
		var waiting bool
		err := w.pool.QueryRow(t.Context(), "select true from pg_locks where not granted and relation = 'installation'::regclass").Scan(&waiting)
		return err // pgx.ErrNoRows until it waits
	})
	cancel()
	require.NoError(t, <-ended)
}
