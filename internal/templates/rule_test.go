package templates

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orgmodes/internal/golden"
)

func TestParseRule(t *testing.T) {
	var b strings.Builder
	for _, text := range []string{
		"Bash", "bash", "Bash(*)", "Bash(git status:*)", `Bash(echo "(a)")`, `Bash(echo \))`, "Edit(src/**)", "send_comm",
		"mcp__github__create_issue", "mcp__github__*", "mcp__claude_ai_Gmail__search", "mcp__a__b__c", "mcp__a.b-c__d",
		"", " ", "Bash()", "Bash( )", "Bash( git)", "Bash(git", "Bash git", "Bash(git) ", "Bash(a) Edit(b)", "Bash(a))", "(git)", "*", "Bash*",
		"mcp__github", "mcp__", "mcp__a_", "mcp____x", "mcp__*", "mcp__*__x", "mcp__github__", "mcp__github__get_*", "mcp__github__*_issue", "mcp__github__get_*_*", "mcp__github__**", "mcp__a__b__*", "mcp__github__x(y)", "mcp__github(x)", "MCP__github__x",
		"Bash(a\nb)", "Bash(a\tb)", "Bäsh", "rm -rf /", "webfetch", "WEB_SEARCH", "Bsh", "spawn_minon", "\xff",
		"Agent", "Agent(Explore)", "Agent(tools:reviewer)", "Skill", "Skill(deploy)", "Skill(deploy *)", "Task(Explore)", "AskUserQuestion", "TaskCreate",
		"PowerShell(Get-ChildItem *)", "Agnet", "Skil(x)", "MultiEdit", "BashOutput", "LS", "nope", "Agentsmith",
	} {
		rule, err := Tools{}.Parse(text)
		if err != nil {
			fmt.Fprintf(&b, "%q refused: %s\n", text, err)
			continue
		}
		assert.Equal(t, text, rule.String(), "kept as written")
		fmt.Fprintf(&b, "%q tool=%q specifier=%q server=%q\n", text, rule.Tool, rule.Specifier, rule.Server)
	}
	golden.Equal(t, "rules.txt", []byte(b.String()))
}

func TestToolsWith(t *testing.T) {
	tools, err := Tools{}.With("deploy=Rolls out a release.", " notify ", "Bash=Runs approved commands.")
	require.NoError(t, err)
	_, err = tools.Parse("deploy")
	assert.NoError(t, err)
	_, err = tools.Parse("notify(chat)")
	assert.NoError(t, err)
	_, err = Tools{}.Parse("deploy")
	assert.Error(t, err, "the tools it was made from are as they were")
	_, err = tools.Parse("Deploi")
	assert.ErrorContains(t, err, "closest match is deploy")
	all := tools.All()
	assert.Len(t, all, len(builtinTools)+2)
	assert.Equal(t, "Runs approved commands.", all[0].Allows)
	assert.Equal(t, Tool{Name: "deploy", Allows: "Rolls out a release."}, all[len(all)-2])
	for _, tool := range (Tools{}).All() {
		assert.NotEmpty(t, tool.Allows, tool.Name)
	}
	for _, bad := range []string{"", "two words", "mcp__a__b", "=x", strings.Repeat("x", 101)} {
		_, err := Tools{}.With(bad)
		assert.Error(t, err, bad)
	}
	again, err := tools.With("deploy=Twice.", "notify")
	require.NoError(t, err)
	assert.Len(t, again.All(), len(builtinTools)+2, "duplicates are removed")
}

