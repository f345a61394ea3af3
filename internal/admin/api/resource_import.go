package api

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"orgmodes/internal/admin/files"
)

// importAll takes files. With ?dry_run=true it answers the plan; otherwise all of
// what is wanted is imported or nothing, unless ?only=valid leaves out what can't
// be used. If-Match, with the ETag of the plan, holds it to the revision that the
// plan was made at.
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
	var refused *files.RefusedError
	if errors.As(err, &refused) { // with a plan to go on with
		v.Set("ETag", etag(v.org.ID, refused.Plan.Revision))
	}
	if err != nil {
		return err
	}
	v.Set("ETag", etag(v.org.ID, revision))
	return answer(v.Ctx, http.StatusOK, plan)
}

// run imports what was uploaded, as its kind reads it, and returns the plan and the revision
// that it is for.
func (a *API) run(v *visit, up importRequest, how howToImport, choices files.Choices, read files.Reader) (any, int64, error) {
	plan, err := read.Import(v.UserContext(), a.DB, v.by(), v.org.ID, up.files,
		files.Options{Choices: choices, DryRun: how.dryRun, OnlyValid: how.onlyValid, Seen: how.seen})
	if err != nil {
		return nil, 0, err
	}
	return plan.JSON(), plan.Revision, nil
}

// planned is the revision in If-Match: any for none, and one that never was for
// a tag that isn't of this organization.
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
