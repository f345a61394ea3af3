package templates

import (
	"fmt"
	"regexp"
	"strings"

	"orgmodes/internal/resource"
)

// checkSpecifier refuses specifiers that clients refuse, see claude_code.go. The whole rule would be
// ignored there. A lone * is accepted for all tools.
func (r Rule) checkSpecifier() error {
	if r.Server != "" || r.Specifier == "" || r.Specifier == "*" {
		return nil
	}
	switch canonicalTool(r).specifier {
	case commandSpecifier, powerShellSpecifier:
		return r.checkCommand()
	case domainSpecifier:
		return r.checkDomain()
	case pathSpecifier, unmatchedPathSpecifier:
		if strings.Contains(r.Specifier, ":*") {
			return fmt.Errorf("%q has :*, which is only for commands; a path pattern has * and **, as in Read(src/**)", r)
		}
	case noSpecifier:
		return fmt.Errorf("%q has parentheses; %s is allowed only as a whole: write %s", r, r.Tool, r.Tool)
	}
	return nil
}

func (r Rule) checkCommand() error {
	command, _ := strings.CutSuffix(r.Specifier, ":*")
	switch {
	case command == "":
		return fmt.Errorf("%q names no command; write %s to allow all of them", r, r.Tool)
	case strings.Contains(command, ":*"):
		return fmt.Errorf("%q has :* before the end, where it is refused; write * there, as in %s(%s)",
			r, r.Tool, strings.ReplaceAll(command, ":*", " *")+strings.TrimPrefix(r.Specifier, command))
	}
	return nil
}

// addressPattern matches the address of a page, and its host.
var addressPattern = regexp.MustCompile(`^(?:domain:)?(?:[a-z]+://)?([A-Za-z0-9*](?:[A-Za-z0-9.*-]*[A-Za-z0-9*])?)(?::[0-9]+)?(?:[/?#]|$)`)

func (r Rule) checkDomain() error {
	domain, ok := strings.CutPrefix(r.Specifier, "domain:")
	if ok && domain != "" && !strings.Contains(domain, "://") {
		return nil
	}
	if host := addressPattern.FindStringSubmatch(r.Specifier); host != nil && strings.Trim(host[1], "*") != "" {
		return fmt.Errorf("%q is not a domain; pages are allowed by their domain: write %s(domain:%s)", r, r.Tool, host[1])
	}
	return fmt.Errorf("%q is not a domain; pages are allowed by their domain, as in %s(domain:example.com)", r, r.Tool)
}

// contentFields are the parameters that hold what a tool acts on. Claude Code ignores rules for them.
var contentFields = map[string]string{
	"Bash": "command", "PowerShell": "command", "Read": "file_path", "Edit": "file_path", "Grep": "path",
}

// agentParameters are parameters of the Agent tool that only deny and ask rules can name.
var agentParameters = regexp.MustCompile(`^(model|isolation) *:`)

// notice returns why the rule never matches in Claude Code although it is accepted there, and what
// to write instead; "" if it can match.
func (r Rule) notice() string {
	tool := canonicalTool(r)
	if r.Server != "" || r.Specifier == "" || r.Specifier == "*" {
		return ""
	}
	field, value, isField := strings.Cut(r.Specifier, ":")
	switch {
	case tool.Name == "Glob":
		return fmt.Sprintf("Claude Code never matches %s: only path rules of Read apply to tools that read files; write Read(%s)", r, r.Specifier)
	case tool.specifier == unmatchedPathSpecifier:
		return fmt.Sprintf("Claude Code never matches %s: only path rules of Edit apply, to all tools that change files; write Edit(%s)", r, r.Specifier)
	case isField && contentFields[tool.Name] == field:
		return fmt.Sprintf("Claude Code ignores %s: a rule can't name the parameter %s; write %s(%s)", r, field, r.Tool, strings.TrimSpace(value))
	case tool.specifier == agentSpecifier && agentParameters.MatchString(r.Specifier):
		return fmt.Sprintf("Claude Code never allows anything by %s: only rules that deny or ask can name a parameter; write %s(name) with the name of an agent", r, r.Tool)
	case tool.specifier == domainSpecifier && strings.Contains(value, "/"):
		host, _, _ := strings.Cut(value, "/")
		return fmt.Sprintf("Claude Code never matches %s: a domain has no path; write %s(domain:%s)", r, r.Tool, host)
	}
	return ""
}

// Notices returns notices about allowed tools that never match, with pointers into the template.
func (t Template) Notices() []resource.Notice {
	var all []resource.Notice
	for i, text := range t.AllowedTools {
		if n := toolNotice(text); n != "" {
			all = append(all, resource.Notice{Pointer: fmt.Sprintf("/allowed_tools/%d", i), Detail: n})
		}
	}
	return all
}

func toolNotice(text string) string {
	rule, err := ParseRule(text)
	if err != nil {
		return "" // a problem, or stored before the current rules
	}
	return rule.notice()
}
