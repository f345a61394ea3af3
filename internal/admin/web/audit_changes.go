package web

import (
	"encoding/json"
	"fmt"
	"strings"

	"orgmodes/internal/diff"
)

// shownChange is a field that changed, as people read it.
type shownChange struct {
	// Name is the field's in words, Pointer where it is.
	Name, Pointer string
	Kind          diff.Kind
	// Before and After are values of one line; where one of them has several,
	// Lines compares them.
	Before, After string
	Lines         []shownLine
	// Note stands for all of that where values would say nothing.
	Note string
}

// shownLine is a line of a text, or how many unchanged ones are left out.
type shownLine struct {
	Kind             diff.Kind
	Text             string
	OldLine, NewLine int
	// Skipped is how many lines are left out here; the line itself is none then.
	Skipped int
}

// Sign is what stands before a line.
func (l shownLine) Sign() string {
	switch l.Kind {
	case diff.Added:
		return "+"
	case diff.Removed:
		return "−"
	default:
		return " "
	}
}

// Said is what a screen reader says before a line.
func (l shownLine) Said() string {
	switch l.Kind {
	case diff.Added:
		return "added: "
	case diff.Removed:
		return "removed: "
	default:
		return ""
	}
}

// aroundChange is how many unchanged lines are shown on each side of a change.
const aroundChange = 3

func shownChanges(changes []diff.Change) []shownChange {
	out := make([]shownChange, len(changes))
	for i, c := range changes {
		s := shownChange{Name: fieldInWords(c.Pointer), Pointer: c.Pointer, Kind: c.Kind}
		s.Before, s.After = valueInWords(c.Before), valueInWords(c.After)
		switch {
		case len(c.Lines) > 0:
			s.Lines = foldLines(c.Lines)
		case strings.Contains(s.Before+s.After, "\n"):
			s.Lines = append(linesOf(s.Before, c.Before, diff.Removed), linesOf(s.After, c.After, diff.Added)...)
		}
		out[i] = s
	}
	return out
}

func linesOf(text string, value any, kind diff.Kind) []shownLine {
	if value == nil {
		return nil
	}
	var out []shownLine
	for i, line := range strings.Split(text, "\n") {
		l := shownLine{Kind: kind, Text: line}
		if kind == diff.Added {
			l.NewLine = i + 1
		} else {
			l.OldLine = i + 1
		}
		out = append(out, l)
	}
	return out
}

// foldLines leaves out what is far from any change.
func foldLines(lines []diff.Line) []shownLine {
	near := make([]bool, len(lines))
	for i, l := range lines {
		if l.Kind == diff.Same {
			continue
		}
		for j := max(0, i-aroundChange); j <= min(len(lines)-1, i+aroundChange); j++ {
			near[j] = true
		}
	}
	var out []shownLine
	for i, l := range lines {
		switch {
		case near[i]:
			out = append(out, shownLine{Kind: l.Kind, Text: l.Text, OldLine: l.OldLine, NewLine: l.NewLine})
		case len(out) > 0 && out[len(out)-1].Skipped > 0:
			out[len(out)-1].Skipped++
		default:
			out = append(out, shownLine{Kind: diff.Same, Skipped: 1})
		}
	}
	return out
}

// fieldsInWords are the fields that people know under another name.
var fieldsInWords = map[string]string{
	"/slug": "Slug", "/name": "Name", "/position": "Place in the list",
	"/config/roleDefinition": "Role definition", "/config/whenToUse": "When to use", "/config/description": "Description",
	"/config/groups": "Tools", "/config/customInstructions": "Instructions", "/config/permissionTemplate": "Permission template",
	"/config/iconName": "Icon", "/config/defaultModel": "Default model",
	"/permission_mode": "Permission mode", "/allowed_tools": "Allowed tools", "/default_role": "Default role",
	"/default_system_prompt": "Default system prompt", "/description": "Description",
	"/email": "Address", "/role": "Role", "/start": "Begins with", "/user": "Acts for", "/scopes": "Scopes",
	"/expires_at": "Expires", "/revoked_at": "Revoked",
}

func fieldInWords(pointer string) string {
	if words, ok := fieldsInWords[pointer]; ok {
		return words
	}
	name := strings.TrimPrefix(strings.TrimPrefix(pointer, "/config/"), "/")
	name = strings.NewReplacer("/", " › ", "~1", "/", "~0", "~").Replace(name)
	if name == "" {
		return "All of it"
	}
	return name
}

// valueInWords is a value of a field: a text as it is, a list of tools as people
// say it, anything else as JSON.
func valueInWords(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case []any:
		if words, ok := listInWords(v); ok {
			return words
		}
	}
	b, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(b)
}

// listInWords is a list of names, each perhaps with a restriction.
func listInWords(values []any) (words string, ok bool) {
	if len(values) == 0 {
		return "none", true
	}
	names := make([]string, len(values))
	for i, value := range values {
		switch v := value.(type) {
		case string:
			names[i] = v
		case []any:
			if len(v) != 2 {
				return "", false
			}
			name, isText := v[0].(string)
			options, isMap := v[1].(map[string]any)
			if !isText || !isMap {
				return "", false
			}
			names[i] = name + " (restricted)"
			if pattern, ok := options["fileRegex"].(string); ok {
				names[i] = name + " (only " + pattern + ")"
			}
			if described, ok := options["description"].(string); ok {
				names[i] += " “" + described + "”"
			}
		default:
			return "", false
		}
	}
	return strings.Join(names, ", "), true
}
