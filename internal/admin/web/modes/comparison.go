package modes

import (
	"strings"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/diff"
	"orgmodes/internal/modes"
)

// compareModes compares two modes as YAML. With isNew, before is ignored and its side is
// empty.
func compareModes(label string, before, after modes.Mode, isNew bool, budget *diff.Budget) shell.Comparison {
	old := ""
	if !isNew {
		old = string(modes.WriteYAMLMode(before))
	}
	return shell.Compare(label, strings.TrimSuffix(old, "\n"), strings.TrimSuffix(string(modes.WriteYAMLMode(after)), "\n"), budget)
}
