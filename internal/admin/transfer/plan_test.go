package transfer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/audit"
	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/lint"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
	"orgmodes/internal/upload"
)

var tester = audit.Attribution{Actor: audit.Actor{Kind: audit.Operator, ID: "test", Name: "Test"}, RequestID: "r", Source: "test"}

// newLibrary returns an organization without modes, in a separate database.
func newLibrary(t *testing.T) (*postgres.DB, uuid.UUID) {
	t.Helper()
	db, err := postgres.Open(t.Context(), storetest.AppURL(t, storetest.Postgres(t)))
	require.NoError(t, err)
	t.Cleanup(db.Close)
	org, err := db.CreateOrganization(t.Context(), tester, "acme", "Acme")
	require.NoError(t, err)
	return db, org.ID
}

// importModes and importTemplates import files of their kind.
var importModes, importTemplates = transfer.Reader(transfer.NewModeImport).Import, transfer.Reader(transfer.NewTemplateImport).Import

// optionsFor returns the options of an import with choices.
func optionsFor(c transfer.Choices) transfer.Options { return transfer.Options{Choices: c} }

// dryRunOptions returns the options of a dry run with choices.
func dryRunOptions(c transfer.Choices) transfer.Options {
	return transfer.Options{Choices: c, DryRun: true}
}

func run(t *testing.T, db *postgres.DB, org uuid.UUID, file string, o transfer.Options) *transfer.Plan {
	t.Helper()
	plan, err := importModes(t.Context(), db, tester, org, []upload.File{{Name: "modes.yaml", Data: []byte(file)}}, o)
	require.NoError(t, err)
	return plan
}

// itemAdvice returns an item's action and its advice: rule, severity, field, clients and
// position.
func itemAdvice(p *transfer.Plan) [][]string {
	var out [][]string
	for _, l := range p.Items {
		line := []string{l.Slug, string(l.Action)}
		for _, a := range l.Advice {
			line = append(line, fmt.Sprintf("%s %s %s %v %d:%d", a.Severity, a.Rule, a.Pointer, a.Clients, a.Line, a.Column))
		}
		out = append(out, line)
	}
	return out
}

const modesOfAllKinds = `customModes:
  - slug: same
    name: Same
    roleDefinition: You stay what you are, whatever happens.
    description: d
    groups: [read, browser]
  - slug: other
    name: Other
    roleDefinition: You are what comes next, and different.
    description: d
    groups: [read, [edit, {fileRegex: '\.md$'}]]
  - slug: new
    name: New
    roleDefinition: You were never here before, it is said.
    groups: [read]
  - slug: bad
    name: Bad
    groups: [browser]
  - slug: new
    name: New too
    roleDefinition: You were never here before, it is said.
    description: d
    groups: [read, modes]
  - slug: fine
    name: Fine
    roleDefinition: You are just as anybody would want you.
    description: d
    groups: [read]
`

// TestAdviceInPlans: each mode of a plan has the advice about its stored form, with the
// position in the file. The result of an import has none.
func TestAdviceInPlans(t *testing.T) {
	db, org := newLibrary(t)
	const kilo = "[kilo-cli-7]"
	browser := "warning browser-is-shell /config/groups/1 " + kilo + " 6:20"
	glob := "warning file-regex-is-glob /config/groups/1/1/fileRegex " + kilo + " 11:39"
	purpose := "note no-purpose /config/whenToUse [] 12:5"
	group := "note group-modes /config/groups/1 " + kilo + " 23:20"

	done := run(t, db, org, `customModes:
  - {slug: same, name: Same, roleDefinition: "You stay what you are, whatever happens.", description: d, groups: [read, browser]}
  - {slug: other, name: Other, roleDefinition: "You are what was before all the others.", description: d, groups: [read, browser]}
`, optionsFor(transfer.ModeChoices{}))
	require.Equal(t, [][]string{{"same", "create"}, {"other", "create"}}, itemAdvice(done))

	plan := run(t, db, org, modesOfAllKinds, dryRunOptions(transfer.ModeChoices{}))
	require.Equal(t, [][]string{
		{"same", "unchanged", browser},
		{"other", "update", glob},
		{"new", "create", purpose},
		{"bad", "invalid"},
		{"new", "conflict", group},
		{"fine", "create"},
	}, itemAdvice(plan))
	for _, l := range plan.Items {
		for _, a := range l.Advice {
			assert.NotEmpty(t, a.Title)
			assert.NotEmpty(t, a.Detail)
			assert.NotEmpty(t, a.Fix)
		}
	}
	skipping := run(t, db, org, modesOfAllKinds, dryRunOptions(transfer.ModeChoices{Collision: "skip", Slugs: []string{"other"}}))
	require.Equal(t, []string{"other", "skip", glob}, itemAdvice(skipping)[1], "it may be chosen yet")
	require.Equal(t, []string{"new", "skip", purpose}, itemAdvice(skipping)[2])

	// A refused import returns a plan that has it too.
	now, err := importModes(t.Context(), db, tester, org, []upload.File{{Data: []byte(modesOfAllKinds)}}, optionsFor(transfer.ModeChoices{}))
	var refused *transfer.RejectedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, refused.Plan, now)
	require.Equal(t, itemAdvice(plan), itemAdvice(now))
}

