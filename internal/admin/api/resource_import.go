package api

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"orgmodes/internal/admin/transfer"
)

// importAll imports files. With ?dry_run=true it returns the plan. Otherwise it imports
// all selected objects or nothing, unless ?only=valid leaves out unusable ones.
// If-Match with the ETag of the plan makes it fail if the plan's revision is no longer
// current.
func (r *objects) importAll(v *request) error {
	match, err := precondition(v.Ctx)
	if err != nil {
		return err
	}
	up, err := parseUpload(v)
	if err != nil {
		return err
	}
	options, err := up.options(v)
	if err != nil {
		return err
	}
	options.expectedRevision = expectedRevision(v, match)
	plan, revision, err := r.importFiles(v, up, options)
	var refused *transfer.RejectedError
	if errors.As(err, &refused) { // for the client's next attempt
		v.Set("ETag", etag(v.org.ID, refused.Plan.Revision))
	}
	if err != nil {
		return err
	}
	v.Set("ETag", etag(v.org.ID, revision))
	return answer(v.Ctx, http.StatusOK, plan)
}

// runImport imports the uploaded files with the reader of their kind. It returns the plan and
// its revision.
func (a *API) runImport(v *request, up importRequest, options importOptions, choices transfer.Choices, read transfer.Reader) (any, int64, error) {
	plan, err := read.Import(v.UserContext(), a.DB, v.by(), v.org.ID, up.files,
		transfer.Options{Choices: choices, DryRun: options.dryRun, OnlyValid: options.onlyValid, ExpectedRevision: options.expectedRevision})
	if err != nil {
		return nil, 0, err
	}
	return plan.JSON(), plan.Revision, nil
}

// expectedRevision returns the revision in If-Match. It is 0 (any) without one, and a revision
// that never exists for a tag of another organization.
func expectedRevision(v *request, m ifMatch) int64 {
	if !m.present || m.any {
		return 0
	}
	for _, tag := range m.tags {
		rest, ok := strings.CutPrefix(tag, `"`+v.org.ID.String()+".")
		if !ok {
			continue
		}
		if n, err := strconv.ParseInt(strings.TrimSuffix(rest, `"`), 10, 64); err == nil && n > 0 {
			return n
		}
	}
	return noVersion
}
