package api

import "net/http"

// listDeleted lists what can be brought back, as it was when it was deleted.
func (r *resource[T]) listDeleted(v *visit) error {
	p, err := pagingOf(v.Ctx, usualPage, largestPage)
	if err != nil {
		return err
	}
	deleted, err := r.deleted(v.UserContext(), v.org.ID, 2*r.most)
	if err != nil {
		return err
	}
	list := make([]version, len(deleted))
	for i, d := range deleted {
		list[i] = r.versionOf(d)
	}
	part, next := page(p, list, version.id)
	return answer(v.Ctx, http.StatusOK, struct {
		Deleted    []version `json:"deleted"`
		NextCursor string    `json:"next_cursor,omitempty"`
	}{part, next})
}
