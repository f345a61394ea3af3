package templates

import "orgmodes/internal/diff"

// Diff compares two templates field by field, in the order in which a template is written. The
// pointers refer to the API's representation. An empty text differs from an absent one. Equal
// templates give nil.
func Diff(before, after Template) []diff.Change {
	var changes []diff.Change
	b, a := before.Fields(), after.Fields()
	for i := range b {
		changes = diff.Field(changes, "/"+b[i].Name, b[i].Value, a[i].Value)
	}
	return changes
}
