package templates

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/typo"
	"orgmodes/internal/wording"
)

// Validate returns nil, or a *fault.Error (Invalid) that blames each place by its
// pointer: "/name", "/allowed_tools/2". Its code is CodeNameEmpty or
// CodePermissionMode where that is wrong, otherwise CodeInvalid. It expects a
// normalized template.
func (t Template) Validate(tools Tools) error {
	if problems := t.problems(tools); len(problems) > 0 {
		return invalid(problems)
	}
	return nil
}

// verdict collects problems, in the order in which a template is written.
type verdict []problem

func (v *verdict) add(code, pointer, format string, args ...any) {
	*v = append(*v, problem{fault.Field{Pointer: pointer, Detail: fmt.Sprintf(format, args...)}, code})
}

func (t Template) problems(tools Tools) []problem {
	var v verdict
	v.name(t.Name)
	v.permissionMode(t.PermissionMode)
	v.allowedTools(t.AllowedTools, tools)
	v.text("/default_role", t.DefaultRole, MaxRoleLength)
	v.text("/default_system_prompt", t.DefaultSystemPrompt, MaxSystemPromptLength)
	v.text("/description", t.Description, MaxDescriptionLength)
	return v
}

func (v *verdict) name(name string) {
	length := utf8.RuneCountInString(name)
	switch {
	case !utf8.ValidString(name):
		v.add("", "/name", "this text is not valid UTF-8")
	case strings.ContainsFunc(name, wording.IsControl):
		v.add("", "/name", "Template name must be a single line, without tabs or other control characters")
	case !strings.ContainsFunc(name, isVisible):
		v.add(CodeNameEmpty, "/name", nameEmpty)
	case length > MaxNameLength:
		v.add("", "/name", "Template name can have at most %d characters; this one has %d", MaxNameLength, length)
	}
}

// isVisible tells what people can see from blanks and from characters without a
// shape: a name of nothing else looks empty.
func isVisible(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }

func (v *verdict) permissionMode(m PermissionMode) {
	if m.Known() {
		return
	}
	if m == "" {
		v.add(CodePermissionMode, "/permission_mode", "permission_mode is required: %s", strings.Join(permissionModeNames(), ", "))
		return
	}
	v.add(CodePermissionMode, "/permission_mode", "%s is none of %s; the nearest is %s",
		quoted(string(m)), strings.Join(permissionModeNames(), ", "), typo.Nearest(string(m), permissionModeNames()))
}

func permissionModeNames() []string {
	var names []string
	for _, m := range PermissionModes() {
		names = append(names, string(m.Mode))
	}
	return names
}

// allowedTools refuses an entry that is there twice instead of leaving it out:
// what is dropped in silence may have been a typing error for something else.
// Short and long names of one tool are two entries, as editors tell them apart.
func (v *verdict) allowedTools(list []string, tools Tools) {
	if len(list) > MaxTools {
		v.add("", "/allowed_tools", "a template can allow at most %d tools; this one has %d", MaxTools, len(list))
		return
	}
	first := map[string]int{}
	for i, text := range list {
		if len(*v) > maxProblems { // nobody reads on
			return
		}
		at := fmt.Sprintf("/allowed_tools/%d", i)
		if _, err := tools.Parse(text); err != nil {
			v.add("", at, "%s", err)
		} else if n, ok := first[text]; ok {
			v.add("", at, "%s is here twice (already at place %d); keep one", text, n+1)
		} else {
			first[text] = i
		}
	}
}

func (v *verdict) text(pointer string, text *string, most int) {
	if text == nil {
		return
	}
	length := utf8.RuneCountInString(*text)
	switch {
	case jsonast.TextFlaw(*text) != "":
		v.add("", pointer, "%s", jsonast.TextFlaw(*text))
	case length > most:
		v.add("", pointer, "this text can have at most %d characters; it has %d", most, length)
	}
}

// quoted shows what was written, not more than a line of it.
func quoted(s string) string {
	return strconv.Quote(wording.Shortened(s, 60))
}
