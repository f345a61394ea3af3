package templates

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"orgmodes/internal/humanize"
)

// Rule is one allowed tool, parsed.
type Rule struct {
	// Tool is the tool's name as written. For a tool of an MCP server it is the part after the
	// server's name: "*" for all its tools, "get_*" for all that begin with get_. It is empty if
	// the rule has the server's name alone, which is all its tools, too.
	Tool string
	// Server is the name of the MCP server; empty for other tools.
	Server string
	// Specifier is the text in parentheses, if any.
	Specifier string
}

// String formats the rule in the syntax of ParseRule.
func (r Rule) String() string {
	switch {
	case r.Server != "" && r.Tool == "":
		return mcpPrefix + r.Server
	case r.Server != "":
		return mcpPrefix + r.Server + "__" + r.Tool
	case r.Specifier != "":
		return r.Tool + "(" + r.Specifier + ")"
	default:
		return r.Tool
	}
}

const mcpPrefix = "mcp__"

// mcpPattern matches the allowed names of MCP servers and their tools.
var mcpPattern = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// ParseRule parses "Tool", "Tool(specifier)", "mcp__server__tool", "mcp__server__*",
// "mcp__server__prefix*" or "mcp__server". It checks the syntax only; Tools.Parse also checks that
// the tool exists and takes the specifier. The error message is for users.
func ParseRule(text string) (Rule, error) {
	if err := checkRuleText(text); err != nil {
		return Rule{}, err
	}
	if strings.HasPrefix(strings.ToLower(text), mcpPrefix) {
		return parseMCPRule(text)
	}
	name, rest, narrowed := strings.Cut(text, "(")
	if !namePattern.MatchString(name) {
		return Rule{}, fmt.Errorf("%q is not a tool: write Tool, Tool(specifier), mcp__server__tool or mcp__server__*", text)
	}
	if !narrowed {
		return Rule{Tool: name}, nil
	}
	specifier, closed := strings.CutSuffix(rest, ")")
	switch {
	case !closed:
		return Rule{}, fmt.Errorf("%q must end with the closing parenthesis", text)
	case strings.TrimSpace(specifier) == "":
		return Rule{}, fmt.Errorf("%q says nothing between its parentheses; write %s to allow all of it", text, name)
	case strings.TrimSpace(specifier) != specifier:
		return Rule{}, fmt.Errorf("%q has blanks at the edges within its parentheses; remove them", text)
	case !balanced(specifier):
		return Rule{}, fmt.Errorf("the parentheses in %q don't match; one entry is one rule", text)
	}
	return Rule{Tool: name, Specifier: specifier}, nil
}

func checkRuleText(text string) error {
	length := utf8.RuneCountInString(text)
	switch {
	case !utf8.ValidString(text):
		return errors.New("this text is not valid UTF-8")
	case strings.TrimSpace(text) == "":
		return errors.New("an allowed tool can't be empty; remove it")
	case length > MaxToolLength:
		return fmt.Errorf("an allowed tool can have at most %d characters; this one has %d", MaxToolLength, length)
	case strings.ContainsFunc(text, humanize.IsControl):
		return errors.New("an allowed tool must be a single line, without tabs or other control characters")
	}
	return nil
}

func parseMCPRule(text string) (Rule, error) {
	if !strings.HasPrefix(text, mcpPrefix) {
		return Rule{}, fmt.Errorf("%q must begin with mcp__ in small letters", text)
	}
	// The first double underscore ends the server's name, as clients read it. Names with
	// several are well-formed, too; see ambiguous.
	server, tool, ok := strings.Cut(strings.TrimPrefix(text, mcpPrefix), "__")
	name, _ := strings.CutSuffix(tool, "*")
	switch {
	case strings.ContainsAny(text, "()"):
		return Rule{}, fmt.Errorf("%q has parentheses; rules for MCP servers have none: write mcp__server__tool or mcp__server__*", text)
	case !mcpPattern.MatchString(server):
		return Rule{}, fmt.Errorf("%q names no server: write mcp__server__tool or mcp__server__*", text)
	case ok && tool != "*" && !mcpPattern.MatchString(name):
		return Rule{}, fmt.Errorf("%q names no tool of the server: a name has letters, digits, _, . and -; * is all of them, and get_* all that begin with get_", text)
	}
	return Rule{Server: server, Tool: tool}, nil
}

// ambiguous reports whether r's name has more than one interpretation. Both MCP server names
// and tool names can contain double underscores. So mcp__a__b__c is tool b__c of server a, or
// tool c of server a__b. Likewise, mcp__a___b is _b of a, or b of a_. Only the client that
// runs the servers can tell.
func (r Rule) ambiguous() bool {
	name := r.Server + "__" + r.Tool
	return r.Server != "" && strings.Index(name, "__") != strings.LastIndex(name, "__")
}

// balanced reports whether the parentheses of s are balanced. One after a backslash doesn't
// count.
func balanced(s string) bool {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return depth == 0
}