func TestCovers(t *testing.T) {
	for _, c := range []struct {
		wide, narrow string
		covers       bool
	}{
		{"Bash", "Bash(git:*)", true},
		{"Bash(git:*)", "Bash", false},
		{"bash", "Bash(git:*)", true},
		{"Bash", "bash", true},
		{"WebFetch", "web_fetch", true},
		{"Edit", "Write", false},
		{"Bash(*)", "Bash", true},
		{"Bash(git:*)", "Bash(*)", false},
		{"Bash(git:*)", "Bash(git status:*)", true},
		{"Bash(git:*)", "Bash(git status)", true},
		{"Bash(git:*)", "Bash(git)", true},
		{"Bash(git:*)", "Bash(gitk)", false},
		{"Bash(git:*)", "Bash(git*)", false},
		{"Bash(git *)", "Bash(git:*)", false},
		{"Bash(git *)", "Bash(git)", false},
		{"Bash(git *)", "Bash(git push)", true},
		{"Bash(git:*)", "Bash(git status; rm -rf .)", false},
		{"Bash(git:*)", "Bash(git status && rm x)", false},
		{"Bash(git:*)", "Bash(git $(rm x))", false},
		{"Bash(git:*)", "Bash(git x > /etc/passwd)", false},
		{"Edit(src/**)", "Edit(src/a/**)", true},
		{"Edit(src/**)", "Edit(src/../../etc/passwd)", false},
		{"Edit(src/**)", "Edit(src/)", false},
		{"Edit(src/**)", "Edit(srcs/a)", false},
		{"Edit(src/**)", "Edit(src/{a,../../b})", false},
		{"Edit(src/**)", "Edit(src/{a,.}./b)", false},
		{"Edit(src/**)", "Edit(src/[.]./b)", false},
		{"Edit(src/**)", "Edit", false},
		{"Edit(src/**)", "Write(src/a)", false},
		{"Edit(/**)", "Edit(/etc/passwd)", false},
		{"mcp__s__*", "mcp__s__t", true},
		{"mcp__s__t", "mcp__s__*", false},
		{"mcp__s__*", "mcp__other__t", false},
		{"mcp__s__t", "mcp__s__t__u", false},
		{"WebFetch(domain:a.com)", "WebFetch(domain:b.a.com)", false},
		{"Bash", "mcp__Bash__x", false},
		{"mcp__s", "mcp__s__t", true},
		{"mcp__s", "mcp__s__*", true},
		{"mcp__s__*", "mcp__s", true},
		{"mcp__s", "mcp__s__get_*", true},
		{"mcp__s__t", "mcp__s", false},
		{"mcp__s", "mcp__s2__t", false},
		{"mcp__s", "mcp__s__t__u", false},
		{"mcp__s_", "mcp__s___t", false},
		{"mcp__s__get_*", "mcp__s__get_issue", true},
		{"mcp__s__get_*", "mcp__s__get_issue_*", true},
		{"mcp__s__get_*", "mcp__s__get_", true},
		{"mcp__s__get_*", "mcp__s__get", false},
		{"mcp__s__get_*", "mcp__s__*", false},
		{"mcp__s__get_*", "mcp__s", false},
		{"mcp__s__get_*", "mcp__other__get_issue", false},
		{"mcp__s__get_*", "mcp__s__get__x", false},
		{"mcp__s__get__*", "mcp__s__get__x", false},
		{"Agent", "Agent(Explore)", true},
		{"Agent(Explore)", "Agent(Explore)", true},
		{"Agent(Explore)", "Agent", false},
		{"Agent(Explore)", "Agent(Plan)", false},
		{"Agent", "Task", false},
		{"Skill", "Skill(deploy)", true},
		{"Skill(deploy *)", "Skill(deploy prod)", true},
		{"Skill(deploy *)", "Skill(deploy prod *)", true},
		{"Skill(deploy *)", "Skill(deploy)", false},
		{"Skill(deploy *)", "Skill(deployment x)", false},
		{"Skill(deploy)", "Skill(deploy *)", false},
		{"PowerShell", "PowerShell(Get-ChildItem *)", true},
		{"PowerShell(git *)", "PowerShell(git push)", false},
		{"Write(docs/**)", "Write(docs/a)", true},
		{"Glob(docs/**)", "Glob(docs/a)", false},
	} {
		wide, err := ParseRule(c.wide)
		require.NoError(t, err)
		narrow, err := ParseRule(c.narrow)
		require.NoError(t, err)
		assert.Equal(t, c.covers, wide.Covers(narrow), "%s covers %s", c.wide, c.narrow)
	}
}

// toolUse is one use of a tool. It belongs to a model of what rules allow that is independent of
// how rules are compared.
type toolUse struct{ tool, argument string }

