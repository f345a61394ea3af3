package modes

import (
	"orgmodes/internal/diff"
	"orgmodes/internal/jsonast"
)

// Diff compares two modes field by field, including unknown fields, in the order in which a
// mode is written. Groups are one field: their order has no meaning for editors, but users see
// it. Equal modes give nil.
func Diff(before, after Mode) []diff.Change {
	var changes []diff.Change
	changes = diff.Field(changes, "/slug", textOrNone(before.Slug), textOrNone(after.Slug))
	changes = diff.Field(changes, "/name", textOrNone(before.Name), textOrNone(after.Name))
	b, a := before.Config, after.Config
	changes = diff.Field(changes, "/config/roleDefinition", textOrNone(b.RoleDefinition), textOrNone(a.RoleDefinition))
	changes = diff.Field(changes, "/config/whenToUse", textOrNone(b.WhenToUse), textOrNone(a.WhenToUse))
	changes = diff.Field(changes, "/config/description", textOrNone(b.Description), textOrNone(a.Description))
	changes = diff.Field(changes, "/config/groups", groupValues(b.Groups), groupValues(a.Groups))
	changes = diff.Field(changes, "/config/customInstructions", textOrNone(b.CustomInstructions), textOrNone(a.CustomInstructions))
	changes = diff.Field(changes, "/config/permissionTemplate", textOrNone(b.PermissionTemplate), textOrNone(a.PermissionTemplate))
	return diff.Fields(changes, "/config", b.Extra, a.Extra)
}

func textOrNone(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// groupValues converts groups to plain JSON values at all levels.
func groupValues(groups []Group) any {
	if groups == nil {
		return nil
	}
	values := make([]any, len(groups))
	for i, g := range groups {
		values[i] = g.value()
		pair, ok := values[i].([]any)
		if !ok {
			continue
		}
		options := map[string]any{}
		restriction, _ := pair[1].(jsonast.Map)
		for _, p := range restriction {
			options[p.Name] = p.Value
		}
		pair[1] = options
	}
	return values
}
