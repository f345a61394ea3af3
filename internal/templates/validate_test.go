package templates

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
	"orgmodes/internal/golden"
	"orgmodes/internal/resource"
)

func valid() Template { return Template{Name: "Helper", PermissionMode: Default} }

func TestValidate(t *testing.T) {
	many := make([]string, MaxTools+1)
	for i := range many {
		many[i] = fmt.Sprintf("Bash(%d)", i)
	}
	for _, c := range []struct {
		name    string
		change  func(*Template)
		code    string
		pointer string
		detail  string
	}{
		{"blank name", func(t *Template) { t.Name = " \t\u00a0" }, CodeNameEmpty, "/name", "Template name cannot be empty"},
		{"name of nothing to see", func(t *Template) { t.Name = "\u200b\u2060" }, CodeNameEmpty, "/name", "Template name cannot be empty"},
		{"name of two lines", func(t *Template) { t.Name = "a\nb" }, CodeInvalid, "/name", "single line"},
		{"name with a line separator", func(t *Template) { t.Name = "a\u2028b" }, CodeInvalid, "/name", "single line"},
		{"name too long", func(t *Template) { t.Name = strings.Repeat("é", 101) }, CodeInvalid, "/name", "at most 100 characters; this one has 101"},
		{"no mode", func(t *Template) { t.PermissionMode = "" }, CodePermissionMode, "/permission_mode", "required"},
		{"mode in other letters", func(t *Template) { t.PermissionMode = "acceptedits" }, CodePermissionMode, "/permission_mode", "the closest match is acceptEdits"},
		{"unknown tool", func(t *Template) { t.AllowedTools = []string{"Read", "bash", "Bsh"} }, CodeInvalid, "/allowed_tools/2", `unknown tool "Bsh"; the closest match is Bash`},
		{"unknown tool with a specifier", func(t *Template) { t.AllowedTools = []string{"Gerp(x)"} }, CodeInvalid, "/allowed_tools/0", "closest match is Grep"},
		{"tool twice", func(t *Template) { t.AllowedTools = []string{"Read", "Edit", " Read "} }, CodeInvalid, "/allowed_tools/2", "Read appears twice (already at position 1)"},
		{"too many tools", func(t *Template) { t.AllowedTools = many }, CodeInvalid, "/allowed_tools", "at most 200 tools; this one has 201"},
		{"tool too long", func(t *Template) { t.AllowedTools = []string{"Bash(" + strings.Repeat("x", 500) + ")"} }, CodeInvalid, "/allowed_tools/0", "at most 500"},
		{"empty tool", func(t *Template) { t.AllowedTools = []string{" "} }, CodeInvalid, "/allowed_tools/0", "can't be empty"},
		{"role too long", func(t *Template) { t.DefaultRole = new(strings.Repeat("x", MaxRoleLength+1)) }, CodeInvalid, "/default_role", "at most 10000"},
		{"prompt with U+0000", func(t *Template) { t.DefaultSystemPrompt = new("a\x00b") }, CodeInvalid, "/default_system_prompt", "U+0000"},
		{"description that is no text", func(t *Template) { t.Description = new("\xff") }, CodeInvalid, "/description", "UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			template := valid()
			c.change(&template)
			err := template.Normalized().Validate(Tools{})
			f, ok := fault.As(err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, fault.Invalid, f.Kind)
			assert.Equal(t, c.code, f.Code)
			require.Len(t, f.Fields, 1)
			assert.Equal(t, c.pointer, f.Fields[0].Pointer)
			assert.Contains(t, f.Fields[0].Detail, c.detail)
		})
	}
}

func TestPermissionModeWithin(t *testing.T) {
	order := []PermissionMode{Plan, Default, AcceptEdits, BypassPermissions}
	for i, m := range order {
		for j, o := range order {
			assert.Equal(t, i <= j, m.Within(o), "%s within %s", m, o)
		}
		assert.True(t, m.Known())
		assert.False(t, m.Within("root"))
		assert.False(t, PermissionMode("root").Within(m))
	}
	assert.False(t, PermissionMode("root").Within("root"))
	for _, info := range PermissionModes() {
		assert.NotEmpty(t, info.Allows)
	}
}

