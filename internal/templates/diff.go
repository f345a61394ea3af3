package templates

import (
	"fmt"
	"slices"
	"strings"

	"orgmodes/internal/diff"
)

// Diff compares two templates field by field, in the order in which a template
// is written, with pointers into the API's form of one. A text that is empty and
// one that isn't there differ. Equal templates give nil.
func Diff(before, after Template) []diff.Change {
	var changes []diff.Change
	b, a := before.fields(), after.fields()
	for i := range b {
		changes = diff.Field(changes, "/"+b[i].Name, b[i].Value, a[i].Value)
	}
	return changes
}

// Sentences tells changes as Diff gives them to people, one sentence each:
// "The name changed from 'Helper' to 'Reviewer'."
func Sentences(changes []diff.Change) []string {
	var all []string
	for _, c := range changes {
		all = append(all, sentence(c))
	}
	return all
}

func sentence(c diff.Change) string {
	label, isText := labels[c.Pointer]
	switch {
	case c.Pointer == "/allowed_tools":
		return toolsSentence(texts(c.Before), texts(c.After))
	case c.Kind == diff.Added && c.After == "":
		return fmt.Sprintf("The %s was set, to nothing.", label)
	case c.Kind == diff.Added:
		return fmt.Sprintf("The %s was set%s.", label, short(" to ", c.After))
	case c.Kind == diff.Removed:
		return fmt.Sprintf("The %s was removed.", label)
	case isText && (short("", c.Before) == "" || short("", c.After) == ""):
		return fmt.Sprintf("The %s changed.", label)
	default:
		return fmt.Sprintf("The %s changed%s%s.", label, short(" from ", c.Before), short(" to ", c.After))
	}
}

// labels are what people call the fields.
var labels = map[string]string{
	"/name":                  "name",
	"/permission_mode":       "permission mode",
	"/default_role":          "default role",
	"/default_system_prompt": "default system prompt",
	"/description":           "description",
}

// short quotes a text that fits into a sentence; empty for any other.
func short(before string, value any) string {
	const most = 120
	text, _ := value.(string)
	if text == "" || len(text) > most || strings.ContainsAny(text, "\r\n") {
		return ""
	}
	return before + "'" + text + "'"
}

// toolsSentence says what came and went; an order that changed is all there is to
// say only where nothing did.
func toolsSentence(before, after []string) string {
	missing := func(from, in []string) string {
		return strings.Join(slices.DeleteFunc(slices.Clone(from), func(s string) bool { return slices.Contains(in, s) }), ", ")
	}
	added, removed := missing(after, before), missing(before, after)
	switch {
	case len(after) == 0:
		return "No tools are allowed any more; before: " + removed + "."
	case added != "" && removed != "":
		return "Now allowed: " + added + ". No longer: " + removed + "."
	case added != "":
		return "Now allowed: " + added + "."
	case removed != "":
		return "No longer allowed: " + removed + "."
	default:
		return "The allowed tools are in another order."
	}
}

// texts reads a list in JSON shapes, also one that was stored and read again.
func texts(value any) []string {
	var all []string
	list, _ := value.([]any)
	for _, item := range list {
		if s, ok := item.(string); ok {
			all = append(all, s)
		}
	}
	return all
}
