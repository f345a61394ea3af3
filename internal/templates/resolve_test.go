package templates

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orgmodes/internal/golden"
)

func drawRequest() *rapid.Generator[Request] {
	return rapid.Custom(func(t *rapid.T) Request {
		var r Request
		if rapid.Bool().Draw(t, "asks for a mode") {
			r.PermissionMode = new(rapid.SampledFrom(append(slices.Clone(byWidth), "root")).Draw(t, "mode"))
		}
		if rapid.Bool().Draw(t, "asks for tools") {
			rules := rapid.OneOf(drawRule(), rapid.SampledFrom([]string{"", "Bash(", "*", "unknown"}))
			r.AllowedTools = new(rapid.SliceOfN(rules, 0, 6).Draw(t, "tools"))
		}
		r.Role, r.SystemPrompt = drawText().Draw(t, "role"), drawText().Draw(t, "prompt")
		return r
	})
}

// TestResolveNeverWidens compares the granted rules with a model of what rules allow.
func TestResolveNeverWidens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		template, request := drawTemplate().Draw(t, "template"), drawRequest().Draw(t, "request")
		got := Resolve(template, request)
		assert.True(t, got.PermissionMode.Value.Within(template.PermissionMode), "%s is beyond %s", got.PermissionMode.Value, template.PermissionMode)
		for _, u := range toolUses {
			for _, wordEnd := range []bool{true, false} {
				if allowsAny(got.AllowedTools.Value, u, wordEnd) {
					assert.True(t, allowsAny(template.AllowedTools, u, wordEnd), "%v is beyond %v", u, template.AllowedTools)
					if request.AllowedTools != nil {
						assert.True(t, allowsAny(*request.AllowedTools, u, wordEnd), "%v was not asked for", u)
					}
				}
			}
		}
		// No requested setting is dropped silently.
		if request.PermissionMode != nil && got.PermissionMode.Value != *request.PermissionMode {
			assert.True(t, wasRefused(got, "/permission_mode"))
		}
		if request.AllowedTools == nil {
			assert.Equal(t, template.AllowedTools, got.AllowedTools.Value)
			assert.Equal(t, FromTemplate, got.AllowedTools.From)
			return
		}
		for i, requested := range *request.AllowedTools {
			if wasRefused(got, fmt.Sprintf("/allowed_tools/%d", i)) {
				continue
			}
			rule, err := ParseRule(requested)
			require.NoError(t, err)
			assert.True(t, slices.ContainsFunc(got.AllowedTools.Value, func(text string) bool {
				granted, err := ParseRule(text)
				return err == nil && granted.Covers(rule)
			}), "%s was neither granted nor refused", requested)
		}
	})
}

func wasRefused(r Resolution, pointer string) bool {
	return slices.ContainsFunc(r.Refused, func(f Refusal) bool { return f.Pointer == pointer })
}

func TestResolveRequestEqualToTemplateChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		template := drawTemplate().Draw(t, "template")
		got := Resolve(template, Request{PermissionMode: &template.PermissionMode, AllowedTools: &template.AllowedTools})
		assert.Equal(t, template.PermissionMode, got.PermissionMode.Value)
		assert.Empty(t, got.Refused)
		for _, u := range toolUses {
			for _, wordEnd := range []bool{true, false} {
				assert.Equal(t, allowsAny(template.AllowedTools, u, wordEnd), allowsAny(got.AllowedTools.Value, u, wordEnd))
			}
		}
	})
}

func TestResolve(t *testing.T) {
	template := Template{
		Name: "T", PermissionMode: AcceptEdits, AllowedTools: []string{"bash", "Edit(src/**)", "mcp__s__*", "Read"},
		DefaultRole: new("the template's"), DefaultSystemPrompt: new(""),
	}
	var b strings.Builder
	for _, body := range []string{
		`{}`,
		`{"permission_mode": null, "allowed_tools": null, "role": null}`,
		`{"permission_mode": "plan", "allowed_tools": []}`,
		`{"permission_mode": "bypassPermissions", "role": ""}`,
		`{"allowed_tools": ["Bash(git:*)", "Edit", "mcp__s__t", "WebFetch", "Bash", "Read"]}`,
		`{"overrides": {"permission_mode": "default", "allowed_tools": ["read"], "system_prompt": "asked"}, "role": "asked"}`,
	} {
		r, err := ReadRequest([]byte(body), Tools{})
		require.NoError(t, err, body)
		out, err := json.MarshalIndent(Resolve(template, r), "", "  ")
		require.NoError(t, err)
		fmt.Fprintf(&b, "== %s\n%s\n", body, out)
	}
	out, err := json.MarshalIndent(Resolve(Template{PermissionMode: BypassPermissions}, Request{}), "", "  ")
	require.NoError(t, err)
	fmt.Fprintf(&b, "== never asks\n%s\n", out)
	golden.Equal(t, "resolved.txt", []byte(b.String()))
	assert.Equal(t, Plan, Resolve(Template{PermissionMode: "root"}, Request{PermissionMode: new(BypassPermissions)}).PermissionMode.Value)
}

func TestEmptyToolsAllowNothing(t *testing.T) {
	assert.Equal(t, "none", Template{PermissionMode: AcceptEdits}.DescribeTools())
	assert.Equal(t, "all (never asks)", Template{PermissionMode: BypassPermissions, AllowedTools: []string{"Read"}}.DescribeTools())
	assert.Equal(t, "Read, Bash(git:*)", Template{PermissionMode: Default, AllowedTools: []string{"Read", "Bash(git:*)"}}.DescribeTools())
}

func TestReadRequestRefusals(t *testing.T) {
	var b strings.Builder
	for _, body := range []string{
		`[]`, `{"tools": []}`, `{"permission_mode": "Plan"}`, `{"permission_mode": ""}`, `{"permission_mode": 1}`,
		`{"allowed_tools": "Read"}`, `{"allowed_tools": ["Read", null, "Raed", "Read"]}`, `{"role": 1, "role": "x"}`,
		"{\"role\": \"a\",\n \"overrides\": {\"role\": \"b\", \"overrides\": {}, \"allowed_tools\": [\"nope\"]}}", `{"overrides": []}`,
		`{"role": "` + strings.Repeat("x", MaxRoleLength+1) + `"}`,
	} {
		_, err := ReadRequest([]byte(body), Tools{})
		fmt.Fprintf(&b, "== %.80s\n%s", body, formatError(err))
	}
	golden.Equal(t, "request_refusals.txt", []byte(b.String()))
}
