package templates

import (
	"slices"

	"orgmodes/internal/jsonast"
)

// Schema returns the JSON Schema of the user-editable fields.
func (k Kind) Schema() jsonast.Map {
	text := jsonast.Map{{Name: "type", Value: "string"}}
	textOrNull := jsonast.Map{{Name: "type", Value: []any{"string", "null"}}}
	var modes []any
	for _, m := range PermissionModes() {
		modes = append(modes, string(m.Mode))
	}
	var tools Tools
	if k.Tools != nil {
		tools = k.Tools()
	}
	var names []any
	for _, t := range tools.All() {
		names = append(names, t.Name)
	}
	// Rules for MCP servers' tools and with specifiers are allowed, too, so this can't be an
	// enum.
	tool := jsonast.Map{{Name: "type", Value: "string"}, {Name: "examples", Value: names}}
	return jsonast.Map{
		{Name: "type", Value: "object"},
		{Name: "required", Value: []any{"name", "permission_mode"}},
		{Name: "additionalProperties", Value: false},
		{Name: "properties", Value: jsonast.Map{
			{Name: "name", Value: text},
			{Name: "permission_mode", Value: withDescription(jsonast.Map{{Name: "enum", Value: modes}}, "What agents may do without asking.")},
			{Name: "allowed_tools", Value: withDescription(jsonast.Map{{Name: "type", Value: "array"}, {Name: "items", Value: tool}}, "The tools that agents may use.")},
			{Name: "default_role", Value: withDescription(textOrNull, "The role of agents that are spawned without one.")},
			{Name: "default_system_prompt", Value: withDescription(textOrNull, "The system prompt of agents that are spawned without one.")},
			{Name: "description", Value: withDescription(textOrNull, "What the template is for.")},
		}},
	}
}

// withDescription returns schema with a description for users.
func withDescription(schema jsonast.Map, description string) jsonast.Map {
	return append(slices.Clone(schema), jsonast.Pair{Name: "description", Value: description})
}
