package modes

import "orgmodes/internal/jsonast"

// Schema returns the JSON Schema of the API's form of a mode. Fields of config that
// aren't known here are kept: they are those of newer editors.
func (Kind) Schema() jsonast.Map {
	text := jsonast.Map{{Name: "type", Value: "string"}}
	restriction := jsonast.Map{
		{Name: "type", Value: "object"},
		{Name: "properties", Value: jsonast.Map{{Name: "fileRegex", Value: text}, {Name: "description", Value: text}}},
	}
	group := jsonast.Map{{Name: "oneOf", Value: []any{
		text,
		jsonast.Map{{Name: "type", Value: "array"}, {Name: "prefixItems", Value: []any{text, restriction}}, {Name: "minItems", Value: 2}, {Name: "maxItems", Value: 2}},
	}}}
	return jsonast.Map{
		{Name: "type", Value: "object"},
		{Name: "required", Value: []any{"slug", "name", "config"}},
		{Name: "additionalProperties", Value: false},
		{Name: "properties", Value: jsonast.Map{
			{Name: "slug", Value: text},
			{Name: "name", Value: text},
			{Name: "config", Value: jsonast.Map{
				{Name: "type", Value: "object"},
				{Name: "required", Value: []any{"roleDefinition", "groups"}},
				{Name: "properties", Value: jsonast.Map{
					{Name: "roleDefinition", Value: text},
					{Name: "whenToUse", Value: text},
					{Name: "description", Value: text},
					{Name: "groups", Value: jsonast.Map{{Name: "type", Value: "array"}, {Name: "items", Value: group}}},
					{Name: "customInstructions", Value: text},
					{Name: "permissionTemplate", Value: text},
				}},
			}},
		}},
	}
}
