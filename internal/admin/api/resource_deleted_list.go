package api

import (
	"net/http"

	"github.com/google/uuid"

	"orgmodes/internal/postgres"
)

// listDeleted lists the deleted objects that can be restored, with the names that they
// had when they were deleted.
func (r *objects) listDeleted(v *request) error {
	p, err := parsePaging(v.Ctx, defaultPageSize, maxPageSize)
	if err != nil {
		return err
	}
	var after *postgres.HistoryCursor
	if p.cursor != (cursor{}) {
		id, err := uuid.Parse(p.cursor.Key)
		if err != nil || p.cursor.Before < 1 {
			return malformedCursor()
		}
		after = &postgres.HistoryCursor{Revision: p.cursor.Before, Subject: id}
	}
	deleted, err := r.store.Deleted(v.UserContext(), v.org.ID, after, p.limit+1)
	if err != nil {
		return err
	}
	list, next := make([]version, min(len(deleted), p.limit)), ""
	for i := range list {
		list[i] = r.versionOf(v, deleted[i])
	}
	if len(deleted) > p.limit {
		last := list[p.limit-1]
		next = cursor{Key: last.id(), Before: last.Revision}.String()
	}
	return answer(v.Ctx, http.StatusOK, struct {
		Deleted    []version `json:"deleted"`
		NextCursor string    `json:"next_cursor,omitempty"`
	}{list, next})
}
