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
	Actions []actionText
}

// actionText is an action by its full name, with the text that precedes a subject's name.
type actionText struct{ Name, Text string }

// Label returns the text for an action without a subject's name.
func (a actionText) Label() string {
	if rest, ok := strings.CutSuffix(a.Text, " of"); ok {
		return rest + " of a member"
	}
	if a.Text == "Invited" {
		return "Invited a member"
	}
	return a.Text
}

// actionGroups lists all actions that an organization's audit log can have.
var actionGroups = []actionGroup{
	{"Modes", []actionText{
		{audit.Create.FullName(audit.Mode), "Created mode"},
		{audit.Update.FullName(audit.Mode), "Changed mode"},
		{audit.Import.FullName(audit.Mode), "Imported mode"},
		{audit.Delete.FullName(audit.Mode), "Deleted mode"},
		{audit.Restore.FullName(audit.Mode), "Restored mode"},
	}},
	{"Permission templates", []actionText{
		{audit.Create.FullName(audit.Template), "Created template"},
		{audit.Update.FullName(audit.Template), "Changed template"},
		{audit.Import.FullName(audit.Template), "Imported template"},
		{audit.Delete.FullName(audit.Template), "Deleted template"},
		{audit.Restore.FullName(audit.Template), "Restored template"},
	}},
	{"Members", []actionText{
		{audit.Create.FullName(audit.Member), "Added member"},
		{audit.Update.FullName(audit.Member), "Changed the role of"},
		{audit.Delete.FullName(audit.Member), "Removed member"},
		{audit.Create.FullName(audit.Invitation), "Invited"},
		{audit.Delete.FullName(audit.Invitation), "Withdrew the invitation of"},
		{audit.Accept.FullName(audit.Invitation), "Accepted the invitation of"},
		{audit.Decline.FullName(audit.Invitation), "Declined the invitation of"},
	}},
	{"Access tokens", []actionText{
		{audit.Create.FullName(audit.AccessToken), "Created token"}, {audit.Revoke.FullName(audit.AccessToken), "Revoked token"},
	}},
	{"Organization", []actionText{
		{audit.Create.FullName(audit.Organization), "Created organization"},
		{audit.Delete.FullName(audit.Organization), "Deleted organization"},
		{audit.Reorder.FullName(audit.Organization), "Reordered the modes of"},
	}},
}

var actionTexts = func() map[string]string {
	texts := map[string]string{}
	for _, g := range actionGroups {
		for _, a := range g.Actions {
			texts[a.Name] = a.Text
		}
	}
	return texts
}()

// auditEntry is an entry of the audit log as the pages show it.
type auditEntry struct {
	audit.Entry
	// ActionText describes the action; the subject's name follows.
	ActionText string
	// Path is the address of the entry's page, and SubjectPath that of the subject.
	// SubjectPath is empty if the subject has no page or no longer exists.
	Path, SubjectPath string
	Changes           []shell.Change
	// Fields names the changed fields, for a list. FieldsOmitted is true if they are
	// unknown because the entries of the page are too long to read.
	Fields        string
	FieldsOmitted bool
	// Raw is true if the content can't be parsed, and is shown as it is.
	Raw bool
}

// newAuditEntry returns an entry with its comparison.
func newAuditEntry(e audit.Entry, budget *diff.Budget) auditEntry {
	l := newEntrySummary(e)
	changes, err := entryChanges(e)
	l.Raw = err != nil
	l.Changes = append(shell.Changes(changes, budget), positionChange(e)...)
	return l
}

// changedFields returns the names of the fields that an entry changed, without comparing
// their values in detail. It names the first fields and counts the others (see
// shell.TruncateFieldList).
func changedFields(e audit.Entry) string {
	if e.Before == nil || e.After == nil {
		return ""
	}
	changes, _ := entryChanges(e) // content that can't be parsed has no fields
	var names []string
	for _, c := range changes {
		names = append(names, shell.FieldLabel(c.Pointer))
	}
	names = shell.TruncateFieldList(names)
	for _, c := range positionChange(e) {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

// newEntrySummary returns an entry without its changes.
func newEntrySummary(e audit.Entry) auditEntry {
	l := auditEntry{Entry: e, ActionText: actionTexts[e.Action]}
	if l.ActionText == "" {
		l.ActionText = e.Action
	}
	return l
}

// positionChange returns the change of a mode's position in the list, if any. Earlier
// releases recorded it as a change of the mode. Only the direction is known: the number is
// just a sort key, and the exact place depends on the other modes.
func positionChange(e audit.Entry) []shell.Change {
	before, after, err := decodeBeforeAndAfter[struct{ Position int }](e)
	moved := shell.Change{Name: shell.FieldLabel("/position"), Pointer: "/position", Kind: diff.Changed, Note: "moved down"}
	switch {
	case err != nil || e.Subject.Kind != audit.Mode || e.Before == nil || e.After == nil || before.Position == after.Position:
		return nil
	case after.Position < before.Position:
		moved.Note = "moved up"
	}
	return []shell.Change{moved}
}

// Sentence returns the entry as one line.
func (l auditEntry) Sentence() string { return l.ActionText + " " + l.Subject.Name }

// By names the actor, and how they acted if not through a page.
func (l auditEntry) By() string {
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

// RawBefore returns the whole content before the change, for content that can't be parsed.
func (l auditEntry) RawBefore() string { return string(l.Before) }

// RawAfter returns the whole content after the change.
func (l auditEntry) RawAfter() string { return string(l.After) }

// entryChanges compares the content before and after an entry: by the rules of the subject's
// kind, or field by field if there are none.
func entryChanges(e audit.Entry) ([]diff.Change, error) {
	switch e.Subject.Kind {
	case audit.Mode:
		before, after, err := decodeBeforeAndAfter[struct {
			Slug, Name string
			Config     modes.Config
		}](e)
		return modes.Diff(
			modes.Mode{Slug: before.Slug, Name: before.Name, Config: before.Config},
			modes.Mode{Slug: after.Slug, Name: after.Name, Config: after.Config}), err
	case audit.Template:
		before, after, err := decodeBeforeAndAfter[templates.Template](e)
		if err != nil || e.Before != nil && e.After != nil {
			return templates.Diff(before, after), err
		}
	}
	before, after, err := decodeBeforeAndAfter[map[string]any](e)
	return diff.Fields(nil, "", manifestContent(before), manifestContent(after)), err
}

// manifestContent returns the stored content of an object of any kind as users write it:
// with its labels, and without the ids that the library adds.
func manifestContent(content map[string]any) map[string]any {
	labels, ok := content["$labels"]
	maps.DeleteFunc(content, func(name string, _ any) bool { return strings.HasPrefix(name, "$") })
	if ok {
		content["metadata"] = map[string]any{"labels": labels}
	}
	return content
}

func decodeBeforeAndAfter[T any](e audit.Entry) (before, after T, err error) {
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
