// Package openapi holds the description of the API, in OpenAPI 3.1. It consists of
// openapi.yaml, which is written by hand, and the common paths of each kind of object
// without a dedicated format. Tests verify that it matches the API.
package openapi

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"text/template"

	"gopkg.in/yaml.v3"

	"orgmodes/internal/jsonast"
	"orgmodes/internal/manifest"
	"orgmodes/internal/resource"
)

//go:embed openapi.yaml
var baseYAML []byte

//go:embed kind.yaml
var kindYAML string

// YAML returns the description with the paths of the given kinds. Without kinds, it is
// openapi.yaml unchanged.
func YAML(kinds []resource.Kind) ([]byte, error) {
	if len(kinds) == 0 {
		return baseYAML, nil
	}
	d, err := buildDocument(kinds)
	if err != nil {
		return nil, err
	}
	return yaml.Marshal(d)
}

// JSON returns the same description as JSON.
func JSON(kinds []resource.Kind) ([]byte, error) {
	d, err := buildDocument(kinds)
	if err != nil {
		return nil, err
	}
	return json.Marshal(d)
}

func buildDocument(kinds []resource.Kind) (map[string]any, error) {
	var d map[string]any
	if err := yaml.Unmarshal(baseYAML, &d); err != nil {
		return nil, err
	}
	for _, k := range kinds {
		more, err := kindDocument(k)
		if err != nil {
			return nil, fmt.Errorf("description of %s: %w", k.Names().Plural, err)
		}
		merge(d, more)
	}
	return d, nil
}

// merge adds one description to another: members to objects, items to lists.
func merge(to, from map[string]any) {
	for name, value := range from {
		switch value := value.(type) {
		case map[string]any:
			if old, ok := to[name].(map[string]any); ok {
				merge(old, value)
				continue
			}
			to[name] = maps.Clone(value)
		case []any:
			old, _ := to[name].([]any)
			to[name] = append(old, value...)
		default:
			to[name] = value
		}
	}
}

// templateData holds the values for the template kind.yaml.
type templateData struct {
	resource.Names
	// Title is the capitalized plural, as part of a name: "Gadgets".
	Title string
}

// Codes returns the answers with the given statuses, and the default answer.
func (templateData) Codes(statuses string) (lines []string) {
	for status := range strings.FieldsSeq(statuses) {
		lines = append(lines, fmt.Sprintf("%q: {$ref: '#/components/responses/%s'}", status, status))
	}
	return append(lines, "default: {$ref: '#/components/responses/default'}")
}

// One returns the answer with one object.
func (f templateData) One() string {
	return fmt.Sprintf(`{description: "The current %s", headers: {ETag: {$ref: '#/components/headers/ETag'}}, `+
		`content: {application/json: {schema: {$ref: '#/components/schemas/%sManifest'}}}}`, f.Noun, f.Manifest)
}

// kindDocument returns the description of the paths of one kind.
func kindDocument(k resource.Kind) (map[string]any, error) {
	names := k.Names()
	form, err := template.New("kind.yaml").Parse(kindYAML)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := form.Execute(&text, templateData{names, strings.ToUpper(names.Plural[:1]) + names.Plural[1:]}); err != nil {
		return nil, err
	}
	var d, manifestSchema map[string]any
	if err := yaml.Unmarshal(text.Bytes(), &d); err != nil {
		return nil, err
	}
	schema, err := jsonast.Marshal(manifest.Schema(k))
	if err != nil {
		return nil, err
	}
	if err := yaml.Unmarshal(schema, &manifestSchema); err != nil {
		return nil, err
	}
	merge(d, map[string]any{"components": map[string]any{"schemas": map[string]any{names.Manifest + "Manifest": manifestSchema}}})
	return d, nil
}
