package api

import (
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"orgmodes/internal/postgres"
	"orgmodes/internal/snapshot"
)

// representation is one form of what is published.
type representation struct {
	Name string `json:"name"`
	// URL is where editors get it; empty where readers' address isn't known.
	URL    string    `json:"url,omitempty"`
	ETag   string    `json:"etag"`
	SHA256 string    `json:"sha256"`
	Length int       `json:"length"`
	Since  time.Time `json:"since"`
}

// publicationGet says how far publication is: what is saved, what readers have,
// and since when they lack something.
func (a *API) publicationGet(v *visit) error {
	s, err := a.DB.PublicationStatus(v.UserContext(), v.org.ID)
	if err != nil {
		return err
	}
	list := make([]representation, len(s.Representations))
	for i, r := range s.Representations {
		list[i] = representation{Name: r.Name, ETag: tagOf(r), SHA256: r.SHA256, Length: r.Length, Since: r.Since}
		if a.PublicReader != "" {
			list[i].URL = strings.TrimSuffix(a.PublicReader, "/") + "/api/organizations/" + v.org.ID.String() + "/" + readersName(r.Name)
		}
	}
	return answer(v.Ctx, http.StatusOK, struct {
		Revision          int64            `json:"revision"`
		PublishedRevision int64            `json:"published_revision"`
		PendingSince      *time.Time       `json:"pending_since"`
		ChangedAt         time.Time        `json:"changed_at"`
		Epoch             int64            `json:"epoch"`
		Representations   []representation `json:"representations"`
	}{s.Revision, s.PublishedRevision, s.PendingSince, s.ChangedAt, s.Epoch, list})
}

// readersName is the last part of the path at which readers serve a
// representation: JSON is what editors ask for without saying so.
func readersName(representation string) string { return strings.TrimSuffix(representation, ".json") }

// tagOf is the entity-tag that readers give a representation, uncoded.
func tagOf(r postgres.PublishedRepresentation) string {
	t := snapshot.Tag{Epoch: r.Epoch, Revision: r.Revision}
	if sum, err := hex.DecodeString(r.SHA256); err == nil {
		copy(t.Hash[:], sum)
	}
	return t.ETag(snapshot.Identity)
}
