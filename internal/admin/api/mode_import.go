package api

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"orgmodes/internal/admin/files"
	"orgmodes/internal/fault"
)

// modeImport takes a file of modes. With ?dry_run=true it answers the plan;
// otherwise all of the file is imported or nothing, unless ?only=valid leaves
// invalid modes out. If-Match, with the ETag of the plan, holds it to the
// revision that the plan was made at.
func (a *API) modeImport(v *visit) error {
	match, err := precondition(v.Ctx)
	if err != nil {
		return err
	}
	in := files.Import{Seen: a.planned(v, match)}
	switch dry := v.Query("dry_run", "false"); dry {
	case "true", "false":
		in.DryRun = dry == "true"
	default:
		return malformedQuery("dry_run is true or false")
	}
	switch only := v.Query("only"); only {
	case "", "valid":
		in.OnlyValid = only != ""
	default:
		return malformedQuery("only can be valid, or left out")
	}
	if in.Data, err = fileBody(v); err != nil {
		return err
	}
	plan, err := files.Run(v.UserContext(), a.DB, v.by(), v.org.ID, in)
	if err != nil {
		return err
	}
	v.Set("ETag", etag(v.org.ID, plan.Revision))
	return answer(v.Ctx, http.StatusOK, plan)
}

// planned is the revision in If-Match: any for none, and one that never was for
// a tag that isn't of this organization.
func (a *API) planned(v *visit, m ifMatch) int64 {
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

// fileBody is an uploaded file: the body itself, or the file of a form.
func fileBody(v *visit) ([]byte, error) {
	media, params := mediaType(v.Ctx)
	if slices.Contains([]string{mediaJSON, mediaYAML, "text/plain", "application/octet-stream"}, media) {
		return v.BodyRaw(), nil
	}
	if media != mediaForm {
		return nil, unsupported(v.Ctx, mediaYAML+", "+mediaJSON+", "+mediaForm)
	}
	broken := fault.New(fault.Malformed, "malformed_form", "This form can't be read; send one file in it, in a field called file")
	if params["boundary"] == "" {
		return nil, broken
	}
	parts := multipart.NewReader(bytes.NewReader(v.BodyRaw()), params["boundary"])
	for {
		part, err := parts.NextPart()
		if err != nil {
			return nil, broken.Because(err)
		}
		if part.FileName() == "" {
			continue
		}
		data, err := io.ReadAll(part) // bounded by the body
		if err != nil {
			return nil, broken.Because(err)
		}
		return data, nil
	}
}
