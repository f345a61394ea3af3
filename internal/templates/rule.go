package templates

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"orgmodes/internal/wording"
)

// Rule is one allowed tool, taken apart.
type Rule struct {
	// Tool is the tool's name as it is written; of an MCP server's tools, the
	// part after the server, "*" for all of them.
	Tool string
	// Server is the MCP server; empty for any other tool.
	Server string
	// Specifier is what stands in parentheses; empty where there are none.
	Specifier string
}

// String writes the rule as ParseRule reads it.
func (r Rule) String() string {
	switch {
	case r.Server != "":
		return mcpPrefix + r.Server + "__" + r.Tool
	case r.Specifier != "":
		return r.Tool + "(" + r.Specifier + ")"
	default:
		return r.Tool
	}
}

const mcpPrefix = "mcp__"

// mcpPattern is what servers and their tools may be called.
var mcpPattern = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// ParseRule reads "Tool", "Tool(specifier)", "mcp__server__tool" or
// "mcp__server__*". It judges only how the rule is written: whether there is such
// a tool, Tools.Parse knows. The error is what to tell the person.
func ParseRule(text string) (Rule, error) {
	if err := checkRuleText(text); err != nil {
		return Rule{}, err
	}
	if strings.HasPrefix(strings.ToLower(text), mcpPrefix) {
		return parseMCPRule(text)
	}
	name, rest, narrowed := strings.Cut(text, "(")
	if !namePattern.MatchString(name) {
		return Rule{}, fmt.Errorf("%q is no tool: write Tool, Tool(specifier), mcp__server__tool or mcp__server__*", text)
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
	case strings.ContainsFunc(text, wording.IsControl):
		return errors.New("an allowed tool must be a single line, without tabs or other control characters")
	}
	return nil
}

func parseMCPRule(text string) (Rule, error) {
	if !strings.HasPrefix(text, mcpPrefix) {
		return Rule{}, fmt.Errorf("%q must begin with mcp__ in small letters", text)
	}
	// The first double underscore ends the server's name, as clients read it. Names
	// with several are well-formed too, but see ambiguous.
	server, tool, ok := strings.Cut(strings.TrimPrefix(text, mcpPrefix), "__")
	switch {
	case !ok && mcpPattern.MatchString(server):
		return Rule{}, fmt.Errorf("%q names no tool; write mcp__%s__* to allow all tools of the server", text, server)
	case !ok || !mcpPattern.MatchString(server):
		return Rule{}, fmt.Errorf("%q names no server: write mcp__server__tool or mcp__server__*", text)
	case tool != "*" && !mcpPattern.MatchString(tool):
		return Rule{}, fmt.Errorf("%q names no tool of the server: a name has letters, digits, _, . and -, and * alone is all of them", text)
	}
	return Rule{Server: server, Tool: tool}, nil
}

// ambiguous reports whether r's name has more than one reading: the servers and the
// tools of MCP may both have double underscores in their names, so mcp__a__b__c is
// tool b__c of server a, or tool c of server a__b, and mcp__a___b is _b of a, or b
// of a_. Only the client that runs the servers can tell.
func (r Rule) ambiguous() bool {
	name := r.Server + "__" + r.Tool
	return r.Server != "" && strings.Index(name, "__") != strings.LastIndex(name, "__")
}

// balanced reports whether every parenthesis has its other one. One after a
// backslash is a character like any other.
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
