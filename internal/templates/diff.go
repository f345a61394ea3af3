package templates

import "orgmodes/internal/diff"

// Diff compares two templates field by field, in the order in which a template
// is written, with pointers into the API's form of one. A text that is empty and
// one that isn't there differ. Equal templates give nil.
func Diff(before, after Template) []diff.Change {
	var changes []diff.Change
	b, a := before.Fields(), after.Fields()
	for i := range b {
		changes = diff.Field(changes, "/"+b[i].Name, b[i].Value, a[i].Value)
	}
	return changes
}
