package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// changesChannel is the channel on which Postgres notifies of changes, see migration 014.
const changesChannel = "orgmodes_organizations"

// closeTimeout bounds closing a listening connection.
const closeTimeout = time.Second

// ListenForChanges calls changed with the id of each organization that was changed or
// published, as soon as that is committed. It uses a dedicated connection. It calls
// listening once no later notification can be missed. It returns when ctx is done or the
// connection is lost. Notifications between two calls of ListenForChanges are not received.
func (db *DB) ListenForChanges(ctx context.Context, listening func(), changed func(org uuid.UUID)) error {
	config := db.pool.Config().ConnConfig
	config.Tracer = nil
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("listen for changes: %w", err)
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		_ = conn.Close(closing)
	}()
	if _, err := conn.Exec(ctx, "listen "+changesChannel); err != nil {
		return fmt.Errorf("listen for changes: %w", err)
	}
	listening()
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return fmt.Errorf("listen for changes: %w", err)
		}
		if org, err := uuid.Parse(n.Payload); err == nil {
			changed(org)
		}
	}
}
