package templates

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"orgmodes/internal/cputime"
	"orgmodes/internal/folder"
)

// TestHostileTextsAreBounded reads texts near the limits that are made to cost
// time. The bound is generous: what it must catch grows by the square.
func TestHostileTextsAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("reads many megabytes")
	}
	full := func(unit string) string { return strings.Repeat(unit, (folder.MaxUploadBytes-200)/len(unit)) }
	numbered := func(unit string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, unit, i)
		}
		return b.String()
	}
	tools := strings.Repeat(`"unknown_tool_of_a_server_that_nobody_knows",`, MaxTools-1) + `"x"`
	for name, text := range map[string]string{
		"fields":       "{" + numbered(`"unknown_field_%d_that_nobody_knows":1,`, 120_000) + `"a":1}`,
		"unknown tool": "[" + strings.Repeat(`{"name":"a","permission_mode":"plan","allowed_tools":[`+tools+`]},`, MaxTemplates-1) + `{}]`,
		"values":       "[" + full("0,") + "0]",
		"nesting":      full("["),
		"escapes":      `{"name":"` + full(`\ud83d`) + `"}`,
		"one line":     `{"name":"` + full("é") + `","permission_mode":"x"}`,
		"parentheses":  `{"allowed_tools":["Bash(` + full("(") + `)"]}`,
		"lines":        full("\n") + "{",
		"one name":     "[" + numbered(`{"name":"same","permission_mode":"plan","allowed_tools":["Bash(%d)"]},`, MaxTemplates-1) + `{}]`,
	} {
		spent := cputime.Spent()
		files, err := ReadFile([]byte(text), Tools{})
		if err == nil {
			_, err = PlanImport(nil, files, Choices{OnConflict: Rename})
		}
		spent = cputime.Spent() - spent
		t.Logf("%s: %s, %v", name, spent.Round(time.Millisecond), err)
		assert.Less(t, spent, time.Minute, name)
	}
}
