package api

import (
	"net/http"
	"time"

	"orgmodes/internal/admin/pubstatus"
)

// representation is one published representation.
type representation struct {
	Name string `json:"name"`
	// URL is where editors get it. It is empty if the readers' address is unknown.
	URL    string    `json:"url,omitempty"`
	ETag   string    `json:"etag"`
	SHA256 string    `json:"sha256"`
	Length int       `json:"length"`
	Since  time.Time `json:"since"`
}

// publicationFailure explains why a revision isn't published.
type publicationFailure struct {
	Reason   string    `json:"reason"`
	FailedAt time.Time `json:"failed_at"`
	// NextTryAt is null while a publication is being tried.
	NextTryAt *time.Time `json:"next_try_at"`
}

// publicationGet returns the state of publication: the saved revision, what readers
// have and since when, and since when and why they lag behind.
func (a *API) publicationGet(v *request) error {
	s, err := pubstatus.Get(v.UserContext(), a.DB, v.org.ID)
	if err != nil {
		return err
	}
	list := make([]representation, len(s.Representations))
	for i, r := range s.Representations {
		list[i] = representation{
			Name: r.Name, URL: pubstatus.URL(a.PublicReader, v.org.ID, r.Name), ETag: pubstatus.ETag(r),
			SHA256: r.SHA256, Length: r.Length, Since: r.Since,
		}
	}
	var failure *publicationFailure
	if f := s.Failure; f != nil {
		failure = &publicationFailure{f.Reason, f.FailedAt, f.NextAttemptAt}
	}
	return answer(v.Ctx, http.StatusOK, struct {
		Revision          int64               `json:"revision"`
		PublishedRevision int64               `json:"published_revision"`
		PublishedAt       *time.Time          `json:"published_at"`
		PendingSince      *time.Time          `json:"pending_since"`
		Failure           *publicationFailure `json:"failure"`
		ChangedAt         time.Time           `json:"changed_at"`
		Epoch             int64               `json:"epoch"`
		Representations   []representation    `json:"representations"`
	}{s.Revision, s.PublishedRevision, s.PublishedAt, s.PendingSince, failure, s.ChangedAt, s.Epoch, list})
}
