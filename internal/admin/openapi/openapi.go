// Package openapi has the description of the API, in OpenAPI 3.1. It is written
// by hand, for who reads it; that it says what the API does is held by tests.
package openapi

import (
	_ "embed"
	"encoding/json"
	"sync"

	"gopkg.in/yaml.v3"
)

//go:embed openapi.yaml
var description []byte

// YAML is the description as it is written.
func YAML() []byte { return description }

// JSON is the same as JSON.
func JSON() ([]byte, error) { return asJSON() }

var asJSON = sync.OnceValues(func() ([]byte, error) {
	var v any
	if err := yaml.Unmarshal(description, &v); err != nil {
		return nil, err
	}
	return json.Marshal(v)
})
