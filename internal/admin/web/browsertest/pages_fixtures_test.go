package browsertest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
	"orgmodes/internal/templates"
)

func (s *site) setUpEmpty() {
	s.execSQL("DELETE FROM token_organizations")
}

// setUpNormal sets up an organization as it is after some weeks.
func (s *site) setUpNormal() {
	s.createTypicalModes()
	s.updateMode("docs-writer", func(m *modes.Mode) {
		m.Config.CustomInstructions = "Read the change first.\nFind every page that it makes untrue.\nMend exactly those.\nKeep sentences short."
	})
	s.updateMode("docs-writer", func(m *modes.Mode) {
		m.Config.CustomInstructions = "Read the change first.\nFind every page that it makes wrong.\nMend exactly those.\nKeep sentences short.\nNever leave a link that leads nowhere."
		m.Config.Groups = append(m.Config.Groups, modes.Group{Name: "browser"})
	})
	s.createAndDeleteMode("release-notes", "Release notes")
	s.createTemplate("Careful")
	s.createTemplate("Nightly <script>executed=1</script>")
	s.createToken("Ada’s laptop", s.admin)
	s.createToken("Nightly export", s.owner)
	s.createOtherOrganization("globex", "Globex", s.owner, s.member)
	s.readerHas("Never leave a link")
	s.waitForPublished()
}

// unescapedMarker is a text that would run as a script if it weren't escaped, in HTML text
// or in an attribute.
const unescapedMarker = `<script>executed=1</script>"'><img src=x onerror=executed=1>`

// unusualNames maps slugs to unusual names that a user could give a mode.
var unusualNames = map[string]string{
	"script":  unescapedMarker,
	"rtl":     "سجل التغييرات",
	"hebrew":  "עורך תיעוד",
	"chinese": "代码审查与安全检查工程师",
	"emoji":   "👩‍💻🏳️‍🌈 Family 👨‍👩‍👧‍👦 🇨🇭",
	"word":    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
	"long-name-long-name-long-name-long-name-long-name": "A name as long as it may be, which nobody would give to a mode, and which somebody gives in the end"[:99],
}

// setUpCrowded sets up an organization with too much of everything: 500 modes, a prompt of
// 60 KB, and unusual names.
func (s *site) setUpCrowded() {
	var many []modes.Mode
	for slug, name := range unusualNames {
		m := modes.Mode{Slug: slug, Name: name}
		m.Config.RoleDefinition, m.Config.Description, m.Config.WhenToUse = "You are "+name, name, name
		m.Config.Groups = []modes.Group{{Name: "read"}, {Name: "edit", Restriction: &modes.Restriction{FileRegex: `\.md$`, Description: name}}}
		many = append(many, m)
	}
	for i := range 491 {
		m := modes.Mode{Slug: fmt.Sprintf("mode-%03d", i), Name: fmt.Sprintf("Mode number %d", i)}
		m.Config.RoleDefinition = "You are one of many."
		m.Config.Groups = []modes.Group{{Name: "read"}, {Name: "edit"}, {Name: "browser"}, {Name: "command"}, {Name: "mcp"}}
		many = append(many, m)
	}
	storetest.PutModes(s.t, s.db, byUser(s.owner), s.acme.ID, many...)
	prompt := longPrompt()
	s.createMode("long", "🧪 "+strings.Repeat("Unbrechbar", 9), func(m *modes.Mode) {
		m.Config.RoleDefinition = "أنت كاتب الوثائق. اكتب جملًا قصيرة.\n\n" + strings.Repeat("A sentence that goes on. ", 80)
		m.Config.Description = "👩‍👩‍👧‍👦 家族 – " + strings.Repeat("https://example.com/a/very/long/address", 4)
		m.Config.CustomInstructions = prompt
		m.Config.Groups = []modes.Group{{Name: "read", Restriction: &modes.Restriction{FileRegex: "^" + strings.Repeat("(docs|src)/", 15), Extra: map[string]any{"odd": "kept"}}}}
		m.Config.Extra = map[string]any{"rulesFiles": []any{map[string]any{"relativePath": strings.Repeat("deep/", 30) + "a.md", "content": "x"}}, "limit": json.Number("3")}
	})
	for i := range 60 {
		s.updateMode("long", func(m *modes.Mode) {
			m.Config.CustomInstructions = strings.Replace(prompt, "420. ", fmt.Sprintf("420. (%d) ", i), 1)
			m.Config.RoleDefinition += "!"
		})
	}
	s.createMode("gone", unescapedMarker)
	s.deleteMode("gone")
	for i := range 40 {
		s.createToken(fmt.Sprintf("%s %d", unescapedMarker, i), s.owner)
	}
	s.execSQL("UPDATE users SET name = $1 WHERE id = $2", unescapedMarker, s.owner.ID)
	s.execSQL("UPDATE organizations SET name = $1 WHERE id = $2", "Acme "+unescapedMarker+" "+unusualNames["rtl"], s.acme.ID)
	for slug, name := range unusualNames {
		s.createOtherOrganization("org-"+slug[:min(len(slug), 8)], name, s.owner)
	}
	s.readerHas("slug: long")
}

