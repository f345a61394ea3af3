package web

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/audit"
	"orgmodes/internal/diff"
	"orgmodes/internal/modes"
)

// modeWithFields has count unknown fields of a value.
func modeWithFields(count int, value string) modes.Mode {
	extra := map[string]any{}
	for i := range count {
		extra[fmt.Sprintf("x%05d", i)] = value
	}
	return modes.Mode{Slug: "a", Name: "A", Config: modes.Config{RoleDefinition: "r", Groups: []modes.Group{{Name: "read"}}, Extra: extra}}
}

// updated is the audit entry of an update that changes count fields.
func updated(t *testing.T, count int) audit.Entry {
	t.Helper()
	before, err := json.Marshal(modeWithFields(count, "1"))
	require.NoError(t, err)
	after, err := json.Marshal(modeWithFields(count, "2"))
	require.NoError(t, err)
	return audit.Entry{Subject: audit.Subject{Kind: audit.Mode}, Before: before, After: after}
}

func TestChangesOfManyFieldsNameTheFirstAndCountTheOthers(t *testing.T) {
	const count = 3000
	entry := updated(t, count)
	assert.Less(t, len(changedFields(entry)), 1000)
	assert.Regexp(t, `^x00000, .*, x00019, 2980 other fields$`, changedFields(entry))

	changes := modes.Diff(modeWithFields(count, "1"), modeWithFields(count, "2"))
	assert.Regexp(t, `^changed the x00000, .*, the x00019 and 2980 other fields$`, changeSentence(changes))

	shown := shownChanges(changes, diff.NewBudget(context.Background(), diff.DefaultSteps))
	require.Len(t, shown, 201)
	assert.Equal(t, "And 2800 other fields", shown[200].Name)
	assert.Len(t, shownChanges(changes[:200], diff.NewBudget(context.Background(), diff.DefaultSteps)), 200)
}

func TestNamingAFieldCostsFewAllocations(t *testing.T) {
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { fieldInWords("/config/a~1b/c") }), 4.0)
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { fieldWord("/config/a~1b") }), 4.0)
}
