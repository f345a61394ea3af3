package templates

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"orgmodes/internal/suggest"
)

// Tool is a tool that templates can allow.
type Tool struct {
	Name string
	// Allows describes in one sentence, for forms, what an agent can do with the tool.
	Allows string
	// longName is the long name of the tool if Name is a short name for it.
	longName string
	// specifier is the syntax of the specifiers in the tool's rules.
	specifier specifierKind
}

// specifierKind is the syntax of a tool's specifiers. It determines how Covers compares those of two
// rules, and which rules are refused because clients refuse them.
type specifierKind uint8

const (
	_ specifierKind = iota // unknown syntax: specifiers are compared as text
	// commandSpecifier specifiers are shell commands or their prefixes: "git status:*".
	commandSpecifier
	// pathSpecifier specifiers are path patterns: "src/**".
	pathSpecifier
	// unmatchedPathSpecifier specifiers are path patterns that only rules of another tool match;
	// see Rule.notice.
	unmatchedPathSpecifier
	// domainSpecifier specifiers are host names: "domain:example.com".
	domainSpecifier
	// powerShellSpecifier specifiers have the shape of commandSpecifier, but ignore case and resolve
	// aliases. They are compared as text.
	powerShellSpecifier
	// agentSpecifier specifiers are names of agents: "Explore".
	agentSpecifier
	// skillSpecifier specifiers are names of skills, with any arguments: "deploy *".
	skillSpecifier
	// noSpecifier is for tools whose rules have no specifier.
	noSpecifier
)

// builtinTools are the built-in tools. To add a tool, add a row, here or in claudeCodeTools.
var builtinTools = slices.Concat([]Tool{
	{Name: "Bash", Allows: "Runs commands in a shell.", specifier: commandSpecifier},
	{Name: "Edit", Allows: "Changes files that exist.", specifier: pathSpecifier},
	{Name: "Read", Allows: "Reads files.", specifier: pathSpecifier},
	{Name: "Write", Allows: "Creates files and overwrites them.", specifier: unmatchedPathSpecifier},
	{Name: "Glob", Allows: "Finds files by their names.", specifier: unmatchedPathSpecifier},
	{Name: "Grep", Allows: "Searches within files."},
	{Name: "WebFetch", Allows: "Loads pages from the web.", specifier: domainSpecifier},
	{Name: "WebSearch", Allows: "Searches the web.", specifier: noSpecifier},
	{Name: "Task", Allows: "Delegates a task to a separate agent.", specifier: agentSpecifier},
	{Name: "NotebookEdit", Allows: "Changes cells of notebooks.", specifier: unmatchedPathSpecifier},
	{Name: "TodoWrite", Allows: "Maintains its to-do list.", specifier: noSpecifier},
	{Name: "bash", Allows: "Runs commands in a shell (short for Bash).", longName: "Bash", specifier: commandSpecifier},
	{Name: "edit", Allows: "Changes files that exist (short for Edit).", longName: "Edit", specifier: pathSpecifier},
	{Name: "read", Allows: "Reads files (short for Read).", longName: "Read", specifier: pathSpecifier},
	{Name: "write", Allows: "Creates files and overwrites them (short for Write).", longName: "Write", specifier: unmatchedPathSpecifier},
	{Name: "glob", Allows: "Finds files by their names (short for Glob).", longName: "Glob", specifier: unmatchedPathSpecifier},
	{Name: "grep", Allows: "Searches within files (short for Grep).", longName: "Grep"},
	{Name: "web_fetch", Allows: "Loads pages from the web (short for WebFetch).", longName: "WebFetch", specifier: domainSpecifier},
	{Name: "web_search", Allows: "Searches the web (short for WebSearch).", longName: "WebSearch", specifier: noSpecifier},
	{Name: "send_comm", Allows: "Sends messages to other agents."},
	{Name: "spawn_minion", Allows: "Starts other agents."},
	{Name: "create_channel", Allows: "Opens channels in which agents talk."},
}, claudeCodeTools)

// builtinTool returns the built-in tool of this name, or the zero Tool.
func builtinTool(name string) Tool {
	for _, t := range builtinTools {
		if t.Name == name {
			return t
		}
	}
	return Tool{}
}

// Tools is the set of tools that an installation knows. The zero value has the built-in ones.
type Tools struct {
	// extra holds additional tools, and built-in ones with another description.
	extra []Tool
}

// namePattern matches the allowed tool names.
var namePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]*$`)

// With returns a copy of t with more tools. Each argument is a name, or a name with a
// description: "deploy" or "deploy=Rolls out a release." A known name gets the new description,
// so that a setting stays valid when a release adds that tool.
func (t Tools) With(names ...string) (Tools, error) {
	out := Tools{extra: slices.Clone(t.extra)}
	for _, n := range names {
		name, allows, _ := strings.Cut(n, "=")
		name, allows = strings.TrimSpace(name), strings.TrimSpace(allows)
		switch {
		case !namePattern.MatchString(name) || len(name) > MaxNameLength:
			return Tools{}, fmt.Errorf("%q is not the name of a tool: it begins with a letter and has letters, digits, _, . and -", name)
		case strings.HasPrefix(name, mcpPrefix):
			return Tools{}, fmt.Errorf("%q needs no mention: tools of MCP servers are always known", name)
		}
		tool := builtinTool(name)
		tool.Name, tool.Allows = name, allows
		if i := slices.IndexFunc(out.extra, func(e Tool) bool { return e.Name == name }); i >= 0 {
			out.extra[i] = tool
			continue
		}
		out.extra = append(out.extra, tool)
	}
	return out, nil
}

// All returns the tools in display order: the built-in ones, then the others in configuration
// order.
func (t Tools) All() []Tool {
	all := slices.Clone(builtinTools)
	for _, e := range t.extra {
		if i := slices.IndexFunc(all, func(a Tool) bool { return a.Name == e.Name }); i >= 0 {
			if e.Allows != "" {
				all[i] = e
			}
			continue
		}
		all = append(all, e)
	}
	return all
}

// Has reports whether there is a tool of exactly this name.
func (t Tools) Has(name string) bool {
	is := func(tool Tool) bool { return tool.Name == name }
	return slices.ContainsFunc(builtinTools, is) || slices.ContainsFunc(t.extra, is)
}

// Parse parses one allowed tool: a rule (see ParseRule) for a known tool that clients don't refuse.
// The error message is for users. For an unknown tool it suggests the known one whose name was
// misspelled, if any. Other suggestions would make users allow what they didn't mean.
func (t Tools) Parse(text string) (Rule, error) {
	rule, err := ParseRule(text)
	if err != nil {
		return Rule{}, err
	}
	if rule.Server == "" && !t.Has(rule.Tool) {
		return Rule{}, t.unknownTool(rule.Tool)
	}
	if err := rule.checkSpecifier(); err != nil {
		return Rule{}, err
	}
	return rule, nil
}

func (t Tools) unknownTool(name string) error {
	names := make([]string, 0, len(builtinTools)+len(t.extra))
	for _, tool := range t.All() {
		names = append(names, tool.Name)
	}
	if meant := suggest.Misspelled(name, names); meant != "" {
		return fmt.Errorf("unknown tool %q; the closest match is %s", name, meant)
	}
	return fmt.Errorf("unknown tool %q", name)
}
