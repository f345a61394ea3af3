package templates

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/jsonast"
)

// Fields returns the user-editable fields as JSON values, in the order in which they are
// written.
func (t Template) Fields() jsonast.Map {
	tools := make([]any, len(t.AllowedTools))
	for i, tool := range t.AllowedTools {
		tools[i] = tool
	}
	return jsonast.Map{
		{Name: "name", Value: t.Name},
		{Name: "permission_mode", Value: string(t.PermissionMode)},
		{Name: "allowed_tools", Value: tools},
		{Name: "default_role", Value: orNull(t.DefaultRole)},
		{Name: "default_system_prompt", Value: orNull(t.DefaultSystemPrompt)},
		{Name: "description", Value: orNull(t.Description)},
	}
}

// Fields returns the template in the shape that clients know, in their field order. Absent
// texts are null, allowed_tools is always a list, and times are in UTC. Callers can append
// further fields.
func (t OrganizationTemplate) Fields() jsonast.Map {
	m := jsonast.Map{{Name: "template_id", Value: idOrNull(t.ID)}}
	m = append(m, t.Template.Fields()...)
	return append(m,
		jsonast.Pair{Name: "created_at", Value: timeOrNull(t.CreatedAt)},
		jsonast.Pair{Name: "updated_at", Value: timeOrNull(t.UpdatedAt)},
	)
}

// MarshalJSON writes the user-editable fields of a template; UnmarshalJSON reads them.
func (t Template) MarshalJSON() ([]byte, error) { return t.Fields().MarshalJSON() }

// MarshalJSON writes the template in the shape that clients know, see Fields.
func (t OrganizationTemplate) MarshalJSON() ([]byte, error) { return t.Fields().MarshalJSON() }

// PublishedJSON returns the document that is published to editors. It has all templates of an
// organization by name, each in the shape that clients know plus organization_id and version.
// The same templates give the same bytes, whatever their order.
func PublishedJSON(all []OrganizationTemplate) []byte {
	items := make([]any, len(all))
	for i, t := range Sorted(all) {
		items[i] = append(t.Fields(),
			jsonast.Pair{Name: "organization_id", Value: t.OrganizationID.String()},
			jsonast.Pair{Name: "version", Value: t.Version},
		)
	}
	body, err := jsonast.Map{{Name: "templates", Value: items}}.MarshalJSON()
	if err != nil {
		panic("templates: " + err.Error()) // the values are strings, lists and numbers only
	}
	return append(body, '\n')
}

// Sorted returns a copy of all, ordered by name (ignoring case), then by id.
func Sorted(all []OrganizationTemplate) []OrganizationTemplate {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b OrganizationTemplate) int {
		return cmp.Or(
			strings.Compare(NameKey(a.Name), NameKey(b.Name)),
			strings.Compare(a.ID.String(), b.ID.String()),
		)
	})
	return sorted
}

func orNull(text *string) any {
	if text == nil {
		return nil
	}
	return *text
}

func idOrNull(id uuid.UUID) any {
	if id == uuid.Nil {
		return nil
	}
	return id.String()
}

func timeOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return timestamp(t)
}

// timestamp formats t as in existing files, which Python's isoformat wrote: ISO 8601 in UTC,
// with microseconds unless they are zero.
func timestamp(t time.Time) string {
	t = t.UTC().Truncate(time.Microsecond)
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05-07:00")
	}
	return t.Format("2006-01-02T15:04:05.000000-07:00")
}

// parseTimestamp parses the format that timestamp writes, and other ISO 8601 formats. A time
// without a zone is in UTC.
func parseTimestamp(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil && !t.IsZero() {
			return t.UTC().Truncate(time.Microsecond), true
		}
	}
	return time.Time{}, false
}
