package api

import (
	"bytes"
	"cmp"
	"io"
	"mime/multipart"
	"slices"
	"strconv"

	"orgmodes/internal/fault"
	"orgmodes/internal/upload"
)

// importRequest is the content of an import request: files and, in a form, other
// fields.
type importRequest struct {
	files  []upload.File
	fields map[string][]string
}

// maxFormParts bounds a form's parts: the maximum number of files, and some fields.
const maxFormParts = upload.MaxFiles + 100

// parseUpload parses a body that is a file, or a form with files.
func parseUpload(v *request) (importRequest, error) {
	media, params := mediaType(v.Ctx)
	if slices.Contains([]string{mediaJSON, mediaYAML, mediaZip, "text/plain", "application/octet-stream"}, media) {
		return importRequest{files: []upload.File{{Data: v.BodyRaw()}}}, nil
	}
	if media != mediaForm {
		return importRequest{}, unsupported(v.Ctx, mediaYAML+", "+mediaJSON+", "+mediaZip+", "+mediaForm)
	}
	broken := fault.New(fault.Malformed, "malformed_form", "The form could not be read; send files in fields named file")
	up := importRequest{fields: map[string][]string{}}
	if params["boundary"] == "" {
		return up, broken
	}
	seen := map[string]bool{}
	parts := multipart.NewReader(bytes.NewReader(v.BodyRaw()), params["boundary"])
	for range maxFormParts {
		part, err := parts.NextPart()
		if err == io.EOF && len(up.files) > 0 { //nolint:errorlint // wrapped, it is a form that was cut off
			return up, nil
		}
		if err != nil {
			return up, broken.WithCause(err)
		}
		data, err := io.ReadAll(part) // bounded by the limit of the body
		if err != nil {
			return up, broken.WithCause(err)
		}
		if part.FileName() != "" {
			up.files = append(up.files, upload.File{Name: part.FileName(), Data: data})
		} else {
			name := part.FormName()
			if err := v.params.checkParam(name, string(data), seen); err != nil {
				return up, err
			}
			up.fields[name] = append(up.fields[name], string(data))
		}
	}
	return up, fault.New(fault.TooLarge, "too_many_files", "The form has more than %d parts, the maximum of one request", maxFormParts)
}

// values returns the values of a parameter in the query and the form. It can be repeated
// and can contain commas.
func (u importRequest) values(v *request, name string) []string {
	return append(queryList(v, name), splitEach(u.fields[name])...)
}

// value returns the value of a parameter that can be given once.
func (u importRequest) value(v *request, name string) (string, error) {
	switch got := u.values(v, name); len(got) {
	case 0:
		return "", nil
	case 1:
		return got[0], nil
	default:
		return "", malformedQuery("%s is given twice", name)
	}
}

// options parses the options that all imports have: dry_run and only.
func (u importRequest) options(v *request) (importOptions, error) {
	var options importOptions
	dry, err := u.value(v, "dry_run")
	if err != nil {
		return options, err
	}
	if options.dryRun = dry == "true"; dry != "" && dry != "true" && dry != "false" {
		return options, malformedQuery("dry_run must be true or false")
	}
	only, err := u.value(v, "only")
	if err != nil {
		return options, err
	}
	if options.onlyValid = only == "valid"; only != "" && only != "valid" {
		return options, malformedQuery("only must be valid, or omitted")
	}
	return options, nil
}

// choices parses the parameters that all kinds of choices have. The parameter choices
// holds all of them as JSON. The one called name is the decision on conflicts. index
// can be repeated and can contain commas. Package transfer validates them.
func (u importRequest) choices(v *request, into any, name string, decision *string, indexes *[]int) error {
	texts := u.fields["choices"]
	if q := v.Query("choices"); q != "" {
		texts = append(texts, q)
	}
	if len(texts) > 1 {
		return malformedQuery("choices is given twice")
	}
	for _, text := range texts {
		if err := smallJSON([]byte(text), into); err != nil {
			return err
		}
	}
	text, err := u.value(v, name)
	if err != nil {
		return err
	}
	*decision = cmp.Or(text, *decision)
	for _, s := range u.values(v, "index") {
		n, err := strconv.Atoi(s)
		if err != nil {
			return malformedQuery("index must be the number of an item in the plan, from 0")
		}
		*indexes = append(*indexes, n)
	}
	return nil
}

func splitEach(texts []string) []string {
	var list []string
	for _, s := range texts {
		list = append(list, splitCommas(s)...)
	}
	return list
}