// TestAdviceDependsOnConflictChoice: a mode that is kept next to another gets another
// slug. Advice about the slug in the file no longer applies then.
func TestAdviceDependsOnConflictChoice(t *testing.T) {
	db, org := newLibrary(t)
	architect := `{slug: architect, name: Architect, roleDefinition: "You draw the plans for %s.", description: d, groups: [read]}`
	run(t, db, org, fmt.Sprintf(architect, "houses and towns"), optionsFor(transfer.ModeChoices{}))
	changed := fmt.Sprintf(architect, "ships and sails")
	overwriting := run(t, db, org, changed, dryRunOptions(transfer.ModeChoices{}))
	require.Equal(t, []string{"architect", "update", "note architect-beside-plan /slug [kilo-cli-7] 1:8"}, itemAdvice(overwriting)[0])
	both := run(t, db, org, changed, dryRunOptions(transfer.ModeChoices{Collision: "keep_both"}))
	require.Equal(t, "architect-2", both.Items[0].Becomes.Slug)
	require.Empty(t, both.Items[0].Advice)
}

// TestCorpusPlansMatchLint: the plan of each real file matches its lint report. It has the
// same modes, reasons and advice, at the same positions.
func TestCorpusPlansMatchLint(t *testing.T) {
	folder := os.Getenv("ORGMODES_CORPUS")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "..", "shared", "corpus")
	}
	paths, _ := filepath.Glob(filepath.Join(folder, "[0-9]*.[jy]*"))
	if len(paths) == 0 {
		t.Skipf("no corpus of real files at %s; ORGMODES_CORPUS can name another folder", folder)
	}
	db, org := newLibrary(t)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			report := lint.Check(t.Context(), "modes.yaml", data)
			plan := run(t, db, org, string(data), dryRunOptions(transfer.ModeChoices{}))
			require.Len(t, plan.Items, report.Modes)
			require.Equal(t, report.Valid, plan.Summary.Create)
			require.Equal(t, report.Modes-report.Valid, plan.Summary.Invalid+plan.Summary.Conflict)
			reported, planned := map[string]int{}, map[string]int{}
			for _, f := range report.Findings {
				if f.Rule != "read-differently" { // findings about the file itself are not those of a mode
					reported[fmt.Sprintf("%s %s %d:%d", f.Severity, f.Pointer, f.Line, f.Column)]++
				}
			}
			for _, l := range plan.Items {
				require.Equal(t, len(l.Problems) > 0, l.Action == resource.ActionInvalid || l.Action == resource.ActionConflict)
				for _, p := range l.Problems {
					planned[fmt.Sprintf("error %s %d:%d", p.Pointer, p.Line, p.Column)]++
				}
				for _, a := range l.Advice {
					planned[fmt.Sprintf("%s %s %d:%d", a.Severity, a.Pointer, a.Line, a.Column)]++
				}
			}
			require.Equal(t, reported, planned)
		})
	}
}
