package api

import (
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
)

// batchItem identifies an object and a version of it, in a change of several objects.
type batchItem struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	// Expected is the newest version that the caller knows; only for restorations.
	Expected int64 `json:"seen,omitempty"`
}

// batchResult is the result for one object in a change of several.
type batchResult struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
	// Version is the newest version; for a deleted object, that of the deletion.
	Version int64 `json:"version"`
}

// deleteBatch deletes objects in one change, each at the version that the caller
// expects: all of them or none.
func (r *objects) deleteBatch(v *request) error {
	var sent struct {
		Deletions []batchItem `json:"deletions"`
	}
	if err := smallBody(v.Ctx, &sent); err != nil {
		return err
	}
	ids, err := r.parseBatch("deletions", sent.Deletions)
	if err != nil {
		return err
	}
	expected := make([]postgres.VersionRef, len(ids))
	for i, id := range ids {
		expected[i] = postgres.VersionRef{ID: id, Version: sent.Deletions[i].Version}
	}
	deleted, revision, err := r.store.DeleteBatch(v.UserContext(), v.by(), v.org.ID, expected)
	if err != nil {
		return withConflictBody(err, sent)
	}
	return r.writeBatch(v, "deleted", deleted, 1, revision)
}

// restoreBatch makes versions of objects the current ones, in one change: all of them
// or none.
func (r *objects) restoreBatch(v *request) error {
	var sent struct {
		Restorations []batchItem `json:"restorations"`
	}
	if err := smallBody(v.Ctx, &sent); err != nil {
		return err
	}
	ids, err := r.parseBatch("restorations", sent.Restorations)
	if err != nil {
		return err
	}
	restorations := make([]postgres.Restoration, len(ids))
	for i, id := range ids {
		restorations[i] = postgres.Restoration{ID: id, Version: sent.Restorations[i].Version, ExpectedVersion: sent.Restorations[i].Expected}
	}
	restored, revision, err := r.store.RestoreBatch(v.UserContext(), v.by(), v.org.ID, restorations)
	if err != nil {
		return withConflictBody(err, sent)
	}
	return r.writeBatch(v, "restored", restored, 0, revision)
}

// writeBatch answers with the result for each object; after is added to their versions.
func (r *objects) writeBatch(v *request, field string, all []resource.Object, after, revision int64) error {
	list := make([]batchResult, len(all))
	for i, o := range all {
		list[i] = batchResult{o.ID, o.Spec.Title(), o.Version + after}
	}
	v.Set("ETag", etag(v.org.ID, revision))
	return answer(v.Ctx, http.StatusOK, map[string]any{field: list, "revision": revision})
}

// parseBatch parses the ids of a list, in which each can occur only once.
func (r *objects) parseBatch(list string, all []batchItem) ([]uuid.UUID, error) {
	var invalid []fault.Field
	addError := func(pointer, format string, args ...any) {
		invalid = append(invalid, fault.Field{Pointer: "/" + list + pointer, Detail: fmt.Sprintf(format, args...)})
	}
	if len(all) == 0 || len(all) > 2*r.limit() {
		addError("", "must have 1 to %d entries", 2*r.limit())
		all = nil
	}
	ids, indexes := make([]uuid.UUID, len(all)), map[uuid.UUID]int{}
	for i, o := range all {
		id, err := uuid.Parse(o.ID)
		if err != nil {
			addError(fmt.Sprintf("/%d/id", i), "must be the id of a %s", r.store.Names().Singular)
			continue
		}
		if first, twice := indexes[id]; twice {
			addError(fmt.Sprintf("/%d/id", i), "is also the id of /%s/%d", list, first)
		}
		if o.Version < 1 {
			addError(fmt.Sprintf("/%d/version", i), "must be a number, 1 or higher")
		}
		if o.Expected < 0 || o.Expected > 0 && list != "restorations" {
			addError(fmt.Sprintf("/%d/seen", i), "must be a number, 1 or higher, in a restoration")
		}
		ids[i], indexes[id] = id, i
	}
	if len(invalid) > 0 {
		return nil, fault.New(fault.Invalid, "invalid_body", "The content does not have the expected form").With(invalid...)
	}
	return ids, nil
}

// mapSlice applies convert to each element.
func mapSlice[T, U any](all []T, convert func(T) U) []U {
	out := make([]U, len(all))
	for i, t := range all {
		out[i] = convert(t)
	}
	return out
}