var toolUses = []toolUse{
	{"Bash", "git"},
	{"Bash", "git status"},
	{"Bash", "git status -s"},
	{"Bash", "git push"},
	{"Bash", "gitk"},
	{"Bash", "gitk --all"},
	{"Bash", "rm -rf ."},
	{"Bash", "ls"},
	{"Bash", "git statusx"},
	{"Read", "a"},
	{"Edit", "src/a.go"},
	{"Edit", "src/a/b.go"},
	{"Edit", "etc/passwd"},
	{"Edit", "x/src/y"},
	{"Edit", "b"},
	{"Write", "src/a"},
	{"Write", "b"},
	{"mcp__s", "t"},
	{"mcp__s", "u"},
	{"mcp__s", "t__u"},
	{"mcp__s", "tx"},
	{"mcp__other", "t"},
	{"WebFetch", "example.com"},
	{"WebFetch", "a.org"},
	{"send_comm", ""},
	{"Agent", "Explore"},
	{"Agent", "Plan"},
	{"Skill", "deploy"},
	{"Skill", "deploy prod"},
	{"Skill", "deployment"},
}

// allows is the model. wordEnd selects one of two interpretations of a prefix: it matches
// whole words only, or any continuation.
func allows(rule string, u toolUse, wordEnd bool) bool {
	if server, tool, ok := strings.Cut(strings.TrimPrefix(rule, "mcp__"), "__"); strings.HasPrefix(rule, "mcp__") {
		prefix, open := strings.CutSuffix(tool, "*")
		return u.tool == "mcp__"+server && (!ok || open && strings.HasPrefix(u.argument, prefix) || tool == u.argument)
	}
	name, specifier, _ := strings.Cut(strings.TrimSuffix(rule, ")"), "(")
	long := map[string]string{"bash": "Bash", "read": "Read", "edit": "Edit"}
	if l, ok := long[name]; ok {
		name = l
	}
	if name != u.tool {
		return false
	}
	if specifier == "" || specifier == "*" {
		return true
	}
	switch name {
	case "Bash":
		// Clients check each command of a line separately; the model has single commands only.
		if p, ok := strings.CutSuffix(specifier, ":*"); ok {
			return u.argument == p || strings.HasPrefix(u.argument, p) && (!wordEnd || strings.HasPrefix(u.argument, p+" "))
		}
		if p, ok := strings.CutSuffix(specifier, "*"); ok {
			return strings.HasPrefix(u.argument, p)
		}
		return u.argument == specifier
	case "Edit", "Write":
		if folder, ok := strings.CutSuffix(specifier, "**"); ok {
			return strings.HasPrefix(u.argument, folder)
		}
		if specifier == "src/" {
			return strings.Contains("/"+u.argument, "/src/")
		}
		if specifier == "src/{a,../../b}" {
			return u.argument == "src/a" || u.argument == "b"
		}
		return u.argument == specifier || specifier == "src/../x" && u.argument == "x"
	case "Agent":
		return specifier == u.argument
	case "Skill":
		prefix, open := strings.CutSuffix(specifier, "*")
		return specifier == u.argument || open && strings.HasPrefix(u.argument, prefix)
	default:
		return specifier == "domain:"+u.argument
	}
}

func allowsAny(rules []string, u toolUse, wordEnd bool) bool {
	for _, r := range rules {
		if allows(r, u, wordEnd) {
			return true
		}
	}
	return false
}

// TestCoveringRuleAllowsSuperset compares Covers with the model, in both interpretations.
func TestCoveringRuleAllowsSuperset(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wide, narrow := drawRule().Draw(t, "wide"), drawRule().Draw(t, "narrow")
		a, err := ParseRule(wide)
		require.NoError(t, err)
		b, err := ParseRule(narrow)
		require.NoError(t, err)
		if !a.Covers(b) {
			t.Skip()
		}
		for _, u := range toolUses {
			for _, wordEnd := range []bool{true, false} {
				if allows(narrow, u, wordEnd) {
					assert.True(t, allows(wide, u, wordEnd), "%s covers %s, but doesn't allow %v", wide, narrow, u)
				}
			}
		}
	})
}
