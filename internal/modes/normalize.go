package modes

import "strings"

// Normalized returns a copy in the stored form. Slug and name are trimmed, blank optional texts
// are absent, line ends are \n and numbers are canonical. Unknown fields have no `source` and
// no null, as one null makes some editors drop all modes. Everything else stays as written,
// including smart quotes.
func (m Mode) Normalized() Mode { return m.normalized(canonicalExtra) }

// normalized implements Normalized. keep returns the unknown fields of one object to keep. A
// mode that was just decoded needs no copies.
func (m Mode) normalized(keep func(extra map[string]any) map[string]any) Mode {
	c := m.Config
	n := Mode{
		Slug: strings.TrimSpace(m.Slug),
		Name: strings.TrimSpace(m.Name),
		Config: Config{
			RoleDefinition:     normalizeText(c.RoleDefinition),
			WhenToUse:          normalizeText(c.WhenToUse),
			Description:        normalizeText(c.Description),
			CustomInstructions: normalizeText(c.CustomInstructions),
			PermissionTemplate: strings.TrimSpace(c.PermissionTemplate),
			Extra:              keep(c.Extra),
		},
	}
	delete(n.Config.Extra, "source")
	if len(n.Config.Extra) == 0 {
		n.Config.Extra = nil
	}
	if c.Groups != nil {
		n.Config.Groups = make([]Group, len(c.Groups))
		for i, g := range c.Groups {
			n.Config.Groups[i] = g.normalized(keep)
		}
	}
	return n
}

func (g Group) normalized(keep func(extra map[string]any) map[string]any) Group {
	n := Group{Name: strings.TrimSpace(g.Name)}
	if g.Restriction == nil {
		return n
	}
	r := Restriction{
		FileRegex:   g.Restriction.FileRegex,
		Description: normalizeText(g.Restriction.Description),
		Extra:       keep(g.Restriction.Extra),
	}
	if strings.TrimSpace(r.FileRegex) == "" {
		r.FileRegex = ""
	}
	if r.FileRegex != "" || r.Description != "" || r.Extra != nil {
		n.Restriction = &r
	}
	return n
}

// normalizeText also converts line ends to \n: browser forms send \r\n, and YAML would read a
// bare \r\n as \n anyway.
func normalizeText(s string) string {
	if strings.TrimSpace(s) == "" {
		return ""
	}
	return strings.ReplaceAll(s, "\r\n", "\n")
}

// canonicalExtra copies unknown fields, without nulls and with canonical numbers.
func canonicalExtra(extra map[string]any) map[string]any {
	var n map[string]any
	for name, value := range extra {
		if value == nil {
			continue
		}
		if n == nil {
			n = make(map[string]any, len(extra))
		}
		n[name] = canonicalValue(value)
	}
	return n
}

// decodedExtra returns unknown fields unchanged. The decoder leaves them without nulls, with
// canonical numbers, and not shared.
func decodedExtra(extra map[string]any) map[string]any { return extra }
