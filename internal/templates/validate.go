package templates

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"orgmodes/internal/fault"
	"orgmodes/internal/humanize"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/suggest"
)

// Validate returns nil, or a *fault.Error (Invalid) that lists each problem by its pointer:
// "/name", "/allowed_tools/2". Its code is CodeNameEmpty or CodePermissionMode if that is a
// problem, otherwise CodeInvalid. t must be normalized.
func (t Template) Validate(tools Tools) error {
	if problems := t.problems(tools); len(problems) > 0 {
		return invalidError(problems)
	}
	return nil
}

// validator collects problems, in the order of a template's fields.
type validator []problem

func (v *validator) add(code, pointer, format string, args ...any) {
	*v = append(*v, problem{fault.Field{Pointer: pointer, Detail: fmt.Sprintf(format, args...)}, code})
}

func (t Template) problems(tools Tools) []problem {
	var v validator
	v.name(t.Name)
	v.permissionMode(t.PermissionMode)
	v.allowedTools(t.AllowedTools, tools)
	v.text("/default_role", t.DefaultRole, MaxRoleLength)
	v.text("/default_system_prompt", t.DefaultSystemPrompt, MaxSystemPromptLength)
	v.text("/description", t.Description, MaxDescriptionLength)
	return v
}

func (v *validator) name(name string) {
	length := utf8.RuneCountInString(name)
	switch {
	case !utf8.ValidString(name):
		v.add("", "/name", "this text is not valid UTF-8")
	case strings.ContainsFunc(name, humanize.IsControl):
		v.add("", "/name", "Template name must be a single line, without tabs or other control characters")
	case !strings.ContainsFunc(name, isVisible):
		v.add(CodeNameEmpty, "/name", nameEmptyMessage)
	case length > MaxNameLength:
		v.add("", "/name", "Template name can have at most %d characters; this one has %d", MaxNameLength, length)
	}
}

// isVisible reports whether r is neither a blank nor a character without a shape. A name of
// such characters alone looks empty.
func isVisible(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }

func (v *validator) permissionMode(m PermissionMode) {
	if m.Known() {
		return
	}
	if m == "" {
		v.add(CodePermissionMode, "/permission_mode", "permission_mode is required: %s", strings.Join(permissionModeNames(), ", "))
		return
	}
	v.add(CodePermissionMode, "/permission_mode", "%s is not one of %s%s",
		quoted(string(m)), strings.Join(permissionModeNames(), ", "), suggest.HintNear("; the closest match is %s", string(m), permissionModeNames()))
}

func permissionModeNames() []string {
	var names []string
	for _, m := range PermissionModes() {
		names = append(names, string(m.Mode))
	}
	return names
}

// allowedTools rejects a duplicate entry instead of removing it, because the duplicate can be a
// typo for another tool. The short and the long name of a tool are two entries, as editors
// distinguish them.
func (v *validator) allowedTools(list []string, tools Tools) {
	if len(list) > MaxTools {
		v.add("", "/allowed_tools", "a template can allow at most %d tools; this one has %d", MaxTools, len(list))
		return
	}
	first := map[string]int{}
	for i, text := range list {
		if len(*v) > maxProblems { // more than are reported
			return
		}
		at := fmt.Sprintf("/allowed_tools/%d", i)
		if _, err := tools.Parse(text); err != nil {
			v.add("", at, "%s", err)
		} else if n, ok := first[text]; ok {
			v.add("", at, "%s appears twice (already at position %d); keep one", text, n+1)
		} else {
			first[text] = i
		}
	}
}

func (v *validator) text(pointer string, text *string, maxLength int) {
	if text == nil {
		return
	}
	length := utf8.RuneCountInString(*text)
	switch {
	case jsonast.TextProblem(*text) != "":
		v.add("", pointer, "%s", jsonast.TextProblem(*text))
	case length > maxLength:
		v.add("", pointer, "this text can have at most %d characters; it has %d", maxLength, length)
	}
}

// quoted returns s in quotes, shortened to one line.
func quoted(s string) string {
	return strconv.Quote(humanize.Truncate(s, 60))
}
