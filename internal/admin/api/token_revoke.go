package api

import (
	"net/http"

	"github.com/google/uuid"

	"orgmodes/internal/fault"
)

// tokenRevoke revokes a token permanently. "published" in the response reports whether
// all readers refuse it already.
func (a *API) tokenRevoke(v *request) error {
	unknown := fault.New(fault.NotFound, "not_found", "There is no such token")
	id, err := uuid.Parse(v.Params("token"))
	if err != nil {
		return unknown
	}
	t, err := a.DB.Token(v.UserContext(), v.org.ID, id)
	switch {
	case fault.Is(err, fault.NotFound):
		return unknown
	case err != nil:
		return err
	case !v.decide(revokeAccess(t.User.ID == v.principal.UserID)).Allowed:
		return unknown // a sender who can't see it doesn't learn that it exists
	}
	revoked, err := a.DB.RevokeToken(v.UserContext(), v.by(), v.org.ID, id)
	if err != nil {
		return err
	}
	out := v.token(revoked)
	if out.Published, err = a.waitPublished(v.UserContext(), revoked); err != nil {
		a.Log.Warn("waiting for revocation to be published failed", "token_id", id, "error", err)
	}
	return answer(v.Ctx, http.StatusOK, out)
}
