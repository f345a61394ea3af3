package templates

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
	"orgmodes/internal/golden"
)

func TestReadTemplateRefusals(t *testing.T) {
	var b strings.Builder
	for _, body := range []string{
		``, `{`, `{"name": "x",}`, "{\n  \"name\": nope}", `{"name": "x"} y`, "{\"name\": \"\xff\"}", "\xff\xfe{", "{\n// x\n}", `{"name": "a` + "\n" + `b"}`,
		`[]`, `null`, `"x"`, `{}`,
		`{"name": "x", "permission_mode": "plan", "role": "y", "prompt": 1, "allowedTools": [], "permissionMode": "plan"}`,
		`{"name": "x", "permission_mode": "plan", "model": "y", "a/b~c": 1}`,
		"{\"name\": 5,\n \"permission_mode\": [],\n \"allowed_tools\": {\"a\": 1},\n \"default_role\": true,\n \"description\": {}}",
		"{\"name\": \"x\", \"permission_mode\": \"plan\",\n \"allowed_tools\": [\"Read\", 5, null, [\"x\"], \"Bsh\", \"Read\"]}",
		`{"name": "x", "name": "y", "permission_mode": "plan", "template_id": 1, "template_id": 2}`,
		`{"name": null, "permission_mode": null, "allowed_tools": null, "default_role": null}`,
		`{"name": 1e999, "permission_mode": "plan", "version": 1e999}`,
		`{"name": "  ", "permission_mode": "acceptEdit"}`,
		`{"name": "half \ud83d character", "permission_mode": "plan"}`,
		`{"name": "x", "permission_mode": "plan", "description": "a\u0000b", "\udc00": 1}`,
		`{"name": ` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`,
		`{"permission_mode": "plan", "name": "` + strings.Repeat("ä", 101) + `"}`,
		`{"allowed_tools": [` + strings.Repeat("0,", 100) + `0]}`,
	} {
		got, err := ReadTemplate([]byte(body), Tools{})
		assert.Equal(t, Template{}, got)
		fmt.Fprintf(&b, "== %.110s\n%s", body, formatError(err))
	}
	golden.Equal(t, "refusals.txt", []byte(b.String()))
	_, err := ReadTemplate([]byte(strings.Repeat(" ", MaxBodyBytes+1)), Tools{})
	assert.True(t, fault.Is(err, fault.TooLarge))
	_, err = ReadTemplate([]byte("["+strings.Repeat("0,", maxValues)+"0]"), Tools{})
	assert.True(t, fault.Is(err, fault.TooLarge), "%v", err)
}

func TestReadTemplate(t *testing.T) {
	got, err := ReadTemplate([]byte("\uFEFF"+`{"template_id": 5, "created_at": null, "version": [], "etag": "x", "name": " A ", "permission_mode": "plan",
		"allowed_tools": [" Read "], "default_role": "", "description": "\ud83d\udd0d \\ud83d"}`), Tools{})
	require.NoError(t, err)
	assert.Equal(t, Template{Name: "A", PermissionMode: Plan, AllowedTools: []string{"Read"}, DefaultRole: new(""), Description: new(`🔍 \ud83d`)}, got)
	got, err = ReadTemplate([]byte(`{"name": "A", "permission_mode": "plan"}`), Tools{})
	require.NoError(t, err)
	assert.Equal(t, Template{Name: "A", PermissionMode: Plan, AllowedTools: []string{}}, got)
	tools, err := Tools{}.With("deploy")
	require.NoError(t, err)
	_, err = ReadTemplate([]byte(`{"name": "A", "permission_mode": "plan", "allowed_tools": ["deploy"]}`), tools)
	assert.NoError(t, err)
}

func TestPatch(t *testing.T) {
	before := Template{
		Name: "A", PermissionMode: AcceptEdits, AllowedTools: []string{"Read"},
		DefaultRole: new("role"), DefaultSystemPrompt: new("prompt"), Description: new("description"),
	}
	for _, c := range []struct {
		body   string
		change func(*Template)
	}{
		{`{}`, func(*Template) {}},
		{`{"template_id": "x", "updated_at": 1}`, func(*Template) {}},
		{`{"name": " B "}`, func(t *Template) { t.Name = "B" }},
		{`{"permission_mode": "plan"}`, func(t *Template) { t.PermissionMode = Plan }},
		{`{"allowed_tools": []}`, func(t *Template) { t.AllowedTools = []string{} }},
		{`{"allowed_tools": null}`, func(t *Template) { t.AllowedTools = []string{} }},
		{`{"default_role": null}`, func(t *Template) { t.DefaultRole = nil }},
		{`{"default_role": ""}`, func(t *Template) { t.DefaultRole = new("") }},
		{`{"default_system_prompt": null, "description": ""}`, func(t *Template) { t.DefaultSystemPrompt, t.Description = nil, new("") }},
	} {
		want := before.Normalized()
		c.change(&want)
		patch, err := ReadPatch([]byte(c.body))
		require.NoError(t, err, c.body)
		got, err := patch.Apply(before, Tools{})
		require.NoError(t, err, c.body)
		assert.Equal(t, want, got, c.body)
	}
	got, err := Patch{Name: new("C")}.Apply(before, Tools{})
	require.NoError(t, err)
	*got.DefaultRole, got.AllowedTools[0] = "other", "other"
	assert.Equal(t, "role", *before.DefaultRole, "nothing is shared")
	assert.Equal(t, "Read", before.AllowedTools[0])
}

func TestPatchRefusals(t *testing.T) {
	before := Template{Name: "A", PermissionMode: AcceptEdits, AllowedTools: []string{"retired"}}
	var b strings.Builder
	for _, body := range []string{
		`[]`, `{"name": null, "permission_mode": null}`, `{"name": ""}`, `{"permission_mode": "x", "name": "x"}`,
		"{\n \"allowed_tools\": [\"Read\", \"Raed\"]}", `{"allowed_tools": null, "role": "x"}`, `{"description": 5, "description": "x"}`,
		`{"description": "new"}`,
	} {
		patch, err := ReadPatch([]byte(body))
		if err == nil {
			_, err = patch.Apply(before, Tools{})
		}
		fmt.Fprintf(&b, "== %s\n%s", body, formatError(err))
	}
	golden.Equal(t, "patch_refusals.txt", []byte(b.String()))
}
