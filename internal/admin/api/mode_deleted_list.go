package api

import (
	"orgmodes/internal/modes"
)

// modeDeletedList lists what can be brought back, as it was when it was
// deleted.
func (a *API) modeDeletedList(v *visit) error {
	p, err := pagingOf(v.Ctx, usualPage, largestPage)
	if err != nil {
		return err
	}
	deleted, err := a.DB.DeletedModes(v.UserContext(), v.org.ID, 2*modes.MaxModes)
	if err != nil {
		return err
	}
	list := make([]version, len(deleted))
	for i, d := range deleted {
		list[i] = versionOf(d)
	}
	part, next := page(p, list, func(d version) string { return d.ModeID })
	return answer(v.Ctx, 200, struct {
		Deleted    []version `json:"deleted"`
		NextCursor string    `json:"next_cursor,omitempty"`
	}{part, next})
}
