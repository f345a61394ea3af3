package templates

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
	"orgmodes/internal/manifest"
	"orgmodes/internal/resource"
	"orgmodes/internal/upload"
)

// TestRulesThatClaudeCodeRefuses checks what a template's author reads. An empty message accepts
// the rule.
func TestRulesThatClaudeCodeRefuses(t *testing.T) {
	for _, c := range []struct{ rule, message string }{
		{"WebFetch(https://example.com/docs/*)", `"WebFetch(https://example.com/docs/*)" is not a domain; pages are allowed by their domain: write WebFetch(domain:example.com)`},
		{"web_fetch(http://a.example.org:8080)", `"web_fetch(http://a.example.org:8080)" is not a domain; pages are allowed by their domain: write web_fetch(domain:a.example.org)`},
		{"WebFetch(domain:https://example.com)", `"WebFetch(domain:https://example.com)" is not a domain; pages are allowed by their domain: write WebFetch(domain:example.com)`},
		{"WebFetch(*.example.com)", `"WebFetch(*.example.com)" is not a domain; pages are allowed by their domain: write WebFetch(domain:*.example.com)`},
		{"WebFetch(https://*)", `"WebFetch(https://*)" is not a domain; pages are allowed by their domain, as in WebFetch(domain:example.com)`},
		{"WebFetch(domain:)", `"WebFetch(domain:)" is not a domain; pages are allowed by their domain, as in WebFetch(domain:example.com)`},
		{"WebFetch(url:https://example.com)", `"WebFetch(url:https://example.com)" is not a domain; pages are allowed by their domain, as in WebFetch(domain:example.com)`},
		{"WebFetch(domain:*.example.com)", ""},
		{"WebFetch(domain:*)", ""},
		{"WebFetch(*)", ""},
		{"Bash(git push:*main*)", `"Bash(git push:*main*)" has :* before the end, where it is refused; write * there, as in Bash(git push *main*)`},
		{"Bash(git:* push)", `"Bash(git:* push)" has :* before the end, where it is refused; write * there, as in Bash(git * push)`},
		{"bash(git:* push:*)", `"bash(git:* push:*)" has :* before the end, where it is refused; write * there, as in bash(git * push:*)`},
		{"Bash(:*)", `"Bash(:*)" names no command; write Bash to allow all of them`},
		{"PowerShell(git:* push)", `"PowerShell(git:* push)" has :* before the end, where it is refused; write * there, as in PowerShell(git * push)`},
		{"Bash(git push:*)", ""},
		{"Bash(git * main)", ""},
		{"Read(src:*)", `"Read(src:*)" has :*, which is only for commands; a path pattern has * and **, as in Read(src/**)`},
		{"Edit(src/**)", ""},
		{"WebSearch(golang)", `"WebSearch(golang)" has parentheses; WebSearch is allowed only as a whole: write WebSearch`},
		{"AskUserQuestion(x)", `"AskUserQuestion(x)" has parentheses; AskUserQuestion is allowed only as a whole: write AskUserQuestion`},
		{"Agent(Explore)", ""},
		{"Agent(plugin:reviewer)", ""},
		{"Skill(deploy)", ""},
		{"Skill(deploy *)", ""},
		{"send_comm(team:*)", ""},
	} {
		template := Template{Name: "T", PermissionMode: Default, AllowedTools: []string{"Read", c.rule}}
		err := template.Validate(Tools{})
		if c.message == "" {
			assert.NoError(t, err, c.rule)
			continue
		}
		f, ok := fault.As(err)
		require.True(t, ok, c.rule)
		require.Len(t, f.Fields, 1, c.rule)
		assert.Equal(t, "/allowed_tools/1", f.Fields[0].Pointer)
		assert.Equal(t, c.message, f.Fields[0].Detail)
		// A template stored by an earlier release still resolves, and grants what it did.
		got := Resolve(template, Request{})
		assert.Equal(t, template.AllowedTools, got.AllowedTools.Value)
	}
}

