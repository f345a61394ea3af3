package templates

import "strings"

// Covers reports whether r allows everything that o allows. If the notation doesn't prove it,
// Covers returns false: narrowing by it can refuse too much, but never grants too much.
func (r Rule) Covers(o Rule) bool {
	if r == o {
		return true
	}
	if r.Server != "" || o.Server != "" {
		return r.Server == o.Server && !r.ambiguous() && !o.ambiguous() && coversMCPTool(r.Tool, o.Tool)
	}
	tool := canonicalTool(r)
	if tool.Name != canonicalTool(o).Name {
		return false
	}
	switch {
	case r.wholeTool(tool) || r.Specifier == o.Specifier:
		return true
	case tool.specifier == commandSpecifier:
		return coversCommand(r.Specifier, o.Specifier)
	case tool.specifier == pathSpecifier || tool.specifier == unmatchedPathSpecifier && tool.Name != "Glob":
		return coversPath(r.Specifier, o.Specifier)
	case tool.specifier == skillSpecifier:
		return coversSkill(r.Specifier, o.Specifier)
	default:
		return false
	}
}

// coversMCPTool compares tools of the same server. No name and "*" are all of them.
func coversMCPTool(wide, narrow string) bool {
	prefix, open := strings.CutSuffix(wide, "*")
	return wide == "" || open && (prefix == "" || strings.HasPrefix(narrow, prefix))
}

// coversSkill compares specifiers such as "deploy *". It is unknown whether that includes the skill
// without arguments, so "deploy" doesn't count as covered.
func coversSkill(wide, narrow string) bool {
	name, open := strings.CutSuffix(wide, " *")
	if !open || strings.Contains(name, "*") {
		return false
	}
	arguments, ok := strings.CutPrefix(narrow, name+" ")
	return ok && strings.TrimSpace(arguments) != ""
}

// wholeTool reports whether r allows everything that tool can do. The specifier "*" does so for
// commands only. As a path pattern it is limited to the working directory, and no other tool is
// known to read it as everything.
func (r Rule) wholeTool(tool Tool) bool {
	return r.Specifier == "" || r.Specifier == "*" && tool.specifier == commandSpecifier
}

// canonicalTool returns the tool that r is about. A short name and its long one give the same
// tool. A name that is no longer known gives a tool that equals only itself.
func canonicalTool(r Rule) Tool {
	tool := builtinTool(r.Tool)
	if tool.longName != "" {
		return builtinTool(tool.longName)
	}
	tool.Name = r.Tool
	return tool
}

// coversCommand compares specifiers such as "git status:*".
//
// Clients disagree on whether "git:*" also matches gitk, and whether "git *" matches git alone.
// A rule counts as covered only if both interpretations agree. A joined command is never covered,
// because clients check each of its commands separately.
func coversCommand(wide, narrow string) bool {
	prefix, bare := strings.CutSuffix(wide, ":*")
	open := bare
	if !bare {
		prefix, open = strings.CutSuffix(wide, " *")
	}
	if !open || prefix == "" || strings.ContainsAny(prefix, `*\`) {
		return false
	}
	start, _ := strings.CutSuffix(narrow, ":*")
	if bare && start == prefix {
		return true
	}
	rest, ok := strings.CutPrefix(start, prefix+" ")
	return ok && strings.TrimSpace(rest) != "" && !strings.ContainsAny(rest, ";&|<>$`()\n")
}

// coversPath compares specifiers such as "src/**". It accepts only paths below the same folder,
// and nothing that could lead out of it.
func coversPath(wide, narrow string) bool {
	folder, ok := strings.CutSuffix(wide, "/**")
	if !ok || folder == "" || strings.ContainsAny(folder, `*?[{\!`) {
		return false
	}
	below, ok := strings.CutPrefix(narrow, folder+"/")
	return ok && below != "" && !strings.Contains(below, "..") && !strings.ContainsAny(below, `[{\`)
}
