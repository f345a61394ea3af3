package api

import (
	"net/http"
	"time"

	"orgmodes/internal/access"
)

// permission is whether the sender is allowed to do something, and why not.
type permission struct {
	Allowed bool   `json:"allowed"`
	Reason  string `json:"reason,omitempty"`
}

func (a *API) organizationGet(v *request) error {
	s, err := a.DB.PublicationStatus(v.UserContext(), v.org.ID)
	if err != nil {
		return err
	}
	permissions := map[access.Action]permission{}
	for _, action := range access.Actions() {
		d := v.decide(access.Request{Action: action})
		permissions[action] = permission{d.Allowed, d.Reason}
	}
	v.Set("ETag", etag(v.org.ID, s.Revision))
	untagged(v.Ctx) // the state of the publication, and permissions
	return answer(v.Ctx, http.StatusOK, struct {
		membership
		CreatedAt         time.Time                    `json:"created_at"`
		Revision          int64                        `json:"revision"`
		PublishedRevision int64                        `json:"published_revision"`
		PendingSince      *time.Time                   `json:"pending_since"`
		May               map[access.Action]permission `json:"may"`
	}{
		a.withActions(v, membership{ID: v.org.ID, Slug: v.org.Slug, Name: v.org.Name, Role: v.role}),
		v.org.CreatedAt, s.Revision, s.PublishedRevision, s.PendingSince, permissions,
	})
}
