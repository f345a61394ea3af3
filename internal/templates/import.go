package templates

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"orgmodes/internal/imports"
	"orgmodes/internal/resource"
)

// ImportEntries returns the entries of the files for planning their import, with the notices about
// their templates.
func (f Files) ImportEntries() []imports.Entry {
	out := make([]imports.Entry, len(f.Entries))
	for i, e := range f.Entries {
		if len(e.Problems) == 0 {
			e.Notices = append(slices.Clip(e.Notices), e.templateNotices()...)
		}
		out[i] = imports.Entry{
			FileEntry: e.FileEntry, Spec: e.Template, ID: e.ID, CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt, Text: e,
		}
	}
	return out
}

func (e Entry) templateNotices() []resource.Notice {
	all := e.Template.Notices()
	for i := range all {
		all[i].File = e.File
		all[i].Line, all[i].Column = e.Position(all[i].Pointer)
	}
	return all
}

// numberedPattern matches a name that ends in a number added by NumberedName.
var numberedPattern = regexp.MustCompile(`^(.*\S) \([0-9]{1,6}\)$`)

// NumberedName appends a number to a name or replaces the existing one: "Reviewer (2)".
func (Kind) NumberedName(name string, n int) string {
	if m := numberedPattern.FindStringSubmatch(name); m != nil {
		name = m[1]
	}
	runes := []rune(name)
	number := fmt.Sprintf(" (%d)", n)
	return strings.TrimSpace(string(runes[:min(len(runes), MaxNameLength-len(number))])) + number
}

// KeepBoth returns the template renamed to name, with a notice about the new name.
func (Kind) KeepBoth(s resource.Spec, name string, _ resource.Spec) (resource.Spec, []resource.Notice) {
	t, _ := s.(Template)
	t.Name = name
	return t, []resource.Notice{{Pointer: "/name", Detail: fmt.Sprintf("called '%s', as the name is taken", name)}}
}

// ReplaceNotices returns nil.
func (Kind) ReplaceNotices(_, _ resource.Spec) []resource.Notice { return nil }
