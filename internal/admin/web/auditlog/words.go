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

// actionGroup holds the actions on one kind of subject.
type actionGroup struct {
	Name    string
	Actions []actionWords
}

// actionWords is an action by its full name, and in words that precede a subject's name.
type actionWords struct{ Name, Words string }

// Label returns the words for an action without a subject's name.
func (a actionWords) Label() string {
	if rest, ok := strings.CutSuffix(a.Words, " of"); ok {
		return rest + " of a member"
	}
	if a.Words == "Invited" {
		return "Invited a member"
	}
	return a.Words
}

// actionGroups lists all actions that an organization's audit log can have.
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

// auditLine is an entry of the audit log as the pages show it.
type auditLine struct {
	audit.Entry
	// Words describes the action; the subject's name follows.
	Words string
	// Path is the address of the entry's page, and SubjectPath that of the subject.
	// SubjectPath is empty if the subject has no page or no longer exists.
	Path, SubjectPath string
	Changes           []shell.Change
	// Fields names the changed fields, for a list. Long is true if they are unknown because
	// the entries of the page are too long to read.
	Fields string
	Long   bool
	// Raw is true if the content can't be parsed, and is shown as it is.
	Raw bool
}

// auditLineOf returns an entry with its comparison.
func auditLineOf(e audit.Entry, budget *diff.Budget) auditLine {
	l := auditHeadOf(e)
	changes, err := changesOf(e)
	l.Raw = err != nil
	l.Changes = append(shell.Changes(changes, budget), moveOfMode(e)...)
	return l
}

// changedFields returns the names of the fields that an entry changed, without comparing
// their values in detail. It names the first maxNamed fields (see shell.FirstOf) and counts
// the others.
func changedFields(e audit.Entry) string {
	if e.Before == nil || e.After == nil {
		return ""
	}
	changes, _ := changesOf(e) // content that can't be parsed has no fields
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

// auditHeadOf returns an entry without its changes.
func auditHeadOf(e audit.Entry) auditLine {
	l := auditLine{Entry: e, Words: actionsInWords[e.Action]}
	if l.Words == "" {
		l.Words = e.Action
	}
	return l
}

// moveOfMode returns the change of a mode's position in the list, if any. Earlier releases
// recorded it as a change of the mode. Only the direction is known: the number is just a
// sort key, and the exact place depends on the other modes.
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

// Sentence returns the entry as one line.
func (l auditLine) Sentence() string { return l.Words + " " + l.Subject.Name }

// By names the actor, and how they acted if not through a page.
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

// Was returns the whole content before the change, for content that can't be parsed.
func (l auditLine) Was() string { return string(l.Before) }

// Is returns the whole content after the change.
func (l auditLine) Is() string { return string(l.After) }

// changesOf compares the content before and after an entry: by the rules of the subject's
// kind, or field by field if there are none.
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

// asWritten returns the stored content of an object of any kind as users write it: with its
// labels, and without the ids that the library adds.
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
