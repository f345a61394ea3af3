package tokens

import (
	"strings"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/editors"
	"orgmodes/internal/endpoint"
	"orgmodes/internal/postgres"
)

// snippet is a text for the user to copy.
type snippet struct {
	ID, Label, Text string
}

// editor is a way to get an organization's modes into an editor.
type editor struct {
	ID, Name string
	// Description describes where the editor reads modes from.
	Description string
	Snippet     snippet
	// Notes explain behavior that may surprise; Warnings warn of settings that break
	// something.
	Notes, Warnings []string
}

// connectData is the data of the page about editors.
type connectData struct {
	// HasReader reports whether the address of the readers is known.
	HasReader   bool
	Address     string
	OrgID       string
	Token       snippet
	Editors     []editor
	TestRequest snippet
}

// tokenVariable is the environment variable in which the snippets expect a token.
const tokenVariable = "ORGMODES_TOKEN"

// requestCommand returns a command that requests the modes from a reader once.
func (p *Pages) requestCommand(v *shell.Request, token string) string {
	return `curl -i -H "Authorization: Bearer ` + token + `" "` + v.ReaderURL(endpoint.OrganizationYAML) + `"`
}

// saveCommand returns a command that saves an organization's own modes as a file. It stores
// the ETag next to the file, and downloads nothing if the file is current.
func (p *Pages) saveCommand(v *shell.Request, file string) string {
	return strings.Join([]string{
		`curl -fsS -H "Authorization: Bearer $` + tokenVariable + `"`,
		`  --etag-compare "` + file + `.etag" --etag-save "` + file + `.etag"`,
		`  -o "` + file + `" -w '%{http_code}\n'`,
		`  "` + v.ReaderURL(endpoint.OrganizationYAML) + `"`,
	}, " \\\n")
}

// trySnippet returns a command to try a token that was just created.
func (p *Pages) trySnippet(v *shell.Request, token string) snippet {
	return snippet{"try", "Try it: the request of an editor", p.requestCommand(v, token)}
}

// Connect shows how to get the organization's modes into editors.
func (p *Pages) Connect(v *shell.Request) error {
	own, err := p.DB.ModeSummaries(v.UserContext(), v.Org.ID)
	if err != nil {
		return err
	}
	d := connectData{
		HasReader: p.PublicReader != "", Address: p.ReaderAddress(), OrgID: v.Org.ID.String(),
		Token:       snippet{"token", "In the shell that runs the lines below", "export " + tokenVariable + "='the token'"},
		TestRequest: snippet{"ask", "One request, with all headers", p.requestCommand(v, "$"+tokenVariable)},
	}
	for _, c := range editors.All() {
		e := editor{ID: c.ID, Name: c.Name}
		switch c.ID {
		case "kilo-cli-7":
			e.Description = "Reads .kilocodemodes in your home folder, for all projects, and the one of a project. Start it again to have it read the file."
			e.Snippet = snippet{"kilo-cli", "Save the modes for all projects", p.saveCommand(v, "$HOME/.kilocodemodes")}
			if names := ignoredSlugs(own); len(names) > 0 {
				e.Notes = append(e.Notes, "It ignores modes in a file that have the slug of a mode built into it. Of "+v.Org.Name+"’s modes it ignores: "+strings.Join(names, ", ")+".")
			}
			e.Warnings = []string{
				"Don’t set KILO_API_URL to " + p.ReaderAddress() + ". Kilo CLI sends everything to that one address: models and sign-in too, which readers don’t have. It would find its modes, and no model.",
			}
			e.Notes = append(e.Notes, "To have it fetch the modes itself, KILO_API_URL has to be a proxy of yours that passes GET "+endpoint.Path(v.Org.ID.String(), endpoint.ModesJSON)+
				" to the readers, with a token from here in place of Kilo’s, and everything else to https://api.kilo.ai unchanged. An organization’s modes then replace Kilo CLI’s own.")
		case "kilo-legacy":
			e.Description = "Reads .kilocodemodes in the folder of a project, and detects changes at once."
			e.Snippet = snippet{"kilo-legacy", "Save the modes as .kilocodemodes, in the folder of the project", p.saveCommand(v, ".kilocodemodes")}
			e.Warnings = []string{"Its address for models and for an organization’s modes is one and the same too: don’t set KILOCODE_BACKEND_BASE_URL to the readers."}
		case "roo-code":
			e.Description = "Reads .roomodes in the folder of a project, and detects changes at once. It does not support organizations."
			e.Snippet = snippet{"roo-code", "Save the modes as .roomodes, in the folder of the project", p.saveCommand(v, ".roomodes")}
		default:
			continue // there is no snippet for it
		}
		d.Editors = append(d.Editors, e)
	}
	return v.Show("connect", shell.Page{
		Title: "Connect an editor", Lead: "How the modes of " + v.Org.Name + " reach editors.",
		Crumbs: []shell.Crumb{{Name: "Tokens", Path: v.Address("/tokens")}}, Data: d,
	})
}

// ignoredSlugs returns the slugs that Kilo CLI accepts from an organization, but not from a
// file. They are the slugs of Kilo CLI's built-in modes
// (packages/opencode/src/kilocode/modes-migrator.ts).
func ignoredSlugs(own []postgres.ModeSummary) (slugs []string) {
	for _, m := range own {
		switch m.Slug {
		case "code", "build", "architect", "ask", "debug", "orchestrator":
			slugs = append(slugs, m.Slug)
		}
	}
	return slugs
}
