package modes

import (
	"slices"

	"orgmodes/internal/jsonast"
)

// Schema returns the JSON Schema of the API's format of a mode. Unknown fields of config are
// allowed: newer editors have more fields.
func (Kind) Schema() jsonast.Map {
	return jsonast.Map{
		{Name: "type", Value: "object"},
		{Name: "required", Value: []any{"slug", "name", "config"}},
		{Name: "additionalProperties", Value: false},
		{Name: "properties", Value: append(nameSchemas(), jsonast.Pair{Name: "config", Value: jsonast.Map{
			{Name: "type", Value: "object"},
			{Name: "description", Value: "What the mode is."},
			{Name: "required", Value: []any{"roleDefinition", "groups"}},
			{Name: "properties", Value: configSchemas()},
		}})},
	}
}

// FileSchema returns the JSON Schema of a mode in the file format, on one level. Unknown fields
// are allowed there, too.
func FileSchema() jsonast.Map {
	return jsonast.Map{
		{Name: "type", Value: "object"},
		{Name: "required", Value: []any{"slug", "name", "roleDefinition", "groups"}},
		{Name: "properties", Value: slices.Concat(nameSchemas(), configSchemas())},
	}
}

func nameSchemas() jsonast.Map {
	return jsonast.Map{
		{Name: "slug", Value: textSchema("What editors know the mode by: letters, digits and hyphens. A mode with the slug of a built-in one replaces it.")},
		{Name: "name", Value: textSchema("What people see in the mode menu. It may begin with a symbol: 📝 Docs writer.")},
	}
}

func configSchemas() jsonast.Map {
	names := make([]any, len(GroupNames()))
	for i, name := range GroupNames() {
		names[i] = name
	}
	restriction := jsonast.Map{
		{Name: "type", Value: "object"},
		{Name: "properties", Value: jsonast.Map{
			{Name: "fileRegex", Value: textSchema("A regular expression of the paths that may be edited.")},
			{Name: "description", Value: textSchema("Those paths in words.")},
		}},
	}
	text := jsonast.Map{{Name: "type", Value: "string"}}
	group := jsonast.Map{
		{Name: "oneOf", Value: []any{
			text,
			jsonast.Map{{Name: "type", Value: "array"}, {Name: "prefixItems", Value: []any{text, restriction}}, {Name: "minItems", Value: 2}, {Name: "maxItems", Value: 2}},
		}},
		{Name: "examples", Value: names},
	}
	return jsonast.Map{
		{Name: "roleDefinition", Value: textSchema("Who the agent is. It begins every prompt.")},
		{Name: "whenToUse", Value: textSchema("When to choose this mode. The orchestrator goes by it.")},
		{Name: "description", Value: textSchema("A few words for the mode menu.")},
		{Name: "groups", Value: jsonast.Map{
			{Name: "type", Value: "array"},
			{Name: "description", Value: "The groups of tools that the mode may use. One may be restricted: a list of its name and fileRegex."},
			{Name: "items", Value: group},
		}},
		{Name: "customInstructions", Value: textSchema("How the agent works. It comes after the role in every prompt.")},
		{Name: "permissionTemplate", Value: textSchema("The name of the permission template of agents in this mode.")},
	}
}

func textSchema(description string) jsonast.Map {
	return jsonast.Map{{Name: "type", Value: "string"}, {Name: "description", Value: description}}
}
