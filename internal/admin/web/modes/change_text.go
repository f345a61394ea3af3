package modes

import (
	"fmt"
	"slices"
	"strings"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/diff"
	"orgmodes/internal/modes"
)

// fieldNames maps JSON pointers to the names of their fields in a sentence.
var fieldNames = map[string]string{
	"/slug": "slug", "/name": "name", "/config/roleDefinition": "role definition", "/config/whenToUse": "when to use",
	"/config/description": "short description", "/config/groups": "tools", "/config/customInstructions": "custom instructions",
	"/config/permissionTemplate": "permission template", "/config/" + iconField: "icon",
}

// pointerUnescaper decodes the escapes in a reference token of a JSON pointer.
var pointerUnescaper = strings.NewReplacer("~1", "/", "~0", "~")

func fieldName(pointer string) string {
	if word, ok := fieldNames[pointer]; ok {
		return word
	}
	return pointerUnescaper.Replace(strings.TrimPrefix(pointer, "/config/"))
}

// describeChanges describes changes, as the end of a sentence: "changed the role definition;
// allowed command".
func describeChanges(changes []diff.Change) string {
	var renamed []string
	by := map[diff.Kind][]string{}
	var tools []string
	for _, c := range changes {
		switch c.Pointer {
		case "/name", "/slug":
			renamed = append(renamed, fmt.Sprintf("changed the %s from %v to %v", fieldName(c.Pointer), orNothing(c.Before), orNothing(c.After)))
		case "/config/groups":
			tools = describeToolChanges(c)
		default:
			by[c.Kind] = append(by[c.Kind], "the "+fieldName(c.Pointer))
		}
	}
	parts := renamed
	for _, kind := range []diff.Kind{diff.Changed, diff.Added, diff.Removed} {
		if len(by[kind]) > 0 {
			parts = append(parts, string(kind)+" "+joinWithAnd(shell.TruncateFieldList(by[kind])))
		}
	}
	return strings.Join(append(parts, tools...), "; ")
}

func orNothing(v any) any {
	if v == nil {
		return "nothing"
	}
	return v
}

// describeToolChanges describes which tools were allowed, taken away, restricted, and no
// longer restricted.
func describeToolChanges(c diff.Change) []string {
	before, after := parseTools(c.Before), parseTools(c.After)
	var allowed, removed, restricted, unrestricted []string
	for _, name := range modes.GroupNames() {
		b, had := before[name]
		a, has := after[name]
		switch {
		case has && !had:
			allowed = append(allowed, name)
			if a != "" {
				restricted = append(restricted, name+" to "+a)
			}
		case had && !has:
			removed = append(removed, name)
		case a == b:
		case a != "":
			restricted = append(restricted, name+" to "+a)
		default:
			unrestricted = append(unrestricted, name)
		}
	}
	var out []string
	for _, part := range []struct {
		verb  string
		names []string
	}{{"allowed", allowed}, {"took away", removed}, {"restricted", restricted}, {"no longer restricted", unrestricted}} {
		if len(part.names) > 0 {
			out = append(out, part.verb+" "+joinWithAnd(part.names))
		}
	}
	if out == nil {
		out = []string{"changed the tools"}
	}
	return out
}

// parseTools returns the groups of a change, each with its restriction, "" for none.
func parseTools(value any) map[string]string {
	out := map[string]string{}
	groups, _ := value.([]any)
	for _, g := range groups {
		switch g := g.(type) {
		case string:
			out[g] = ""
		case []any:
			if len(g) != 2 {
				continue
			}
			name, _ := g[0].(string)
			options, _ := g[1].(map[string]any)
			pattern, _ := options["fileRegex"].(string)
			if pattern == "" {
				pattern = "what its description says"
			}
			out[name] = pattern
		}
	}
	return out
}

// joinWithAnd joins words as in a sentence: "a", "a and b", "a, b and c".
func joinWithAnd(words []string) string {
	words = slices.Clone(words)
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
