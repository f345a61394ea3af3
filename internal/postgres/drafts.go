package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/fault"
	"orgmodes/internal/humanize"
	"orgmodes/internal/postgres/sqlcgen"
)

const (
	// MaxDraftBytes bounds the content of a draft. It equals the limit of a request with one
	// object (modes.MaxBodyBytes, templates.MaxBodyBytes). The largest object fits with
	// every character escaped, even if its text is a string within the draft's JSON.
	MaxDraftBytes = 2 << 20
	// MaxDrafts is how many living drafts an author can have in an organization.
	MaxDrafts = 500
	// DraftLifetime is how long a draft lasts after it was last saved or restored.
	DraftLifetime = 90 * 24 * time.Hour
	// DraftUndo is how long a discarded draft can be restored.
	DraftUndo = 24 * time.Hour
	// maxDraftTitle is in characters. A longer title is shortened, not refused: the name
	// that is being typed must not keep the rest from being saved.
	maxDraftTitle = 200
)

// DraftKey identifies a draft. Each author has at most one per subject, which no one else
// can read or change.
type DraftKey struct {
	OrganizationID, UserID uuid.UUID
	// Kind is the Singular of a registered kind.
	Kind string
	// Subject is the object's id or, for an object that doesn't exist yet, an id that the
	// editor generated.
	Subject uuid.UUID
}

// Draft holds an author's input in the editor of an object that hasn't been applied.
type Draft struct {
	DraftKey
	// Title is shown in lists.
	Title string
	// Content is JSON, returned byte for byte as it was stored.
	Content []byte
	// BaseVersion is the version of the object that the draft began from; 0 for a new
	// object.
	BaseVersion int64
	// Edition changes whenever the draft is stored. It only increases and is never reused.
	Edition int64
	// UpdatedAt is when the draft was last stored, by the database's clock.
	UpdatedAt time.Time
	// DiscardedAt is nil while the draft is alive.
	DiscardedAt *time.Time
}

// Draft returns the living draft of a key, or NotFound.
func (db *DB) Draft(ctx context.Context, key DraftKey) (Draft, error) {
	d, err := getDraft(ctx, db.q, key)
	if err != nil {
		return Draft{}, err
	}
	if d.DiscardedAt != nil {
		return Draft{}, orNotFound(pgx.ErrNoRows, "draft")
	}
	return d, nil
}

// DraftSummaries returns an author's living drafts of a kind without their content, newest
// first.
func (db *DB) DraftSummaries(ctx context.Context, org, user uuid.UUID, kind string) ([]Draft, error) {
	rows, err := db.q.ListDraftSummaries(ctx, sqlcgen.ListDraftSummariesParams{OrganizationID: org, UserID: user, Kind: kind})
	if err != nil {
		return nil, fmt.Errorf("list drafts: %w", translateError(err))
	}
	out := make([]Draft, len(rows))
	for i, r := range rows {
		out[i] = Draft{
			DraftKey: DraftKey{org, user, kind, r.Subject},
			Title:    r.Title, BaseVersion: r.BaseVersion, Edition: r.Edition, UpdatedAt: r.UpdatedAt.UTC(),
		}
	}
	return out, nil
}

