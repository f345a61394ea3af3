package api

import (
	"net/http"

	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/manifest"
	"orgmodes/internal/upload"
)

// apply applies manifests of any kinds in one change: all of them or none. With
// ?dry_run=true it returns what that would change. If-Match with the ETag of a dry run
// makes it fail if the revision has changed since.
func (a *API) apply(v *request) error {
	match, err := precondition(v.Ctx)
	if err != nil {
		return err
	}
	options, err := importRequest{}.options(v)
	if err != nil {
		return err
	}
	data, _, err := modeBody(v.Ctx)
	if err != nil {
		return err
	}
	documents, err := manifest.Read(v.UserContext(), a.DB.Kinds(), []upload.File{{Data: data}})
	if err != nil {
		return err
	}
	applied, err := transfer.Apply(v.UserContext(), a.DB, v.by(), v.org.ID, documents, options.dryRun, expectedRevision(v, match))
	if err != nil {
		return err
	}
	v.Set("ETag", etag(v.org.ID, applied.Revision))
	return answer(v.Ctx, http.StatusOK, applied)
}
