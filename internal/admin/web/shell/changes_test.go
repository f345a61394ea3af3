package shell

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/diff"
)

func TestChangesAreTruncatedAndCounted(t *testing.T) {
	changes := make([]diff.Change, 3000)
	for i := range changes {
		changes[i] = diff.Change{Pointer: "/config/x" + strconv.Itoa(i), Kind: diff.Changed, Before: "1", After: "2"}
	}
	shown := Changes(changes, diff.NewBudget(context.Background(), diff.DefaultSteps))
	require.Len(t, shown, 201)
	assert.Equal(t, "And 2800 other fields", shown[200].Name)
	assert.Len(t, Changes(changes[:200], diff.NewBudget(context.Background(), diff.DefaultSteps)), 200)
}

func TestFieldLabelAllocations(t *testing.T) {
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { FieldLabel("/config/a~1b/c") }), 4.0)
}
