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
func (r *objects) importAll(v *visit) error {
	match, err := precondition(v.Ctx)
	if err != nil {
		return err
	}
	up, err := uploadOf(v)
	if err != nil {
		return err
	}
	how, err := up.how(v)
	if err != nil {
		return err
	}
	how.seen = planned(v, match)
	plan, revision, err := r.importFiles(v, up, how)
	var refused *transfer.RefusedError
	if errors.As(err, &refused) { // for the client's next attempt
		v.Set("ETag", etag(v.org.ID, refused.Plan.Revision))
	}
	if err != nil {
		return err
	}
	v.Set("ETag", etag(v.org.ID, revision))
	return answer(v.Ctx, http.StatusOK, plan)
}

// run imports the uploaded files with the reader of their kind. It returns the plan and
// its revision.
func (a *API) run(v *visit, up importRequest, how howToImport, choices transfer.Choices, read transfer.Reader) (any, int64, error) {
	plan, err := read.Import(v.UserContext(), a.DB, v.by(), v.org.ID, up.files,
		transfer.Options{Choices: choices, DryRun: how.dryRun, OnlyValid: how.onlyValid, Seen: how.seen})
	if err != nil {
		return nil, 0, err
	}
	return plan.JSON(), plan.Revision, nil
}

// planned returns the revision in If-Match. It is 0 (any) without one, and a revision
// that never exists for a tag of another organization.
func planned(v *visit, m ifMatch) int64 {
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
	return neverSeen
}
