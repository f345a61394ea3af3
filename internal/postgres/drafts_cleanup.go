package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"orgmodes/internal/fault"
	"orgmodes/internal/postgres/sqlcgen"
)

// DiscardDraft discards a living draft at the given edition. It can be restored for
// DraftUndo. DiscardDraft returns the error of draftConflict for another edition, and
// NotFound if there is no living draft.
func (db *DB) DiscardDraft(ctx context.Context, key DraftKey, edition int64) error {
	n, err := db.q.DiscardDraft(ctx, sqlcgen.DiscardDraftParams{
		OrganizationID: key.OrganizationID, UserID: key.UserID, Kind: key.Kind, Subject: key.Subject,
		Edition: edition, UndoSeconds: DraftUndo.Seconds(),
	})
	if err != nil {
		return fmt.Errorf("discard draft: %w", translateError(err))
	}
	if n > 0 {
		return nil
	}
	if _, err := db.Draft(ctx, key); err != nil {
		return err
	}
	return draftConflict(ctx, db.q, key)
}

// RestoreDraft restores a draft that was discarded less than DraftUndo ago, and returns it.
// If the key has a living draft, begun since or already restored, the error is that of
// draftConflict. It is NotFound if there is nothing to restore, and TooLarge if the author
// already has MaxDrafts.
func (db *DB) RestoreDraft(ctx context.Context, key DraftKey) (Draft, error) {
	var out Draft
	err := db.addDraft(ctx, key, func(q *sqlcgen.Queries) error {
		row, err := q.RestoreDraft(ctx, sqlcgen.RestoreDraftParams{
			OrganizationID: key.OrganizationID, UserID: key.UserID, Kind: key.Kind, Subject: key.Subject,
			LifetimeSeconds: DraftLifetime.Seconds(),
		})
		if errors.Is(err, pgx.ErrNoRows) {
			return restoreDraftError(ctx, q, key)
		}
		out = toDraft(key, sqlcgen.GetDraftRow(row))
		return err
	})
	if err != nil {
		return Draft{}, fmt.Errorf("restore draft: %w", err)
	}
	return out, nil
}

// restoreDraftError returns the error for a key that has no draft to restore.
func restoreDraftError(ctx context.Context, q *sqlcgen.Queries, key DraftKey) error {
	d, err := getDraft(ctx, q, key)
	if err != nil {
		return err
	}
	if d.DiscardedAt == nil {
		return draftConflict(ctx, q, key)
	}
	return fault.New(fault.NotFound, "not_found", "The draft was discarded more than %d hours ago; it can't be restored any more", int(DraftUndo.Hours()))
}

// EndDraft removes a draft that was applied to its object. A draft with another edition has
// newer input and stays. If there is no draft, EndDraft does nothing.
func (db *DB) EndDraft(ctx context.Context, key DraftKey, edition int64) error {
	_, err := db.q.DeleteDraft(ctx, sqlcgen.DeleteDraftParams{
		OrganizationID: key.OrganizationID, UserID: key.UserID, Kind: key.Kind, Subject: key.Subject, Edition: edition,
	})
	if err != nil {
		return fmt.Errorf("end draft: %w", translateError(err))
	}
	return nil
}

// RemoveOldDrafts removes at most limit old drafts and returns how many it removed. A draft
// is old if it was not stored for DraftLifetime, or was discarded more than DraftUndo ago.
func (db *DB) RemoveOldDrafts(ctx context.Context, limit int) (int64, error) {
	n, err := db.q.DeleteExpiredDrafts(ctx, int32(limit))
	if err != nil {
		return 0, fmt.Errorf("remove old drafts: %w", err)
	}
	return n, nil
}
