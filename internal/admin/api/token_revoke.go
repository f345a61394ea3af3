package api

import (
	"net/http"
	"slices"

	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
)

// tokenRevoke ends a token for good. "published" in the answer says that no
// reader takes it any more.
func (a *API) tokenRevoke(v *visit) error {
	unknown := fault.New(fault.NotFound, "not_found", "There is no such token")
	id, err := uuid.Parse(v.Params("token"))
	if err != nil {
		return unknown
	}
	all, err := a.DB.Tokens(v.UserContext(), v.org.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(t postgres.Token) bool { return t.ID == id })
	mine := i >= 0 && all[i].User.ID == v.who.UserID
	if verdict := v.may(access.Request{Action: access.RevokeToken, Own: mine}); !verdict.Allowed || i < 0 {
		return unknown // who may not see it doesn't learn that it is there
	}
	revoked, err := a.DB.RevokeToken(v.UserContext(), v.by(), v.org.ID, id)
	if err != nil {
		return err
	}
	out := tokenOf(revoked)
	if out.Published, err = a.published(v.UserContext(), revoked); err != nil {
		a.Log.Warn("waiting for a revocation's publication", "token_id", id, "err", err)
	}
	return answer(v.Ctx, http.StatusOK, out)
}
