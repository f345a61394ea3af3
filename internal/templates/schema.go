package templates

import "orgmodes/internal/jsonast"

// Schema returns the JSON Schema of what people write of a template.
func (Kind) Schema() jsonast.Map {
	text := jsonast.Map{{Name: "type", Value: "string"}}
	textOrNull := jsonast.Map{{Name: "type", Value: []any{"string", "null"}}}
	var modes []any
	for _, m := range PermissionModes() {
		modes = append(modes, string(m.Mode))
	}
	return jsonast.Map{
		{Name: "type", Value: "object"},
		{Name: "required", Value: []any{"name", "permission_mode"}},
		{Name: "additionalProperties", Value: false},
		{Name: "properties", Value: jsonast.Map{
			{Name: "name", Value: text},
			{Name: "permission_mode", Value: jsonast.Map{{Name: "enum", Value: modes}}},
			{Name: "allowed_tools", Value: jsonast.Map{{Name: "type", Value: "array"}, {Name: "items", Value: text}}},
			{Name: "default_role", Value: textOrNull},
			{Name: "default_system_prompt", Value: textOrNull},
			{Name: "description", Value: textOrNull},
		}},
	}
}
