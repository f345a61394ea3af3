package lint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/editors"
	"orgmodes/internal/golden"
	"orgmodes/internal/modes"
)

func sample(tb testing.TB, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(tb, err)
	// A literal secret in a test file would trigger secret scanners.
	data = bytes.ReplaceAll(data, []byte("(A KEY)"), []byte("AKIA"+strings.Repeat("Z", 16)))
	data = bytes.ReplaceAll(data, []byte("(LONG)"), []byte(strings.Repeat("Be brief. ", 2000)))
	return bytes.ReplaceAll(data, []byte("(VERY LONG)"), []byte(strings.Repeat("Не спеши. ", 5000)))
}

// TestRulesAreComplete checks that everything that rules.yaml refers to exists.
func TestRulesAreComplete(t *testing.T) {
	assert.Positive(t, Version())
	seen := map[string]bool{}
	used := map[string]bool{}
	for _, r := range Rules() {
		assert.False(t, seen[r.ID], "%s is there twice", r.ID)
		seen[r.ID] = true
		assert.Regexp(t, `^[a-z]+(-[a-z]+)*$`, r.ID)
		assert.Contains(t, []Severity{Warning, Info}, r.Severity, r.ID)
		for _, text := range []string{r.Title, r.Detail, r.Fix} {
			assert.NotEmpty(t, text, r.ID)
		}
		for _, id := range r.Clients {
			_, err := editors.Find(id)
			assert.NoError(t, err, r.ID)
		}
		used[r.Check] = true
		if r.Check != "" {
			assert.Contains(t, checks, r.Check, r.ID)
			continue
		}
		assert.True(t, r.Pointer != "" || r.When.Group != "", "%s points nowhere", r.ID)
	}
	for name := range checks {
		assert.True(t, used[name], "no rule uses the check %s", name)
	}
}

// TestAdvice compares the advice on sample modes with a golden file, and checks that each rule
// has a sample.
func TestAdvice(t *testing.T) {
	f, err := modes.ReadFile(t.Context(), sample(t, "modes.yaml"))
	require.NoError(t, err)
	var b strings.Builder
	given := map[string]bool{"empty-description": true, "slug-in-several-files": true} // see TestEmptyDescription, TestCompare
	for _, e := range f.Entries {
		require.Empty(t, e.Problems, e.Mode.Slug)
		fmt.Fprintf(&b, "== %s\n", e.Mode.Slug)
		for _, a := range Advise(e.Mode) {
			given[a.Rule] = true
			line, column := e.Position(a.Pointer)
			fmt.Fprintf(&b, "%s %s at %s (%d:%d) %v\n    %s\n    %s\n    %s\n", a.Severity, a.Rule, a.Pointer, line, column, a.Clients, a.Title, a.Detail, a.Fix)
		}
	}
	golden.Equal(t, "advice.txt", []byte(b.String()))
	assert.NotRegexp(t, `\{[a-z]+\}`, b.String(), "words left in braces")
	for _, r := range Rules() {
		assert.True(t, given[r.ID], "no sample calls for %s", r.ID)
	}
}

func TestEmptyDescription(t *testing.T) {
	m := modes.Mode{Slug: "a", Name: "A", Config: modes.Config{
		RoleDefinition: "You are the first letter.", WhenToUse: "w", Description: " ", Groups: []modes.Group{{Name: "read"}},
	}}
	require.Len(t, Advise(m), 1)
	assert.Equal(t, "empty-description", Advise(m)[0].Rule)
	m.Config.Description = ""
	assert.Empty(t, Advise(m))
}

func TestAdviceForSelectedClients(t *testing.T) {
	m := modes.Mode{Slug: "a", Name: "A", Config: modes.Config{
		RoleDefinition: "You are the first letter.", Description: "d", Groups: []modes.Group{{Name: "read"}, {Name: "browser"}},
	}}
	require.Len(t, Advise(m), 1)
	assert.Empty(t, Advise(m, "roo-code"))
	assert.Equal(t, []string{"kilo-cli-7"}, Advise(m, "roo-code", "kilo-cli-7")[0].Clients)
}

func TestBuiltinsAndSamplesHaveNoWarnings(t *testing.T) {
	f, err := modes.ReadFile(t.Context(), modes.Samples())
	require.NoError(t, err)
	for _, m := range append(f.Modes(), modes.Builtins()...) {
		for _, a := range Advise(m, "kilo-legacy", "roo-code") {
			assert.NotEqual(t, Warning, a.Severity, "%s: %s", m.Slug, a.Detail)
		}
	}
}

func TestTokens(t *testing.T) {
	for text, want := range map[string]int{"": 0, "a": 1, "four": 1, "fives": 2, "слово": 3, "模式": 2, "😀": 1, strings.Repeat("word ", 400): 500} {
		assert.Equal(t, want, Tokens(text), text)
	}
}

// FuzzFor checks that advice on any mode can be encoded.
func FuzzFor(f *testing.F) {
	f.Add("slug", "{{x}}", "*.md", "role_definition")
	f.Add("Code", "sk-"+strings.Repeat("a", 40), `\\.md`, "a/b~")
	f.Fuzz(func(t *testing.T, slug, text, pattern, field string) {
		m := modes.Mode{Slug: slug, Name: text, Config: modes.Config{
			RoleDefinition: text, CustomInstructions: text, Extra: map[string]any{field: text},
			Groups: []modes.Group{{Name: "edit", Restriction: &modes.Restriction{FileRegex: pattern}}},
		}}
		for _, a := range Advise(m) {
			_, err := json.Marshal(a)
			require.NoError(t, err)
			require.NotEmpty(t, a.Pointer)
		}
	})
}
