package api

import (
	"bytes"
	"io"
	"mime/multipart"
	"slices"
	"strconv"

	"orgmodes/internal/admin/files"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
)

// upload is what an import brings: files, and beside them fields of a form.
type upload struct {
	files  []modes.NamedFile
	fields map[string][]string
}

// maxFormParts bounds a form's parts: the files that may be read, and some
// fields.
const maxFormParts = modes.MaxFiles + 100

// uploadOf reads a body that is a file, or a form with files.
func uploadOf(v *visit) (upload, error) {
	media, params := mediaType(v.Ctx)
	if slices.Contains([]string{mediaJSON, mediaYAML, mediaZip, "text/plain", "application/octet-stream"}, media) {
		return upload{files: []modes.NamedFile{{Data: v.BodyRaw()}}}, nil
	}
	if media != mediaForm {
		return upload{}, unsupported(v.Ctx, mediaYAML+", "+mediaJSON+", "+mediaZip+", "+mediaForm)
	}
	broken := fault.New(fault.Malformed, "malformed_form", "This form can't be read; send files in it, in fields called file")
	up := upload{fields: map[string][]string{}}
	if params["boundary"] == "" {
		return up, broken
	}
	parts := multipart.NewReader(bytes.NewReader(v.BodyRaw()), params["boundary"])
	for range maxFormParts {
		part, err := parts.NextPart()
		if err == io.EOF && len(up.files) > 0 { //nolint:errorlint // wrapped, it is a form that was cut off
			return up, nil
		}
		if err != nil {
			return up, broken.Because(err)
		}
		data, err := io.ReadAll(part) // bounded by the body
		if err != nil {
			return up, broken.Because(err)
		}
		if part.FileName() != "" {
			up.files = append(up.files, modes.NamedFile{Name: part.FileName(), Data: data})
		} else {
			up.fields[part.FormName()] = append(up.fields[part.FormName()], string(data))
		}
	}
	return up, fault.New(fault.TooLarge, "too_many_files", "These are more than %d parts; at most that many are read at once", maxFormParts)
}

// options reads how to import, from the query and the form: dry_run, only,
// collision, slug and index (each several times, or with commas), and choices,
// which is all of that as JSON and per slug too.
func (u upload) options(v *visit, in *files.Import) error {
	all := func(name string) []string { return append(listOf(v, name), splitAll(u.fields[name])...) }
	one := func(name string) (string, error) {
		switch got := all(name); len(got) {
		case 0:
			return "", nil
		case 1:
			return got[0], nil
		default:
			return "", malformedQuery("%s is there twice", name)
		}
	}
	dry, err := one("dry_run")
	if err != nil {
		return err
	}
	if in.DryRun = dry == "true"; dry != "" && dry != "true" && dry != "false" {
		return malformedQuery("dry_run is true or false")
	}
	only, err := one("only")
	if err != nil {
		return err
	}
	if in.OnlyValid = only == "valid"; only != "" && only != "valid" {
		return malformedQuery("only can be valid, or left out")
	}
	if err := u.choices(v, &in.Choices); err != nil {
		return err
	}
	collision, err := one("collision")
	if err != nil {
		return err
	}
	if collision != "" {
		in.Choices.Collision = modes.Collision(collision)
	}
	in.Choices.Slugs = append(in.Choices.Slugs, all("slug")...)
	for _, s := range all("index") {
		n, err := strconv.Atoi(s)
		if err != nil {
			return malformedQuery("index is the number of a mode, from 0")
		}
		in.Choices.Indexes = append(in.Choices.Indexes, n)
	}
	return nil
}

func (u upload) choices(v *visit, into *modes.Choices) error {
	texts := u.fields["choices"]
	if q := v.Query("choices"); q != "" {
		texts = append(texts, q)
	}
	switch {
	case len(texts) == 0:
		return nil
	case len(texts) > 1:
		return malformedQuery("choices is there twice")
	case len(texts[0]) > maxSmall:
		return fault.New(fault.TooLarge, "body_too_large", "At most %d KiB of choices are taken", maxSmall>>10)
	}
	return strictJSON([]byte(texts[0]), into)
}

func splitAll(texts []string) []string {
	var list []string
	for _, s := range texts {
		list = append(list, split(s)...)
	}
	return list
}