func TestErrorMessagesThatClientsCompare(t *testing.T) {
	f, _ := fault.As(Template{Name: "x", PermissionMode: "always", AllowedTools: []string{"nope"}}.Validate(Tools{}))
	assert.Equal(t, "Invalid permission_mode. Must be one of: default, acceptEdits, plan, bypassPermissions", f.Message)
	assert.Equal(t, "Invalid permission mode", Title(f.Code))
	assert.Len(t, f.Fields, 2, "the other problem is reported too")
	f, _ = fault.As(Template{PermissionMode: "always"}.Validate(Tools{}))
	assert.Equal(t, "Template name cannot be empty", f.Message, "the name comes first")
	err := NameTaken(" X ")
	assert.Equal(t, "Template with name 'X' already exists", err.Message)
	assert.Equal(t, "Template name already exists", Title(err.Code))
	assert.Equal(t, fault.Conflict, err.Kind)
	assert.Equal(t, "Template not found", NotFound().Message)
	assert.True(t, fault.Is(NotFound(), fault.NotFound))
	uses := []resource.Referrer{{Kind: "mode", ID: id(1), Name: "Docs"}, {Kind: "mode", ID: id(2), Name: "Code"}}
	assert.Equal(t, "Template 'X' is used by the mode 'Docs', the mode 'Code'. Nothing was deleted; change them to use another template first", InUse("X", uses).Message)
	assert.Equal(t, uses, InUse("X", uses).Current)
	assert.Contains(t, InUse("X", make([]resource.Referrer, 8)).Message, "3 more")
	for _, code := range []string{CodeNameTaken, CodeNameEmpty, CodePermissionMode, CodeInvalid, CodeInvalidRequest, CodeNotFound, CodeInUse} {
		assert.NotEmpty(t, Title(code), code)
	}
	assert.Empty(t, Title("slug_taken"))
}

func TestNormalizedKeepsTextsUnchanged(t *testing.T) {
	before := Template{Name: "  A  b ", PermissionMode: Plan, AllowedTools: []string{" Bash(git  x) "}, DefaultRole: new(""), Description: new(" a\r\n")}
	n := before.Normalized()
	assert.Equal(t, Template{Name: "A  b", PermissionMode: Plan, AllowedTools: []string{"Bash(git  x)"}, DefaultRole: new(""), Description: new(" a\r\n")}, n)
	*n.Description, n.AllowedTools[0] = "other", "other"
	assert.Equal(t, " a\r\n", *before.Description, "nothing is shared")
	assert.Equal(t, []string{" Bash(git  x) "}, before.AllowedTools)
	assert.NotNil(t, Template{}.Normalized().AllowedTools)
	assert.True(t, Template{}.Equal(Template{AllowedTools: []string{}}))
	assert.False(t, Template{}.Equal(Template{DefaultRole: new("")}))
}

func TestDefaultTemplates(t *testing.T) {
	names := map[string]bool{}
	for _, s := range Defaults() {
		assert.NoError(t, s.Validate(Tools{}))
		assert.True(t, s.Equal(s.Normalized()))
		names[NameKey(s.Name)] = true
	}
	assert.Len(t, names, 4)
	golden.Equal(t, "shipped.json", WriteEnvelopes(defaultOrganization(), defaultOrganization()[0].CreatedAt))
}

func TestCheckLibrary(t *testing.T) {
	assert.NoError(t, CheckLibrary(MaxTemplates, MaxTotalBytes))
	assert.True(t, fault.Is(CheckLibrary(MaxTemplates+1, 0), fault.TooLarge))
	err := CheckLibrary(1, MaxTotalBytes+1)
	assert.True(t, fault.Is(err, fault.TooLarge))
	assert.ErrorContains(t, err, "would be 8.01 MiB; an organization can have at most 8 MiB")
}