// StoreDraft stores a draft and returns it with its new edition. d.Edition is the edition
// that the writer read; 0 begins a draft, also over a discarded one.
//
// If the stored edition differs, or there is no living draft, StoreDraft overwrites nothing
// and returns the error of draftConflict. Content that is too large or one draft too many is
// TooLarge. Content that isn't JSON is Malformed, and text that can't be stored is Invalid.
// An author who is not a member is NotFound.
func (db *DB) StoreDraft(ctx context.Context, d Draft) (Draft, error) {
	if err := db.checkDraft(d); err != nil {
		return Draft{}, err
	}
	d.Title = humanize.Truncate(d.Title, maxDraftTitle)
	if d.Edition == 0 {
		return db.beginDraft(ctx, d)
	}
	row, err := db.q.UpdateDraft(ctx, sqlcgen.UpdateDraftParams{
		OrganizationID: d.OrganizationID, UserID: d.UserID, Kind: d.Kind, Subject: d.Subject, Edition: d.Edition,
		Title: d.Title, Content: string(d.Content), BaseVersion: d.BaseVersion, LifetimeSeconds: DraftLifetime.Seconds(),
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return Draft{}, draftConflict(ctx, db.q, d.DraftKey)
	}
	if err != nil {
		return Draft{}, fmt.Errorf("store draft: %w", translateError(err))
	}
	d.Edition, d.UpdatedAt, d.DiscardedAt = row.Edition, row.UpdatedAt.UTC(), nil
	return d, nil
}

// checkDraft refuses a draft of an unknown kind, and content that is too large or isn't JSON.
func (db *DB) checkDraft(d Draft) error {
	if _, err := db.kind(d.Kind); err != nil {
		return err // callers name kinds by the registry
	}
	if len(d.Content) > MaxDraftBytes {
		return fault.New(fault.TooLarge, "draft_too_large",
			"This draft is %s; a draft can have at most %s. Nothing was saved; shorten it", humanize.Bytes(len(d.Content)), humanize.Bytes(MaxDraftBytes))
	}
	if !json.Valid(d.Content) {
		return fault.New(fault.Malformed, "malformed_json", "The content of the draft is not JSON. Nothing was saved")
	}
	return nil
}

// beginDraft stores a draft if there is no living one.
func (db *DB) beginDraft(ctx context.Context, d Draft) (Draft, error) {
	err := db.addDraft(ctx, d.DraftKey, func(q *sqlcgen.Queries) error {
		row, err := q.BeginDraft(ctx, sqlcgen.BeginDraftParams{
			OrganizationID: d.OrganizationID, UserID: d.UserID, Kind: d.Kind, Subject: d.Subject,
			Title: d.Title, Content: string(d.Content), BaseVersion: d.BaseVersion, LifetimeSeconds: DraftLifetime.Seconds(),
		})
		if errors.Is(err, pgx.ErrNoRows) {
			return draftConflict(ctx, q, d.DraftKey)
		}
		d.Edition, d.UpdatedAt, d.DiscardedAt = row.Edition, row.UpdatedAt.UTC(), nil
		return err
	})
	if err != nil {
		return Draft{}, fmt.Errorf("begin draft: %w", err)
	}
	return d, nil
}

// addDraft runs add, which begins or restores a draft. It rolls that back if the author then
// has more than MaxDrafts. The lock on the membership makes an author's additions wait for
// one another, so that two can't both be the last one.
func (db *DB) addDraft(ctx context.Context, key DraftKey, add func(*sqlcgen.Queries) error) error {
	return translateError(db.transact(ctx, func(tx pgx.Tx) error {
		q := db.q.WithTx(tx)
		if _, err := q.LockMember(ctx, sqlcgen.LockMemberParams{OrganizationID: key.OrganizationID, UserID: key.UserID}); err != nil {
			return orNotFound(err, "organization")
		}
		if err := add(q); err != nil {
			return err
		}
		drafts, err := q.CountDrafts(ctx, sqlcgen.CountDraftsParams{OrganizationID: key.OrganizationID, UserID: key.UserID})
		if err != nil {
			return fmt.Errorf("count drafts: %w", err)
		}
		if drafts > MaxDrafts {
			return fault.New(fault.TooLarge, "too_many_drafts",
				"You have %d drafts in this organization; you can have at most %d. Nothing was saved; apply or discard some first", drafts-1, MaxDrafts)
		}
		return nil
	}))
}

// draftConflict returns the *fault.Error (Conflict) for a writer who read another edition
// than the stored one. Its Current is the stored Draft, which may be discarded; it is nil if
// there is none.
func draftConflict(ctx context.Context, q *sqlcgen.Queries, key DraftKey) error {
	now, err := getDraft(ctx, q, key)
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.Conflict, "draft_gone",
			"This draft was applied or removed since you opened it. Nothing was saved; look at the object, and save what you typed as a new draft")
	}
	if err != nil {
		return err
	}
	f := fault.New(fault.Conflict, "draft_conflict",
		"This draft was changed in another window and is now at edition %d. Nothing was saved; compare, and save your draft again", now.Edition)
	if now.DiscardedAt != nil {
		f = fault.New(fault.Conflict, "draft_discarded",
			"This draft was discarded in another window. Nothing was saved; restore it, or save what you typed as a new draft")
	}
	f.Current = now
	return f
}

// getDraft returns the draft of a key, living or discarded, or NotFound.
func getDraft(ctx context.Context, q *sqlcgen.Queries, key DraftKey) (Draft, error) {
	row, err := q.GetDraft(ctx, sqlcgen.GetDraftParams{
		OrganizationID: key.OrganizationID, UserID: key.UserID, Kind: key.Kind, Subject: key.Subject,
	})
	if err != nil {
		return Draft{}, orNotFound(err, "draft")
	}
	return toDraft(key, row), nil
}

func toDraft(key DraftKey, r sqlcgen.GetDraftRow) Draft {
	return Draft{
		DraftKey: key, Title: r.Title, Content: []byte(r.Content), BaseVersion: r.BaseVersion,
		Edition: r.Edition, UpdatedAt: r.UpdatedAt.UTC(), DiscardedAt: utcOrNil(r.DiscardedAt),
	}
}
