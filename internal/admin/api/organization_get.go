package api

import (
	"net/http"
	"time"

	"orgmodes/internal/access"
)

// verdict is whether the sender is allowed to do something, and why not.
type verdict struct {
	Allowed bool   `json:"allowed"`
	Reason  string `json:"reason,omitempty"`
}

func (a *API) organizationGet(v *visit) error {
	s, err := a.DB.PublicationStatus(v.UserContext(), v.org.ID)
	if err != nil {
		return err
	}
	may := map[access.Action]verdict{}
	for _, action := range access.Actions() {
		d := v.may(access.Request{Action: action})
		may[action] = verdict{d.Allowed, d.Reason}
	}
	v.Set("ETag", etag(v.org.ID, s.Revision))
	return answer(v.Ctx, http.StatusOK, struct {
		membership
		CreatedAt         time.Time                 `json:"created_at"`
		Revision          int64                     `json:"revision"`
		PublishedRevision int64                     `json:"published_revision"`
		PendingSince      *time.Time                `json:"pending_since"`
		May               map[access.Action]verdict `json:"may"`
	}{
		a.withActions(v, membership{ID: v.org.ID, Slug: v.org.Slug, Name: v.org.Name, Role: v.role}),
		v.org.CreatedAt, s.Revision, s.PublishedRevision, s.PendingSince, may,
	})
}
