package lint

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
)

// modeOfFields returns a mode with count fields that no editor knows, and as many that resemble
// known ones.
func modeOfFields(count int) modes.Mode {
	extra := map[string]any{}
	for i := range count {
		extra[fmt.Sprintf("x%05d", i)] = "1"
		extra["role"+strings.Repeat("_", 1+i%100)+"Definition"+strings.Repeat("-", i/100)] = "1"
	}
	return modes.Mode{Slug: "a", Name: "A", Config: modes.Config{
		RoleDefinition: "You are the first letter.", WhenToUse: "w", Description: "d", Groups: []modes.Group{{Name: "read"}}, Extra: extra,
	}}
}

func TestUnknownFieldAdviceIsLimited(t *testing.T) {
	const count = 1000
	found := map[string][]Advice{}
	for _, a := range Advise(modeOfFields(count)) {
		found[a.Rule] = append(found[a.Rule], a)
	}
	for _, rule := range []string{"unknown-field", "misspelled-field"} {
		require.Len(t, found[rule], 20, rule)
		assert.NotContains(t, found[rule][18].Detail, "more fields")
		assert.Contains(t, found[rule][19].Detail, " The same goes for ", rule)
	}
	assert.Equal(t, "/config/x00000", found["unknown-field"][0].Pointer)
	assert.Contains(t, found["unknown-field"][19].Detail, fmt.Sprint(count-20))
}

func TestUnknownFieldAdviceAllocations(t *testing.T) {
	few, many := modeOfFields(100), modeOfFields(2000)
	more := float64(len(many.Config.Extra) - len(few.Config.Extra))
	perField := (testing.AllocsPerRun(3, func() { Advise(many) }) - testing.AllocsPerRun(3, func() { Advise(few) })) / more
	assert.Less(t, perField, 10.0, "allocations for one field")
}

func TestLongPatternAdviceMemoryIsBounded(t *testing.T) {
	m := modes.Mode{Slug: "a", Name: "A", Config: modes.Config{RoleDefinition: "r", Groups: []modes.Group{
		{Name: "edit", Restriction: &modes.Restriction{FileRegex: strings.Repeat("(a|b)+", 40_000)}},
	}}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	Advise(m)
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16<<20))
}
