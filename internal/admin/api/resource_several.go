package api

import (
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
)

// one identifies an object and a version of it, in a change of several objects.
type one struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	// Seen is the newest version that the caller knows; only for restorations.
	Seen int64 `json:"seen,omitempty"`
}

// settled is the result for one object in a change of several.
type settled struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
	// Version is the newest version; for a deleted object, that of the deletion.
	Version int64 `json:"version"`
}

// deleteSeveral deletes objects in one change, each at the version that the caller
// expects: all of them or none.
func (r *objects) deleteSeveral(v *visit) error {
	var sent struct {
		Deletions []one `json:"deletions"`
	}
	if err := smallBody(v.Ctx, &sent); err != nil {
		return err
	}
	ids, err := r.several("deletions", sent.Deletions)
	if err != nil {
		return err
	}
	seen := make([]postgres.Seen, len(ids))
	for i, id := range ids {
		seen[i] = postgres.Seen{ID: id, Version: sent.Deletions[i].Version}
	}
	deleted, revision, err := r.store.DeleteAll(v.UserContext(), v.by(), v.org.ID, seen)
	if err != nil {
		return orLate(err, sent)
	}
	return r.settle(v, "deleted", deleted, 1, revision)
}

// restoreSeveral makes versions of objects the current ones, in one change: all of them
// or none.
func (r *objects) restoreSeveral(v *visit) error {
	var sent struct {
		Restorations []one `json:"restorations"`
	}
	if err := smallBody(v.Ctx, &sent); err != nil {
		return err
	}
	ids, err := r.several("restorations", sent.Restorations)
	if err != nil {
		return err
	}
	wanted := make([]postgres.Restoration, len(ids))
	for i, id := range ids {
		wanted[i] = postgres.Restoration{ID: id, Version: sent.Restorations[i].Version, Seen: sent.Restorations[i].Seen}
	}
	restored, revision, err := r.store.RestoreAll(v.UserContext(), v.by(), v.org.ID, wanted)
	if err != nil {
		return orLate(err, sent)
	}
	return r.settle(v, "restored", restored, 0, revision)
}

// settle answers with the result for each object; after is added to their versions.
func (r *objects) settle(v *visit, what string, all []resource.Object, after, revision int64) error {
	list := make([]settled, len(all))
	for i, o := range all {
		list[i] = settled{o.ID, o.Spec.Title(), o.Version + after}
	}
	v.Set("ETag", etag(v.org.ID, revision))
	return answer(v.Ctx, http.StatusOK, map[string]any{what: list, "revision": revision})
}

// several parses the ids of a list, in which each can occur only once.
func (r *objects) several(list string, all []one) ([]uuid.UUID, error) {
	var wrong []fault.Field
	blame := func(pointer, format string, args ...any) {
		wrong = append(wrong, fault.Field{Pointer: "/" + list + pointer, Detail: fmt.Sprintf(format, args...)})
	}
	if len(all) == 0 || len(all) > 2*r.limit() {
		blame("", "must have 1 to %d entries", 2*r.limit())
		all = nil
	}
	ids, place := make([]uuid.UUID, len(all)), map[uuid.UUID]int{}
	for i, o := range all {
		id, err := uuid.Parse(o.ID)
		if err != nil {
			blame(fmt.Sprintf("/%d/id", i), "must be the id of a %s", r.store.Names().Singular)
			continue
		}
		if first, twice := place[id]; twice {
			blame(fmt.Sprintf("/%d/id", i), "is also the id of /%s/%d", list, first)
		}
		if o.Version < 1 {
			blame(fmt.Sprintf("/%d/version", i), "must be a number, 1 or higher")
		}
		if o.Seen < 0 || o.Seen > 0 && list != "restorations" {
			blame(fmt.Sprintf("/%d/seen", i), "must be a number, 1 or higher, in a restoration")
		}
		ids[i], place[id] = id, i
	}
	if len(wrong) > 0 {
		return nil, fault.New(fault.Invalid, "invalid_body", "The content does not have the expected form").With(wrong...)
	}
	return ids, nil
}

// eachOf applies of to each element.
func eachOf[T, U any](all []T, of func(T) U) []U {
	out := make([]U, len(all))
	for i, t := range all {
		out[i] = of(t)
	}
	return out
}
