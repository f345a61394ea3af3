package api

import (
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
)

// order is the order in which modes are published, by their ids.
type order struct {
	IDs []string `json:"ids"`
}

// ordered is the order at a revision.
type ordered struct {
	IDs      []uuid.UUID `json:"ids"`
	Revision int64       `json:"revision"`
}

// modesOrder reorders all modes. If-Match has the ETag of the list or of the
// organization: the request applies to that revision.
func (a *API) modesOrder(v *visit) error {
	match, err := required(v.Ctx)
	if err != nil {
		return err
	}
	var sent order
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
	revision, err := a.DB.OrderModes(v.UserContext(), v.by(), v.org.ID, ids, planned(v, match))
	if err != nil {
		if f, ok := fault.As(err); ok {
			if now, ok := f.Current.(postgres.ModeOrder); ok { // for the client's next attempt
				v.Set("ETag", etag(v.org.ID, now.Revision))
			}
		}
		return orLate(err, sent)
	}
	v.Set("ETag", etag(v.org.ID, revision))
	return answer(v.Ctx, http.StatusOK, ordered{ids, revision})
}
