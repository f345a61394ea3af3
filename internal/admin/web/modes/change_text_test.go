package modes

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"orgmodes/internal/modes"
)

// modeWithFields returns a mode with count unknown fields of the given value.
func modeWithFields(count int, value string) modes.Mode {
	extra := map[string]any{}
	for i := range count {
		extra[fmt.Sprintf("x%05d", i)] = value
	}
	return modes.Mode{Slug: "a", Name: "A", Config: modes.Config{RoleDefinition: "r", Groups: []modes.Group{{Name: "read"}}, Extra: extra}}
}

func TestDescribeChangesTruncatesFields(t *testing.T) {
	const count = 3000
	changes := modes.Diff(modeWithFields(count, "1"), modeWithFields(count, "2"))
	assert.Regexp(t, `^changed the x00000, .*, the x00019 and 2980 other fields$`, describeChanges(changes))
}

func TestFieldNameAllocations(t *testing.T) {
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { fieldName("/config/a~1b") }), 4.0)
}
