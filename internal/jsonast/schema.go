package jsonast

import (
	"encoding"
	"reflect"
	"strings"
)

// SchemaOf returns the JSON Schema (2020-12) for values that Decode accepts for the type of v.
// Fields tagged omitempty or omitzero are optional.
func SchemaOf(v any) Map { return schemaOf(reflect.TypeOf(v)) }

func schemaOf(t reflect.Type) Map {
	if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return Map{{"type", "string"}}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem())
	case reflect.Struct:
		return schemaOfStruct(t)
	case reflect.Map:
		return Map{{"type", "object"}, {"additionalProperties", schemaOf(t.Elem())}}
	case reflect.Slice:
		return Map{{"type", "array"}, {"items", schemaOf(t.Elem())}}
	case reflect.String:
		return Map{{"type", "string"}}
	case reflect.Bool:
		return Map{{"type", "boolean"}}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return Map{{"type", "integer"}}
	default:
		return Map{}
	}
}

func schemaOfStruct(t reflect.Type) Map {
	properties, required := Map{}, []any{}
	names, indexes := jsonFields(t)
	for i, name := range names {
		field := t.Field(indexes[i])
		properties = append(properties, Pair{name, schemaOf(field.Type)})
		if _, options, _ := strings.Cut(field.Tag.Get("json"), ","); !strings.Contains(options, "omit") {
			required = append(required, name)
		}
	}
	return Map{{"type", "object"}, {"required", required}, {"additionalProperties", false}, {"properties", properties}}
}
