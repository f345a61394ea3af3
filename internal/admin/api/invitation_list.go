package api

import (
	"net/http"

	"orgmodes/internal/postgres"
)

// invitationList lists the unanswered invitations, newest first.
func (a *API) invitationList(v *request) error {
	p, err := parsePaging(v.Ctx, defaultPageSize, maxPageSize)
	if err != nil {
		return err
	}
	all, err := a.DB.Invitations(v.UserContext(), v.org.ID)
	if err != nil {
		return err
	}
	part, next := paginate(p, all, func(i postgres.Invitation) string { return i.ID.String() })
	return answer(v.Ctx, http.StatusOK, struct {
		Invitations []invitation `json:"invitations"`
		NextCursor  string       `json:"next_cursor,omitempty"`
	}{mapSlice(part, v.invitation), next})
}
