package modes

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"orgmodes/internal/imports"
	"orgmodes/internal/resource"
)

// ImportEntries returns the entries of the file for planning their import. Two modes with the
// same slug are a problem of the file: no conflict policy resolves it.
func (f File) ImportEntries() []imports.Entry {
	out := make([]imports.Entry, len(f.Entries))
	for i, e := range f.Entries {
		out[i] = imports.Entry{FileEntry: e.FileEntry, Spec: e.Mode, ConflictIsProblem: e.Conflict != nil, Text: e}
	}
	return out
}

// NumberedName appends a number to a slug: docs-2.
func (Kind) NumberedName(slug string, n int) string {
	number := "-" + strconv.Itoa(n)
	return slug[:min(len(slug), MaxSlugLength-len(number))] + number
}

// KeepBoth returns the mode under the free slug. If the existing mode has the same name, the
// name changes, too.
func (Kind) KeepBoth(s resource.Spec, slug string, existing resource.Spec) (resource.Spec, []resource.Notice) {
	m, _ := s.(Mode)
	e, _ := existing.(Mode)
	m.Slug = slug
	notices := []resource.Notice{{
		Pointer: "/slug", Detail: fmt.Sprintf("kept beside the existing mode %q, under the slug %q", e.Slug, slug),
	}}
	if name := m.Name + " (2)"; m.Name == e.Name && utf8.RuneCountInString(name) <= MaxNameLength {
		m.Name = name
		notices = append(notices, resource.Notice{Pointer: "/name", Detail: fmt.Sprintf("renamed to %q, to tell the two apart", name)})
	}
	return m, notices
}

// ReplaceNotices reports if the slugs differ in case.
func (Kind) ReplaceNotices(s, existing resource.Spec) []resource.Notice {
	slug, before := s.ObjectName(), existing.ObjectName()
	if slug == before {
		return nil
	}
	return []resource.Notice{{
		Pointer: "/slug",
		Detail:  fmt.Sprintf("differs only in case from the existing mode %q, and replaces it under the slug %q", before, slug),
	}}
}
