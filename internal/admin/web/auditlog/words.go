package auditlog

import (
	"encoding/json"
	"maps"
	"strings"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/audit"
	"orgmodes/internal/diff"
	"orgmodes/internal/modes"
	"orgmodes/internal/templates"
)

// actionGroup is a kind of subject with what can happen to it.
type actionGroup struct {
	Name    string
	Actions []actionWords
}

// actionWords is an action by its full name, and in words that a subject's name
// follows.
type actionWords struct{ Name, Words string }

// Label is the action where no name follows.
func (a actionWords) Label() string {
	if rest, ok := strings.CutSuffix(a.Words, " of"); ok {
		return rest + " of a member"
	}
	if a.Words == "Invited" {
		return "Invited a member"
	}
	return a.Words
}

// actionGroups are all actions that an organization's audit log can have.
var actionGroups = []actionGroup{
	{"Modes", []actionWords{
		{audit.Create.Of(audit.Mode), "Created mode"},
		{audit.Update.Of(audit.Mode), "Changed mode"},
		{audit.Import.Of(audit.Mode), "Imported mode"},
		{audit.Delete.Of(audit.Mode), "Deleted mode"},
		{audit.Restore.Of(audit.Mode), "Restored mode"},
	}},
	{"Permission templates", []actionWords{
		{audit.Create.Of(audit.Template), "Created template"},
		{audit.Update.Of(audit.Template), "Changed template"},
		{audit.Import.Of(audit.Template), "Imported template"},
		{audit.Delete.Of(audit.Template), "Deleted template"},
		{audit.Restore.Of(audit.Template), "Restored template"},
	}},
	{"Members", []actionWords{
		{audit.Create.Of(audit.Member), "Added member"},
		{audit.Update.Of(audit.Member), "Changed the role of"},
		{audit.Delete.Of(audit.Member), "Removed member"},
		{audit.Create.Of(audit.Invitation), "Invited"},
		{audit.Delete.Of(audit.Invitation), "Withdrew the invitation of"},
		{audit.Accept.Of(audit.Invitation), "Accepted the invitation of"},
		{audit.Decline.Of(audit.Invitation), "Declined the invitation of"},
	}},
	{"Access tokens", []actionWords{
		{audit.Create.Of(audit.AccessToken), "Created token"}, {audit.Revoke.Of(audit.AccessToken), "Revoked token"},
	}},
	{"Organization", []actionWords{
		{audit.Create.Of(audit.Organization), "Created organization"},
		{audit.Delete.Of(audit.Organization), "Deleted organization"},
		{audit.Reorder.Of(audit.Organization), "Reordered the modes of"},
	}},
}

var actionsInWords = func() map[string]string {
	words := map[string]string{}
	for _, g := range actionGroups {
		for _, a := range g.Actions {
			words[a.Name] = a.Words
		}
	}
	return words
}()

// auditLine is an entry of the audit log as people read it.
type auditLine struct {
	audit.Entry
	// Words is the action, which the subject's name follows.
	Words string
	// Path is the entry's page, SubjectPath the subject's; empty where it has none
	// or is gone.
	Path, SubjectPath string
	Changes           []shell.Change
	// Fields are the names of what changed, for a list; Long is set where they are not
	// known, as the entries of the page are too long to be read for it.
	Fields string
	Long   bool
	// Raw says that the content could not be understood, and is shown as it is.
	Raw bool
}

// auditLineOf is an entry with its comparison.
func auditLineOf(e audit.Entry, budget *diff.Budget) auditLine {
	l := auditHeadOf(e)
	changes, err := changesOf(e)
	l.Raw = err != nil
	l.Changes = append(shell.Changes(changes, budget), moveOfMode(e)...)
	return l
}

// changedFields names what an entry changed, and compares nothing within it. Of many
// fields it names the first maxNamed and counts the others.
func changedFields(e audit.Entry) string {
	if e.Before == nil || e.After == nil {
		return ""
	}
	changes, _ := changesOf(e) // what can't be understood has no fields
	var names []string
	for _, c := range changes {
		names = append(names, shell.FieldInWords(c.Pointer))
	}
	names = shell.FirstOf(names)
	for _, c := range moveOfMode(e) {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

// auditHeadOf is an entry without what changed.
func auditHeadOf(e audit.Entry) auditLine {
	l := auditLine{Entry: e, Words: actionsInWords[e.Action]}
	if l.Words == "" {
		l.Words = e.Action
	}
	return l
}

// moveOfMode is that a mode has another place in the list, which was a change of the mode
// in earlier releases. Where exactly that is depends on the others: the number is only a
// key to sort by.
func moveOfMode(e audit.Entry) []shell.Change {
	before, after, err := beforeAndAfter[struct{ Position int }](e)
	moved := shell.Change{Name: shell.FieldInWords("/position"), Pointer: "/position", Kind: diff.Changed, Note: "moved down"}
	switch {
	case err != nil || e.Subject.Kind != audit.Mode || e.Before == nil || e.After == nil || before.Position == after.Position:
		return nil
	case after.Position < before.Position:
		moved.Note = "moved up"
	}
	return []shell.Change{moved}
}

// Sentence is the entry in one line.
func (l auditLine) Sentence() string { return l.Words + " " + l.Subject.Name }

// By is who did it, and through what where that isn't a page.
func (l auditLine) By() string {
	switch l.Entry.By.Actor.Kind {
	case audit.Token:
		return l.Entry.By.Actor.Name + ", with an access token"
	case audit.Operator:
		return l.Entry.By.Actor.Name + ", operator"
	case audit.System:
		return "The system"
	default:
		return l.Entry.By.Actor.Name
	}
}

// Was and Is are the whole content, for what can't be understood.
func (l auditLine) Was() string { return string(l.Before) }

// Is is the content afterwards.
func (l auditLine) Is() string { return string(l.After) }

// changesOf compares what was before with what is after: as the subject's own
// rules do, and field by field where it has none.
func changesOf(e audit.Entry) ([]diff.Change, error) {
	switch e.Subject.Kind {
	case audit.Mode:
		before, after, err := beforeAndAfter[struct {
			Slug, Name string
			Config     modes.Config
		}](e)
		return modes.Diff(
			modes.Mode{Slug: before.Slug, Name: before.Name, Config: before.Config},
			modes.Mode{Slug: after.Slug, Name: after.Name, Config: after.Config}), err
	case audit.Template:
		before, after, err := beforeAndAfter[templates.Template](e)
		if err != nil || e.Before != nil && e.After != nil {
			return templates.Diff(before, after), err
		}
	}
	before, after, err := beforeAndAfter[map[string]any](e)
	return diff.Fields(nil, "", asWritten(before), asWritten(after)), err
}

// asWritten returns the stored content of an object of any kind as people write it: with
// its labels, and without the ids that the library adds.
func asWritten(content map[string]any) map[string]any {
	labels, ok := content["$labels"]
	maps.DeleteFunc(content, func(name string, _ any) bool { return strings.HasPrefix(name, "$") })
	if ok {
		content["metadata"] = map[string]any{"labels": labels}
	}
	return content
}

func beforeAndAfter[T any](e audit.Entry) (before, after T, err error) {
	if len(e.Before) > 0 {
		if err = json.Unmarshal(e.Before, &before); err != nil {
			return before, after, err
		}
	}
	if len(e.After) > 0 {
		err = json.Unmarshal(e.After, &after)
	}
	return before, after, err
}
