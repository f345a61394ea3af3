package templates

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// mcpCall is a call of an MCP server's tool, as seen by the calling client.
type mcpCall struct{ server, tool string }

// interpretation decides whether a rule allows a call, as one kind of client would.
type interpretation struct {
	name   string
	allows func(rule string, c mcpCall) bool
}

// interpretations are the possible interpretations of the documented forms mcp__server__tool,
// mcp__server__prefix*, mcp__server__* and mcp__server. Some match the pair of names, with the server ending at the first or at the
// last double underscore. Others match the joined name or its prefix.
var interpretations = []interpretation{
	{"the first double underscore ends the server", splitInterpretation(strings.Index)},
	{"the last double underscore ends the server", splitInterpretation(strings.LastIndex)},
	{"names are joined", func(rule string, c mcpCall) bool {
		joined := mcpPrefix + c.server + "__" + c.tool
		if !strings.Contains(strings.TrimPrefix(rule, mcpPrefix), "__") {
			rule += "__*"
		}
		beginning, all := strings.CutSuffix(rule, "*")
		return joined == rule || all && strings.HasPrefix(joined, beginning)
	}},
}

func splitInterpretation(index func(s, separator string) int) func(string, mcpCall) bool {
	return func(rule string, c mcpCall) bool {
		rest := strings.TrimPrefix(rule, mcpPrefix)
		at := index(rest, "__")
		if at < 0 {
			return rest == c.server
		}
		beginning, all := strings.CutSuffix(rest[at+2:], "*")
		return rest[:at] == c.server && (rest[at+2:] == c.tool || all && strings.HasPrefix(c.tool, beginning))
	}
}

func drawMCPRule() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		rest := rapid.StringMatching(`[ab]_{0,4}[ab]?(_{2,4}[ab]?_{0,3}([ab]|\*))?`).Draw(t, "rest")
		if _, err := ParseRule(mcpPrefix + rest); err != nil {
			return "mcp__a__*"
		}
		return mcpPrefix + rest
	})
}

// possibleCalls returns all calls that a rule can mean in any interpretation.
func possibleCalls(rule string) (calls []mcpCall) {
	rest := strings.TrimPrefix(rule, mcpPrefix)
	if !strings.Contains(rest, "__") {
		rest += "__*"
	}
	rest = strings.ReplaceAll(rest, "*", "x__y")
	for i := range rest {
		if strings.HasPrefix(rest[i:], "__") {
			calls = append(calls, mcpCall{rest[:i], rest[i+2:]})
		}
	}
	return calls
}

func TestResolveNeverWidensUnderAnyMCPNameInterpretation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		template := rapid.SliceOfN(drawMCPRule(), 1, 3).Draw(t, "template")
		requested := rapid.SliceOfN(drawMCPRule(), 1, 3).Draw(t, "requested")
		granted := Resolve(Template{PermissionMode: Default, AllowedTools: template}, Request{AllowedTools: &requested}).AllowedTools.Value
		for _, r := range interpretations {
			for _, rule := range granted {
				for _, call := range possibleCalls(rule) {
					if !r.allows(rule, call) {
						continue
					}
					within := func(rules []string) bool {
						for _, rule := range rules {
							if r.allows(rule, call) {
								return true
							}
						}
						return false
					}
					assert.True(t, within(template), "%s: %s allows %v, which the template doesn't", r.name, rule, call)
				}
			}
		}
	})
}

func TestResolveRefusesAmbiguousMCPNames(t *testing.T) {
	var c struct {
		Template Template
		Request  struct {
			AllowedTools []string `json:"allowed_tools"`
		}
	}
	data, err := os.ReadFile("testdata/mcp_double_underscore.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &c))
	got := Resolve(c.Template, Request{AllowedTools: &c.Request.AllowedTools})
	assert.Empty(t, got.AllowedTools.Value)
	require.Len(t, got.Refused, 1)
	assert.Contains(t, got.Refused[0].Reason, "double underscores")

	for _, c := range []struct {
		template, asked, granted string
	}{
		{"mcp__a__b__c", "mcp__a__b__c", "mcp__a__b__c"}, // the same in all interpretations
		{"mcp__a__b__*", "mcp__a__b__c", ""},
		{"mcp__a__*", "mcp__a___b", ""},
		{"mcp__a___*", "mcp__a___b", ""},
		{"mcp__a__*", "mcp__a__b__*", ""},
		{"mcp__a__b__c", "mcp__a__*", ""},
		{"mcp__a__*", "mcp__a__b_c", "mcp__a__b_c"},
		{"mcp__a_b__*", "mcp__a_b__c", "mcp__a_b__c"},
		{"mcp__a", "mcp__a__b", "mcp__a__b"},
		{"mcp__a", "mcp__a__b_*", "mcp__a__b_*"},
		{"mcp__a", "mcp__a__*", "mcp__a"}, // the template's spelling
		{"mcp__a__*", "mcp__a", "mcp__a__*"},
		{"mcp__a", "mcp__a__b__c", ""},
		{"mcp__a_", "mcp__a___b", ""},
		{"mcp__a__b_*", "mcp__a__b_c", "mcp__a__b_c"},
		{"mcp__a__b*", "mcp__a__b__c", ""},
		{"mcp__a__b__*", "mcp__a__b__*", "mcp__a__b__*"},
	} {
		got := Resolve(Template{PermissionMode: Default, AllowedTools: []string{c.template}}, Request{AllowedTools: &[]string{c.asked}})
		assert.Equal(t, c.granted, strings.Join(got.AllowedTools.Value, ","), "%s of %s", c.asked, c.template)
		assert.Equal(t, c.granted == "", len(got.Refused) == 1, "%s of %s", c.asked, c.template)
	}
}

// TestResolvePathWildcardDoesNotCoverAllFiles checks that "*" covers the working directory
// only, while a tool without a specifier covers all files.
func TestResolvePathWildcardDoesNotCoverAllFiles(t *testing.T) {
	for _, tool := range []string{"Read", "Edit", "Write", "NotebookEdit", "WebFetch", "Glob"} {
		requested := []string{tool, tool + "(/etc/**)"}
		got := Resolve(Template{PermissionMode: Default, AllowedTools: []string{tool + "(*)"}}, Request{AllowedTools: &requested})
		assert.Equal(t, []string{tool + "(*)"}, got.AllowedTools.Value, tool)
		assert.Len(t, got.Refused, 2, tool)
	}
}

// TestResolveUsesToolNamesOfTemplate checks that granted tools have the template's names.
// A client may know only one of a tool's names; the other would allow nothing there.
func TestResolveUsesToolNamesOfTemplate(t *testing.T) {
	requested := []string{"Bash(git:*)", "edit(src/**)", "Read"}
	got := Resolve(Template{PermissionMode: Default, AllowedTools: []string{"bash", "Edit", "read"}}, Request{AllowedTools: &requested})
	assert.Equal(t, []string{"bash(git:*)", "Edit(src/**)", "read"}, got.AllowedTools.Value)
	assert.Empty(t, got.Refused)
}
