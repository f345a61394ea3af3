package api

import (
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
)

// modeOrderRequest is the order in which modes are published, by their ids.
type modeOrderRequest struct {
	IDs []string `json:"ids"`
}

// modeOrder is the order at a revision.
type modeOrder struct {
	IDs      []uuid.UUID `json:"ids"`
	Revision int64       `json:"revision"`
}

// modeOrderReplace reorders all modes. If-Match has the ETag of the list or of the
// organization: the request applies to that revision.
func (a *API) modeOrderReplace(v *request) error {
	match, err := requirePrecondition(v.Ctx)
	if err != nil {
		return err
	}
	var sent modeOrderRequest
	if err := smallBody(v.Ctx, &sent); err != nil {
		return err
	}
	ids := make([]uuid.UUID, len(sent.IDs))
	var wrong []fault.Field
	for i, text := range sent.IDs {
		if ids[i], err = uuid.Parse(text); err != nil {
			wrong = append(wrong, fault.Field{Pointer: fmt.Sprintf("/ids/%d", i), Detail: "must be the id of a mode"})
		}
	}
	if len(wrong) > 0 {
		return fault.New(fault.Invalid, "invalid_body", "The content does not have the expected form").With(wrong...)
	}
	revision, err := a.DB.OrderModes(v.UserContext(), v.by(), v.org.ID, ids, expectedRevision(v, match))
	if err != nil {
		if f, ok := fault.As(err); ok {
			if now, ok := f.Current.(postgres.ModeOrder); ok { // for the client's next attempt
				v.Set("ETag", etag(v.org.ID, now.Revision))
			}
		}
		return withConflictBody(err, sent)
	}
	v.Set("ETag", etag(v.org.ID, revision))
	return answer(v.Ctx, http.StatusOK, modeOrder{ids, revision})
}
