package shell

import (
	"encoding/json"
	"fmt"
	"strings"

	"orgmodes/internal/diff"
)

// Change is a changed field of an object, prepared for display.
type Change struct {
	// Name is the label of the field; see FieldLabel. Pointer is its JSON pointer (RFC 6901).
	Name, Pointer string
	// Kind is diff.Added, diff.Removed or diff.Changed.
	Kind diff.Kind
	// Before and After are the old and the new value, each in one line, with the changed
	// words marked. The text of a missing value is "nothing". Both are nil if Compared or
	// Note is set.
	Before, After []diff.Span
	// Compared compares the values if either has several lines; otherwise it is nil.
	Compared *Comparison
	// Note is a text to show in place of the values; it is empty if they are shown.
	Note string
}

const (
	// maxListedFields bounds the fields that a line of a list names.
	maxListedFields = 20
	// maxShownChanges bounds the changes of one mode or entry that a page shows.
	maxShownChanges = 200
)

// TruncateFieldList shortens a list of names of fields. It returns names itself if there are
// at most 20. Otherwise it returns the first 20 and an entry such as "3 other fields".
func TruncateFieldList(names []string) []string {
	if more := len(names) - maxListedFields; more > 0 {
		return append(names[:maxListedFields:maxListedFields], Pluralize(more, "other field"))
	}
	return names
}

// tooLongNote is the note on changes once the page's budget for comparisons is used up.
const tooLongNote = "Changed, but too long to be compared here as well"

// Changes prepares changes for display, in the given order. It spends budget, usually
// Request.DiffBudget, on comparing values. Once that is used up, the remaining changes have
// a Note instead of values. Of more than 200 changes, Changes returns the first 200 and a
// last one for all others, with a Name such as "And 3 other fields".
func Changes(changes []diff.Change, budget *diff.Budget) []Change {
	more := max(0, len(changes)-maxShownChanges)
	changes = changes[:len(changes)-more]
	out := make([]Change, len(changes), len(changes)+1)
	for i, c := range changes {
		s := Change{Name: FieldLabel(c.Pointer), Pointer: c.Pointer, Kind: c.Kind}
		if budget.Exhausted() {
			s.Note = tooLongNote
			out[i] = s
			continue
		}
		before, after := formatValue(c.Before), formatValue(c.After)
		if strings.Contains(before+after, "\n") {
			compared := Compare(s.Name+", line by line", before, after, budget).WithSideNames("Before", "After")
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
		out = append(out, Change{Name: "And " + Pluralize(more, "other field"), Kind: diff.Changed, Note: "More than a page can show"})
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
	plain := func(text string) []diff.Span {
		if text == "" {
			text = "nothing"
		}
		return []diff.Span{{Text: text}}
	}
	return plain(before), plain(after)
}

// fieldLabels maps JSON pointers to the labels of fields.
var fieldLabels = map[string]string{
	"/slug": "Slug", "/name": "Name", "/position": "Place in the list", "/modes": "Order of the modes",
	"/config/roleDefinition": "Role definition", "/config/whenToUse": "When to use", "/config/description": "Description",
	"/config/groups": "Tools", "/config/customInstructions": "Instructions", "/config/permissionTemplate": "Permission template",
	"/config/iconName": "Icon", "/config/defaultModel": "Default model",
	"/permission_mode": "Permission mode", "/allowed_tools": "Allowed tools", "/default_role": "Default role",
	"/default_system_prompt": "Default system prompt", "/description": "Description",
	"/email": "Address", "/role": "Role", "/start": "Begins with", "/user": "Acts for", "/scopes": "Scopes",
	"/expires_at": "Expires", "/revoked_at": "Revoked",
}

// pointerReplacer replaces the separators and escapes of a JSON pointer (RFC 6901) for
// display.
var pointerReplacer = strings.NewReplacer("/", " › ", "~1", "/", "~0", "~")

// FieldLabel returns the label to show for a field of an object, given by its JSON pointer
// (RFC 6901): "When to use" for "/config/whenToUse". Fields without a fixed label are named
// by the pointer: "a › b" for "/config/a/b". For "", the whole object, it is "All of it".
func FieldLabel(pointer string) string {
	if label, ok := fieldLabels[pointer]; ok {
		return label
	}
	name := strings.TrimPrefix(strings.TrimPrefix(pointer, "/config/"), "/")
	name = pointerReplacer.Replace(name)
	if name == "" {
		return "All of it"
	}
	return name
}

// formatValue returns the value of a field as text: a string as is, a list of tools
// separated by commas, anything else as JSON. It returns "" for nil.
func formatValue(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case []any:
		if text, ok := formatList(v); ok {
			return text
		}
	}
	b, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(b)
}

// formatList formats a list of names, each with its restriction, if any. ok is false for
// any other list.
func formatList(values []any) (text string, ok bool) {
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
