package loadtest

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack"
)

// A worker that is killed or frozen during a publication delays it by no more than its
// lease. Another worker publishes it, and the frozen one does no harm when it resumes.
func TestPublicationPassesToAnotherWorker(t *testing.T) {
	t.Parallel()
	for name, hit := range map[string]func(*fleet, *devstack.Child){
		"killed": (*fleet).kill,
		"frozen": func(_ *fleet, c *devstack.Child) { c.Signal(syscall.SIGSTOP) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t)
			f.startAdmin()
			victim := f.start("worker", "")
			tn := f.tenant("org")
			w := newWriter(f.admin, tn)
			defer w.client.CloseIdleConnections()
			f.await("published", func() error { return requireNothingPending(t.Context(), f.db) })

			// The publication needs this lock to plan, so it stays in progress until the
			// rollback.
			owner, err := pgx.Connect(t.Context(), f.owner)
			require.NoError(t, err)
			defer func() { _ = owner.Close(context.WithoutCancel(t.Context())) }()
			tx, err := owner.Begin(t.Context())
			require.NoError(t, err)
			_, err = tx.Exec(t.Context(), "lock table publications in exclusive mode")
			require.NoError(t, err)
			f.await("the change", func() error {
				if c := w.change(t.Context()); c.Acknowledged.IsZero() {
					return errors.New("not acknowledged")
				}
				return nil
			})
			f.await("it is under way", func() error {
				n := 0
				err := tx.QueryRow(t.Context(), "select count(*) from publication_leases where organization_id = $1", tn.org.ID).Scan(&n)
				if err == nil && n == 0 {
					err = errors.New("no lease")
				}
				return err
			})
			hit(f, victim)
			require.NoError(t, tx.Rollback(t.Context()))
			f.start("worker", "")
			f.awaitWithin(4*time.Minute, "another worker publishes it", func() error { return requireNothingPending(t.Context(), f.db) })
			f.awaitWithin(4*time.Minute, "no job stays behind", func() error {
				n := 0
				err := owner.QueryRow(t.Context(), `select count(*) from river_job where kind = 'publish_organization'
					and state not in ('completed', 'cancelled') and args->>'organization_id' = $1`, tn.org.ID.String()).Scan(&n)
				if err == nil && n > 0 {
					err = fmt.Errorf("%d are not done", n)
				}
				return err
			})
			if name == "frozen" {
				victim.Signal(syscall.SIGCONT)
			}
			f.await("the next change", func() error {
				if c := w.change(t.Context()); c.Acknowledged.IsZero() {
					return errors.New("not acknowledged")
				}
				return nil
			})
			f.awaitWithin(4*time.Minute, "published", func() error { return requireNothingPending(t.Context(), f.db) })
		})
	}
}
