package document

import (
	"cmp"
	"strings"

	"orgmodes/internal/modes"
)

// marketplaceYAML lists modes as marketplace items: `content` is a text that
// holds one mode's YAML.
func marketplaceYAML(o modes.Organization, own []modes.Mode) []byte {
	items := make([]any, len(own))
	for i, m := range own {
		items[i] = marketplaceItem(o, m)
	}
	return modes.WriteYAMLValue(modes.Map{{Name: "items", Value: items}}, "")
}

func marketplaceItem(o modes.Organization, m modes.Mode) modes.Map {
	entry := modes.Map{
		{Name: "id", Value: m.Slug},
		{Name: "name", Value: m.Name},
		{Name: "description", Value: summary(m)},
	}
	if author := cmp.Or(o.Name, o.Slug); author != "" {
		entry = append(entry, modes.Pair{Name: "author", Value: author})
	}
	return append(entry,
		modes.Pair{Name: "tags", Value: []any{}},
		modes.Pair{Name: "content", Value: string(modes.WriteYAMLMode(m))},
	)
}

// maxSummary is about what a marketplace shows of a description, in characters.
const maxSummary = 200

// summary is a description, which clients require: the mode's own, or else the
// beginning of another text that says what it is for.
func summary(m modes.Mode) string {
	for _, text := range []string{m.Config.Description, m.Config.WhenToUse, m.Config.RoleDefinition} {
		if line := firstLine(text); line != "" {
			return line
		}
	}
	return m.Name
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	line = strings.TrimSpace(line)
	if runes := []rune(line); len(runes) > maxSummary {
		return strings.TrimSpace(string(runes[:maxSummary-1])) + "…"
	}
	return line
}
