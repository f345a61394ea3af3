package modes

import (
	"fmt"
	"slices"
	"strings"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/diff"
	"orgmodes/internal/modes"
)

// fieldWords maps JSON pointers to the names of their fields in a sentence.
var fieldWords = map[string]string{
	"/slug": "slug", "/name": "name", "/config/roleDefinition": "role definition", "/config/whenToUse": "when to use",
	"/config/description": "short description", "/config/groups": "tools", "/config/customInstructions": "custom instructions",
	"/config/permissionTemplate": "permission template", "/config/" + iconField: "icon",
}

// unescaped decodes the escapes in a reference token of a JSON pointer.
var unescaped = strings.NewReplacer("~1", "/", "~0", "~")

func fieldWord(pointer string) string {
	if word, ok := fieldWords[pointer]; ok {
		return word
	}
	return unescaped.Replace(strings.TrimPrefix(pointer, "/config/"))
}

// changeSentence describes changes, as the end of a sentence: "changed the role definition;
// allowed command".
func changeSentence(changes []diff.Change) string {
	var renamed []string
	by := map[diff.Kind][]string{}
	var tools []string
	for _, c := range changes {
		switch c.Pointer {
		case "/name", "/slug":
			renamed = append(renamed, fmt.Sprintf("changed the %s from %v to %v", fieldWord(c.Pointer), orNothing(c.Before), orNothing(c.After)))
		case "/config/groups":
			tools = toolsSentence(c)
		default:
			by[c.Kind] = append(by[c.Kind], "the "+fieldWord(c.Pointer))
		}
	}
	parts := renamed
	for _, kind := range []diff.Kind{diff.Changed, diff.Added, diff.Removed} {
		if len(by[kind]) > 0 {
			parts = append(parts, string(kind)+" "+enumerated(shell.FirstOf(by[kind])))
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

// toolsSentence describes which tools were allowed, taken away, restricted, and no longer
// restricted.
func toolsSentence(c diff.Change) []string {
	before, after := toolsIn(c.Before), toolsIn(c.After)
	var allowed, taken, restricted, freed []string
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
			taken = append(taken, name)
		case a == b:
		case a != "":
			restricted = append(restricted, name+" to "+a)
		default:
			freed = append(freed, name)
		}
	}
	var out []string
	for _, part := range []struct {
		verb  string
		names []string
	}{{"allowed", allowed}, {"took away", taken}, {"restricted", restricted}, {"no longer restricted", freed}} {
		if len(part.names) > 0 {
			out = append(out, part.verb+" "+enumerated(part.names))
		}
	}
	if out == nil {
		out = []string{"changed the tools"}
	}
	return out
}

// toolsIn returns the groups of a change, each with its restriction, "" for none.
func toolsIn(value any) map[string]string {
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

// enumerated joins words as in a sentence: "a", "a and b", "a, b and c".
func enumerated(words []string) string {
	words = slices.Clone(words)
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
