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
	changes = diff.Field(changes, "/slug", nilIfEmpty(before.Slug), nilIfEmpty(after.Slug))
	changes = diff.Field(changes, "/name", nilIfEmpty(before.Name), nilIfEmpty(after.Name))
	b, a := before.Config, after.Config
	changes = diff.Field(changes, "/config/roleDefinition", nilIfEmpty(b.RoleDefinition), nilIfEmpty(a.RoleDefinition))
	changes = diff.Field(changes, "/config/whenToUse", nilIfEmpty(b.WhenToUse), nilIfEmpty(a.WhenToUse))
	changes = diff.Field(changes, "/config/description", nilIfEmpty(b.Description), nilIfEmpty(a.Description))
	changes = diff.Field(changes, "/config/groups", groupValues(b.Groups), groupValues(a.Groups))
	changes = diff.Field(changes, "/config/customInstructions", nilIfEmpty(b.CustomInstructions), nilIfEmpty(a.CustomInstructions))
	changes = diff.Field(changes, "/config/permissionTemplate", nilIfEmpty(b.PermissionTemplate), nilIfEmpty(a.PermissionTemplate))
	return diff.Fields(changes, "/config", b.Extra, a.Extra)
}

func nilIfEmpty(s string) any {
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
