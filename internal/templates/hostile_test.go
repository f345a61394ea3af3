package templates

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"orgmodes/internal/imports"
	"orgmodes/internal/prove"
	"orgmodes/internal/upload"
)

// TestHostileInputIsBounded reads texts near the limits that are crafted to be expensive.
// Allocations stand in for all work. Costs bounded by values and text size are far below the
// asserted limits; quadratic ones are far above.
func TestHostileInputIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("reads many megabytes")
	}
	// The long tests use the full size. Quadratic costs exceed the limits at an eighth of it,
	// too.
	share := 8
	if prove.Enabled() {
		share = 1
	}
	full := func(unit string) string { return strings.Repeat(unit, (upload.MaxUploadBytes-200)/len(unit)/share) }
	numbered := func(unit string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, unit, i)
		}
		return b.String()
	}
	tools := strings.Repeat(`"unknown_tool_of_a_server_that_nobody_knows",`, MaxTools-1) + `"x"`
	for name, text := range map[string]string{
		"fields":       "{" + numbered(`"unknown_field_%d_that_nobody_knows":1,`, 120_000/share) + `"a":1}`,
		"unknown tool": "[" + strings.Repeat(`{"name":"a","permission_mode":"plan","allowed_tools":[`+tools+`]},`, MaxTemplates-1) + `{}]`,
		"values":       "[" + full("0,") + "0]",
		"nesting":      full("["),
		"escapes":      `{"name":"` + full(`\ud83d`) + `"}`,
		"one line":     `{"name":"` + full("é") + `","permission_mode":"x"}`,
		"parentheses":  `{"allowed_tools":["Bash(` + full("(") + `)"]}`,
		"lines":        full("\n") + "{",
		"one name":     "[" + numbered(`{"name":"same","permission_mode":"plan","allowed_tools":["Bash(%d)"]},`, MaxTemplates-1) + `{}]`,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		files, err := ReadFile(t.Context(), []byte(text), Tools{})
		if err == nil {
			planImport(nil, files, imports.ConflictPolicy{Default: imports.KeepBoth})
		}
		runtime.ReadMemStats(&after)
		allocations, bytes := after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
		t.Logf("%s: %d allocations, %d MiB, %v", name, allocations, bytes>>20, err)
		assert.Less(t, allocations, uint64(400_000), name)
		assert.Less(t, bytes, uint64(64<<20), name)
	}
}
