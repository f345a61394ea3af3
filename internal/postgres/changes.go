package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"orgmodes/internal/audit"
	"orgmodes/internal/postgres/sqlcgen"
)

// Change is what a revision made of an object.
type Change struct {
	// Kind is the Singular of the object's kind.
	Kind string
	ID   uuid.UUID
	Name string
	// Version is the object's after the change; a deletion is a version, too.
	Version  int64
	Revision int64
	Action   audit.Action
	// New is true for an object that didn't exist before, or was deleted.
	New bool
	// Actor is the name of who made the change.
	Actor string
}

// Changes lists what the revisions after one, up to another, made of an organization's
// objects, at most limit, in the order of the revisions.
func (db *DB) Changes(ctx context.Context, org uuid.UUID, after, upTo int64, limit int) ([]Change, error) {
	params := sqlcgen.ListChangesParams{OrganizationID: org, After: after, UpTo: upTo, RowLimit: int32(limit)} //nolint:gosec // a page's size
	for _, k := range db.kinds {
		params.Kinds, params.NameFields = append(params.Kinds, k.Names().Singular), append(params.NameFields, k.Names().NameField)
	}
	rows, err := db.q.ListChanges(ctx, params)
	if err != nil {
		return nil, fmt.Errorf("list changes: %w", err)
	}
	changes := make([]Change, len(rows))
	for i, r := range rows {
		changes[i] = Change{
			Kind: r.SubjectKind, ID: r.SubjectID, Name: r.Name, Version: r.Version, Revision: r.Revision, Action: audit.Action(r.Action),
			New: r.PreviousAction == "" || r.PreviousAction == string(audit.Delete), Actor: r.ActorName,
		}
	}
	return changes, nil
}
