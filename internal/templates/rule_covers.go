package templates

import "strings"

// Covers reports whether r allows everything that o allows. Where that can't be
// told from how the two are written, it says no: who narrows by it may refuse too
// much, and never grants too much.
func (r Rule) Covers(o Rule) bool {
	if r == o {
		return true
	}
	if r.Server != "" || o.Server != "" {
		return r.Server == o.Server && r.Tool == "*" && !r.ambiguous() && !o.ambiguous()
	}
	tool := toolOf(r)
	if tool.Name != toolOf(o).Name {
		return false
	}
	switch {
	case r.wholeTool(tool) || r.Specifier == o.Specifier:
		return true
	case tool.specifier == command:
		return coversCommand(r.Specifier, o.Specifier)
	case tool.specifier == filePath:
		return coversPath(r.Specifier, o.Specifier)
	default:
		return false
	}
}

// wholeTool reports whether r allows all that tool can do. A specifier "*" does for
// commands only: as a pattern of paths it ends at the working directory, and no
// other tool is known to read it as everything.
func (r Rule) wholeTool(tool Tool) bool {
	return r.Specifier == "" || r.Specifier == "*" && tool.specifier == command
}

// toolOf is the tool that a rule is about: a short name and its long one are the
// same. A tool that nobody knows any more is still the same as itself.
func toolOf(r Rule) Tool {
	tool := shippedTool(r.Tool)
	if tool.short != "" {
		return shippedTool(tool.short)
	}
	tool.Name = r.Tool
	return tool
}

// coversCommand compares specifiers such as "git status:*".
//
// Clients don't agree on whether "git:*" also matches gitk, and whether "git *"
// matches git alone, so a rule counts as covered only if it is in either reading.
// What joins two commands is never covered: clients judge each command for itself.
func coversCommand(wide, narrow string) bool {
	prefix, bare := strings.CutSuffix(wide, ":*")
	open := bare
	if !bare {
		prefix, open = strings.CutSuffix(wide, " *")
	}
	if !open || prefix == "" || strings.ContainsAny(prefix, `*\`) {
		return false
	}
	begin, _ := strings.CutSuffix(narrow, ":*")
	if bare && begin == prefix {
		return true
	}
	rest, ok := strings.CutPrefix(begin, prefix+" ")
	return ok && strings.TrimSpace(rest) != "" && !strings.ContainsAny(rest, ";&|<>$`()\n")
}

// coversPath compares specifiers such as "src/**". Only what is written below the
// very same folder counts, and nothing that might lead out of it again.
func coversPath(wide, narrow string) bool {
	folder, ok := strings.CutSuffix(wide, "/**")
	if !ok || folder == "" || strings.ContainsAny(folder, `*?[{\!`) {
		return false
	}
	below, ok := strings.CutPrefix(narrow, folder+"/")
	return ok && below != "" && !strings.Contains(below, "..") && !strings.ContainsAny(below, `[{\`)
}
