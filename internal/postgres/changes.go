package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"orgmodes/internal/audit"
	"orgmodes/internal/postgres/sqlcgen"
)

// Change describes how a revision changed an object.
type Change struct {
	// Kind is the Singular of the object's kind.
	Kind string
	ID   uuid.UUID
	Name string
	// Version is the object's version after the change; a deletion is a version, too.
	Version  int64
	Revision int64
	Action   audit.Action
	// New is true if the object didn't exist before the change, or was deleted.
	New bool
	// Actor is the name of who made the change.
	Actor string
}

// Changes lists the changes to an organization's objects in the revisions above after, up to
// and including upTo. It returns at most limit changes, in the order of the revisions.
func (db *DB) Changes(ctx context.Context, org uuid.UUID, after, upTo int64, limit int) ([]Change, error) {
	params := sqlcgen.ListChangesParams{OrganizationID: org, After: after, UpTo: upTo, RowLimit: int32(limit)}
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
