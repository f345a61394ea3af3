package templates

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/jsonast"
)

// Fields lists what people write of a template, in the order in which it is written, in
// JSON shapes.
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

// Fields lists a template in the shape that clients know, in their order: null
// where there is no text, allowed_tools always a list, times in UTC. Whoever has
// more to say appends it.
func (t OrganizationTemplate) Fields() jsonast.Map {
	m := jsonast.Map{{Name: "template_id", Value: idOrNull(t.ID)}}
	m = append(m, t.Template.Fields()...)
	return append(m,
		jsonast.Pair{Name: "created_at", Value: timeOrNull(t.CreatedAt)},
		jsonast.Pair{Name: "updated_at", Value: timeOrNull(t.UpdatedAt)},
	)
}

// MarshalJSON writes what people write of a template; UnmarshalJSON reads it.
func (t Template) MarshalJSON() ([]byte, error) { return t.Fields().MarshalJSON() }

// MarshalJSON writes the template in the shape that clients know, see Fields.
func (t OrganizationTemplate) MarshalJSON() ([]byte, error) { return t.Fields().MarshalJSON() }

// PublishedJSON is what is published to editors: all templates of an
// organization by name, each in the shape that clients know with the organization
// and the version behind it. The same templates give the same bytes, in whatever
// order they come.
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
		panic("templates: " + err.Error()) // there is nothing but texts, lists and numbers
	}
	return append(body, '\n')
}

// Sorted returns templates by name (capitals make no difference), then by id.
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

// timestamp writes a time as the files that people have do: what Python's
// isoformat writes, which is ISO 8601 in UTC with microseconds where there are any.
func timestamp(t time.Time) string {
	t = t.UTC().Truncate(time.Microsecond)
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05-07:00")
	}
	return t.Format("2006-01-02T15:04:05.000000-07:00")
}

// parseTimestamp reads what timestamp writes, and other ways to write a time in
// ISO 8601. One without a zone is in UTC.
func parseTimestamp(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil && !t.IsZero() {
			return t.UTC().Truncate(time.Microsecond), true
		}
	}
	return time.Time{}, false
}
