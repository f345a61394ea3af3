package browsertest

import (
	"encoding/json"
	"strings"
	"testing"

	"orgmodes/internal/modes"
)

// TestModesOfAllSortsCanBeLookedAt goes through the pages on a mode with what
// people really have in them, in windows of several sizes.
func TestModesOfAllSortsCanBeLookedAt(t *testing.T) {
	s := newSite(t)
	s.mode("docs-writer", "Docs writer", func(m *modes.Mode) {
		m.Config.RoleDefinition = "You are Acme’s documentation writer. You keep the handbook in step with the code: you read the change first, find every page that it makes untrue, and mend exactly those."
		m.Config.Groups = []modes.Group{{Name: "read"}, {Name: "edit", Restriction: &modes.Restriction{FileRegex: `\.md$`, Description: "Markdown files only"}}}
	})
	s.mode("long", "🧪 "+strings.Repeat("Unbrechbar", 9), func(m *modes.Mode) {
		m.Config.RoleDefinition = "أنت كاتب الوثائق. اكتب جملًا قصيرة.\n\n" + strings.Repeat("A sentence that goes on. ", 80)
		m.Config.Description = "👩‍👩‍👧‍👦 家族 – " + strings.Repeat("https://example.com/a/very/long/address", 4)
		m.Config.CustomInstructions = strings.Repeat("- one rule of very many, which nobody reads\n", 120)
		m.Config.Groups = []modes.Group{{Name: "read", Restriction: &modes.Restriction{FileRegex: "^" + strings.Repeat("(docs|src)/", 15), Extra: map[string]any{"odd": "kept"}}}}
		m.Config.Extra = map[string]any{"rulesFiles": []any{map[string]any{"relativePath": strings.Repeat("deep/", 30) + "a.md", "content": "x"}}, "limit": json.Number("3")}
	})
	s.change("long", func(m *modes.Mode) { m.Config.CustomInstructions += "אחרון\n"; m.Config.RoleDefinition += "!" })
	s.deleteModeThatWas("gone", "Gone for now")
	b := s.browser().as(s.owner)
	for _, page := range []struct{ name, path string }{
		{"edit", "/modes/docs-writer/edit"},
		{"edit-long", "/modes/long/edit"},
		{"edit-long-yaml", "/modes/long/edit?view=yaml"},
		{"history-long", "/modes/long/history?from=1&to=2"},
		{"deleted", "/modes/deleted"},
		{"new", "/modes/new?from=architect"},
	} {
		b.window(1360, 1000, "light")
		b.open("/orgs/acme" + page.path)
		if strings.Contains(page.path, "yaml") {
			b.until(`document.querySelector(".cm-content")`)
		}
		for _, look := range []struct {
			name          string
			width, height int64
			scheme        string
		}{{"desktop", 1360, 1000, "light"}, {"dark", 1360, 1000, "dark"}, {"phone", 390, 844, "light"}} {
			b.window(look.width, look.height, look.scheme)
			b.fits()
			b.sound()
			b.shot("look-" + page.name + "-" + look.name)
		}
	}
	// A change, and mistakes, in each.
	b.window(1360, 1000, "dark")
	b.open("/orgs/acme/modes/docs-writer/edit")
	b.fill("#field-description", "Keeps the handbook in step")
	b.fill("#field-fileRegex-edit", `\.(md|mdx)$`)
	b.checked("2 changes")
	b.sound()
	b.shot("look-changed-dark")
	b.fill("#field-name", "")
	b.fill("#field-fileRegex-edit", `\.(md|mdx$`)
	b.fill("#field-roleDefinition", "")
	b.expect("status of 422")
	b.follow("#save")
	for _, look := range []struct {
		name          string
		width, height int64
		scheme        string
	}{{"dark", 1360, 1000, "dark"}, {"phone", 390, 844, "light"}} {
		b.window(look.width, look.height, look.scheme)
		b.fits()
		b.sound()
		b.shot("look-mistakes-" + look.name)
	}
}

func (s *site) deleteModeThatWas(slug, name string) {
	s.t.Helper()
	s.mode(slug, name)
	s.deleteMode(slug)
}