func (s *site) createToken(name string, u postgres.User) {
	s.t.Helper()
	_, err := s.db.CreateToken(s.t.Context(), byUser(s.owner), postgres.NewToken{
		Token: s.keys.Mint(), Name: name, User: u.ID, Scopes: []string{"read"}, Organizations: []uuid.UUID{s.acme.ID},
	})
	require.NoError(s.t, err)
}

func (s *site) createOtherOrganization(slug, name string, members ...postgres.User) {
	s.t.Helper()
	o := s.createOrganization(slug, name)
	for _, u := range members {
		require.NoError(s.t, s.db.AddMember(s.t.Context(), operator, o.ID, u.ID, "admin"))
	}
}

// queryText returns one value from the database, or "" if there is no database.
func (s *site) queryText(query string) (value string) {
	if s.db == nil {
		return ""
	}
	s.t.Helper()
	s.queryRow(query, &value)
	return value
}

// auditEntryPath returns the path of the newest audit entry with an action.
func (s *site) auditEntryPath(action string) string {
	return "./audit/" + s.queryText("SELECT id::text FROM audit_log WHERE action = '"+action+"' ORDER BY id DESC LIMIT 1")
}

// tokenRevocationPath returns the path of the page that asks whether to revoke a token.
func (s *site) tokenRevocationPath() string {
	return "./tokens/revocations?token=" + s.queryText("SELECT id::text FROM tokens ORDER BY created_at DESC LIMIT 1")
}

// createTemplate adds a permission template with two versions.
func (s *site) createTemplate(name string) {
	s.t.Helper()
	store := s.db.Objects(templates.KindName)
	o, err := store.Create(s.t.Context(), byUser(s.owner), s.acme.ID, templates.Template{
		Name: name, PermissionMode: "plan", AllowedTools: []string{"Read", "Grep"}, Description: new(string("For those who only look" + unescapedMarker)),
	})
	require.NoError(s.t, err)
	_, err = store.Update(s.t.Context(), byUser(s.admin), s.acme.ID, o.ID.String(), 1, func(o resource.Object) (resource.Object, error) {
		t, _ := o.Spec.(templates.Template)
		t.AllowedTools = append(t.AllowedTools, "Glob")
		o.Spec = t
		return o, nil
	})
	require.NoError(s.t, err)
}

// templatePath returns the path of a page of a permission template.
func (s *site) templatePath(page string) string {
	return "./templates/" + s.queryText("SELECT id::text FROM resources WHERE kind = 'template' ORDER BY name LIMIT 1") + page
}

// templateDeletionPath returns the path of the page that asks whether to delete a template.
func (s *site) templateDeletionPath() string {
	return "./templates/deletions?object=" + s.queryText("SELECT id::text FROM resources WHERE kind = 'template' ORDER BY name LIMIT 1")
}

// modePath returns the path of a page of a mode.
func modePath(slug, page string) string { return "./modes/" + url.PathEscape(slug) + page }