func TestRulesThatClaudeCodeNeverMatches(t *testing.T) {
	for _, c := range []struct{ rule, notice string }{
		{"Write(docs/**)", "Claude Code never matches Write(docs/**): only path rules of Edit apply, to all tools that change files; write Edit(docs/**)"},
		{"write(docs/**)", "Claude Code never matches write(docs/**): only path rules of Edit apply, to all tools that change files; write Edit(docs/**)"},
		{"NotebookEdit(docs/**)", "Claude Code never matches NotebookEdit(docs/**): only path rules of Edit apply, to all tools that change files; write Edit(docs/**)"},
		{"Glob(docs/**)", "Claude Code never matches Glob(docs/**): only path rules of Read apply to tools that read files; write Read(docs/**)"},
		{"Bash(command:rm *)", "Claude Code ignores Bash(command:rm *): a rule can't name the parameter command; write Bash(rm *)"},
		{"Edit(file_path:src/a)", "Claude Code ignores Edit(file_path:src/a): a rule can't name the parameter file_path; write Edit(src/a)"},
		{"Agent(model:opus)", "Claude Code never allows anything by Agent(model:opus): only rules that deny or ask can name a parameter; write Agent(name) with the name of an agent"},
		{"WebFetch(domain:example.com/docs)", "Claude Code never matches WebFetch(domain:example.com/docs): a domain has no path; write WebFetch(domain:example.com)"},
		{"Write", ""},
		{"Write(*)", ""},
		{"Edit(docs/**)", ""},
		{"Agent(plugin:reviewer)", ""},
		{"Bash(npm run test:*)", ""},
		{"mcp__s__*", ""},
		{"WebFetch(domain:example.com)", ""},
	} {
		template := Template{Name: "T", PermissionMode: Default, AllowedTools: []string{"Read", c.rule}}
		require.NoError(t, template.Validate(Tools{}), c.rule)
		var want []resource.Notice
		notes := []string{}
		if c.notice != "" {
			want = []resource.Notice{{Pointer: "/allowed_tools/1", Detail: c.notice}}
			notes = []string{c.notice + "."}
		}
		assert.Equal(t, want, template.Notices(), c.rule)
		assert.Equal(t, notes, Resolve(template, Request{}).Notes, c.rule)

		data, err := json.Marshal(map[string]any{"name": "T", "permission_mode": "default", "allowed_tools": template.AllowedTools})
		require.NoError(t, err)
		read, err := ReadFiles(t.Context(), []upload.File{{Name: "t.json", Data: data}}, Tools{})
		require.NoError(t, err)
		entries := read.ImportEntries()
		require.Len(t, entries, 1)
		require.Empty(t, entries[0].Problems)
		if c.notice == "" {
			assert.Empty(t, entries[0].Notices, c.rule)
			continue
		}
		require.Len(t, entries[0].Notices, 1, c.rule)
		notice := entries[0].Notices[0]
		assert.Equal(t, c.notice, notice.Detail)
		assert.Equal(t, "t.json", notice.File)
		assert.Positive(t, notice.Column)
	}
}

func TestManifestReportsRulesThatNeverMatch(t *testing.T) {
	text := "kind: PermissionTemplate\nmetadata: {name: T}\nspec:\n  permission_mode: default\n  allowed_tools: [Read, 'Write(docs/**)']\n"
	kinds := []resource.Kind{Kind{Tools: func() Tools { return Tools{} }}}
	documents, err := manifest.Read(t.Context(), kinds, []upload.File{{Name: "t.yaml", Data: []byte(text)}})
	require.NoError(t, err)
	require.Len(t, documents, 1)
	assert.Equal(t, []resource.Notice{{
		Pointer: "/spec/allowed_tools/1", Line: 5, Column: 25,
		Detail: "Claude Code never matches Write(docs/**): only path rules of Edit apply, to all tools that change files; write Edit(docs/**)",
	}}, documents[0].Notices)
}

func TestClaudeCodeToolsAreKnownAndDated(t *testing.T) {
	_, err := time.Parse(time.DateOnly, claudeCodeAsOf)
	require.NoError(t, err)
	doc, err := os.ReadFile("../../docs/manifests.md")
	require.NoError(t, err)
	assert.Contains(t, string(doc), claudeCodeAsOf, "the documentation states the date of the list")
	seen := map[string]bool{}
	for _, tool := range (Tools{}).All() {
		assert.False(t, seen[tool.Name], "%s is listed twice", tool.Name)
		seen[tool.Name] = true
		_, err := Tools{}.Parse(tool.Name)
		assert.NoError(t, err)
	}
	for _, tool := range claudeCodeTools {
		assert.True(t, seen[tool.Name], tool.Name)
	}
}

// TestUnknownToolSuggestsOnlyMisspelledNames uses names of tools that other clients or earlier
// releases of Claude Code have. A suggestion would allow something else.
func TestUnknownToolSuggestsOnlyMisspelledNames(t *testing.T) {
	for _, c := range []struct{ name, message string }{
		{"Agnet", `unknown tool "Agnet"; the closest match is Agent`},
		{"Taskcreate", `unknown tool "Taskcreate"; the closest match is TaskCreate`},
		{"MultiEdit", `unknown tool "MultiEdit"`},
		{"KillShell", `unknown tool "KillShell"`},
		{"NotebookRead", `unknown tool "NotebookRead"`},
		{"TodoRead", `unknown tool "TodoRead"`},
		{"LS", `unknown tool "LS"`},
		{"execute_command", `unknown tool "execute_command"`},
		{"apply_diff", `unknown tool "apply_diff"`},
		{"browser", `unknown tool "browser"`},
		{"SlashCommand", `unknown tool "SlashCommand"`},
	} {
		_, err := Tools{}.Parse(c.name)
		assert.EqualError(t, err, c.message)
	}
	// Before Agent was known, it was answered with Edit.
	_, err := Tools{}.Parse("Agents")
	assert.NotContains(t, err.Error(), "Edit")
}
