package manifest

import (
	"orgmodes/internal/jsonast"
	"orgmodes/internal/resource"
)

// SchemaVersion is the JSON Schema dialect of the schemas.
const SchemaVersion = "https://json-schema.org/draft/2020-12/schema"

// Schema returns the JSON Schema for manifests of a kind.
func Schema(k resource.Kind) jsonast.Map {
	names := k.Names()
	return jsonast.Map{
		{Name: "type", Value: "object"},
		{Name: "required", Value: []any{"kind", "metadata", "spec"}},
		{Name: "additionalProperties", Value: false},
		{Name: "properties", Value: jsonast.Map{
			{Name: "apiVersion", Value: jsonast.Map{{Name: "enum", Value: []any{apiVersions[0], apiVersions[1]}}}},
			{Name: "kind", Value: jsonast.Map{{Name: "enum", Value: []any{names.Manifest}}}},
			{Name: "metadata", Value: jsonast.SchemaOf(metadata{})},
			{Name: "spec", Value: withoutName(k.Schema(), names.NameField)},
			{Name: "status", Value: statusSchema()},
		}},
	}
}

// statusSchema returns the schema of the status, which is written but not read.
func statusSchema() jsonast.Map {
	return jsonast.Map{
		{Name: "type", Value: "object"},
		{Name: "readOnly", Value: true},
		{Name: "properties", Value: jsonast.Map{
			{Name: "conditions", Value: jsonast.Map{{Name: "type", Value: "array"}, {Name: "items", Value: jsonast.SchemaOf(resource.Condition{})}}},
		}},
	}
}

// withoutName returns the schema of a spec in which the name field is optional, as the metadata
// contains the name.
func withoutName(schema jsonast.Map, field string) jsonast.Map {
	out := make(jsonast.Map, len(schema))
	copy(out, schema)
	for i, p := range out {
		required, ok := p.Value.([]any)
		if p.Name != "required" || !ok {
			continue
		}
		rest := []any{}
		for _, name := range required {
			if name != field {
				rest = append(rest, name)
			}
		}
		out[i].Value = rest
	}
	return out
}
