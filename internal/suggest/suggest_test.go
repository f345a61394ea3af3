package suggest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestClosest(t *testing.T) {
	names := []string{"name", "permission_mode", "default_role", "Bash", "bash"}
	for written, want := range map[string]string{
		"nam": "name", "role": "default_role", "permissionMode": "permission_mode", "BASH": "Bash", "bsh": "bash", "NAME": "name",
	} {
		assert.Equal(t, want, Closest(written, names), written)
	}
	assert.Equal(t, []string{"read", "edit", "browser"}, Ranked("raed", []string{"edit", "read", "browser"}))
	assert.Len(t, Ranked(strings.Repeat("x", 1<<20), names), len(names))
	assert.Equal(t, "name", names[0], "the caller's order stays")
	assert.Empty(t, Ranked("x", nil))
}
