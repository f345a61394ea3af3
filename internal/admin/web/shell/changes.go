package shell

import (
	"encoding/json"
	"fmt"
	"strings"

	"orgmodes/internal/diff"
)

// Change is a changed field, prepared for display.
type Change struct {
	// Name is the label of the field, Pointer its JSON pointer.
	Name, Pointer string
	Kind          diff.Kind
	// Before and After are single-line values with the changed words marked. If either
	// value has several lines, Compared is set instead.
	Before, After []diff.Span
	Compared      *Comparison
	// Note replaces the values if they are not shown.
	Note string
}

const (
	// maxNamed bounds the fields that a line of a list names.
	maxNamed = 20
	// maxShown bounds the changes of one mode or entry that a page shows.
	maxShown = 200
)

// FirstOf returns the first maxNamed names, followed by the number of the other fields.
func FirstOf(names []string) []string {
	if more := len(names) - maxNamed; more > 0 {
		return append(names[:maxNamed:maxNamed], Count(more, "other field"))
	}
	return names
}

// tooLong is the note on changes once the page's budget for comparisons is used up.
const tooLong = "Changed, but too long to be compared here as well"

// Changes prepares changes for display, within the budget of a page. Changes beyond the
// budget are named but not compared. The first maxShown are shown, the others counted.
func Changes(changes []diff.Change, budget *diff.Budget) []Change {
	more := max(0, len(changes)-maxShown)
	changes = changes[:len(changes)-more]
	out := make([]Change, len(changes), len(changes)+1)
	for i, c := range changes {
		s := Change{Name: FieldInWords(c.Pointer), Pointer: c.Pointer, Kind: c.Kind}
		if budget.Exhausted() {
			s.Note = tooLong
			out[i] = s
			continue
		}
		before, after := valueInWords(c.Before), valueInWords(c.After)
		if strings.Contains(before+after, "\n") {
			compared := Compare(s.Name+", line by line", before, after, budget).Between("Before", "After")
			switch c.Kind {
			case diff.Added:
				compared.Old = ""
			case diff.Removed:
				compared.New = ""
			}
			s.Compared = &compared
		} else {
			s.Before, s.After = valueSpans(before, after, budget)
		}
		out[i] = s
	}
	if more > 0 {
		out = append(out, Change{Name: "And " + Count(more, "other field"), Kind: diff.Changed, Note: "More than a page can show"})
	}
	return out
}

// valueSpans returns two single-line values as spans, with the differences marked.
func valueSpans(before, after string, budget *diff.Budget) (old, now []diff.Span) {
	if before != "" && after != "" {
		if old, now, ok := diff.Words(before, after, budget); ok {
			return old, now
		}
	}
	one := func(text string) []diff.Span {
		if text == "" {
			text = "nothing"
		}
		return []diff.Span{{Text: text}}
	}
	return one(before), one(after)
}

// fieldsInWords maps JSON pointers to the labels of fields.
var fieldsInWords = map[string]string{
	"/slug": "Slug", "/name": "Name", "/position": "Place in the list", "/modes": "Order of the modes",
	"/config/roleDefinition": "Role definition", "/config/whenToUse": "When to use", "/config/description": "Description",
	"/config/groups": "Tools", "/config/customInstructions": "Instructions", "/config/permissionTemplate": "Permission template",
	"/config/iconName": "Icon", "/config/defaultModel": "Default model",
	"/permission_mode": "Permission mode", "/allowed_tools": "Allowed tools", "/default_role": "Default role",
	"/default_system_prompt": "Default system prompt", "/description": "Description",
	"/email": "Address", "/role": "Role", "/start": "Begins with", "/user": "Acts for", "/scopes": "Scopes",
	"/expires_at": "Expires", "/revoked_at": "Revoked",
}

// steps replaces the separators and escapes of a JSON pointer (RFC 6901) for display.
var steps = strings.NewReplacer("/", " › ", "~1", "/", "~0", "~")

// FieldInWords returns the label of the field at a JSON pointer.
func FieldInWords(pointer string) string {
	if words, ok := fieldsInWords[pointer]; ok {
		return words
	}
	name := strings.TrimPrefix(strings.TrimPrefix(pointer, "/config/"), "/")
	name = steps.Replace(name)
	if name == "" {
		return "All of it"
	}
	return name
}

// valueInWords returns the value of a field as text: a string as is, a list of tools
// separated by commas, anything else as JSON. It returns "" for nil.
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

// listInWords formats a list of names, each with its restriction, if any. ok is false for
// any other list.
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
