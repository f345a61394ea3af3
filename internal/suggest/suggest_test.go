package suggest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNear(t *testing.T) {
	names := []string{"name", "permission_mode", "default_role", "Bash", "bash"}
	for _, c := range []struct{ written, want string }{
		{"nam", "name"},
		{"role", "default_role"},
		{"permissionMode", "permission_mode"},
		{"BASH", "Bash"},
		{"bsh", "bash"},
		{"NAME", "name"},
		{"model", ""},
		{"private", ""},
		{"a/b~c", ""},
		{"x", ""},
		{"", ""},
		{strings.Repeat("x", 1<<20), ""},
	} {
		assert.Equal(t, c.want, Near(c.written, names), c.written)
	}
	assert.Equal(t, "Mode", Near("Mood", []string{"Gadget", "Mode"}))
	assert.Empty(t, Near("Agent", []string{"Edit", "Bash", "Read", "Grep", "Task"}))
	assert.Empty(t, Near("why", []string{"id"}))
	assert.Empty(t, Near("x", nil))
	assert.Equal(t, "; did you mean --dry-run?", HintNear("; did you mean --%s?", "dryrun", []string{"org", "dry-run"}))
	assert.Empty(t, HintNear("; did you mean --%s?", "zzzz", []string{"org", "dry-run"}))
}

func TestMisspelled(t *testing.T) {
	names := []string{"Bash", "Edit", "Read", "Grep", "LSP", "Write", "WebFetch", "NotebookEdit", "TaskCreate", "bash", "web_search", "spawn_minion"}
	for _, c := range []struct{ written, want string }{
		{"Bsh", "Bash"},
		{"Gerp", "Grep"},
		{"raed", "Read"},
		{"webfetch", "WebFetch"},
		{"WEB_SEARCH", "web_search"},
		{"web-fetch", "WebFetch"},
		{"spawn_minon", "spawn_minion"},
		{"TaskCraete", "TaskCreate"},
		// Tools of another kind, even if their names are similar.
		{"Agent", ""},
		{"BashOutput", ""},
		{"KillBash", ""},
		{"NotebookRead", ""},
		{"WebRead", ""},
		{"TodoRead", ""},
		{"LS", ""},
		{"nope", ""},
		{"retired", ""},
		{"", ""},
		{strings.Repeat("x", 1<<20), ""},
	} {
		assert.Equal(t, c.want, Misspelled(c.written, names), c.written)
	}
}

func TestRanked(t *testing.T) {
	names := []string{"name", "permission_mode"}
	assert.Equal(t, []string{"read", "edit", "browser"}, Ranked("raed", []string{"edit", "read", "browser"}))
	assert.Len(t, Ranked(strings.Repeat("x", 1<<20), names), len(names))
	assert.Equal(t, "name", names[0], "the caller's order stays")
	assert.Empty(t, Ranked("x", nil))
}
