package jsonast

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// Map is an object that keeps the order of its members when it is written.
type Map []Pair

// Pair is one member of a Map.
type Pair struct {
	Name  string
	Value any
}

// WithText appends a member, unless text is empty.
func (m Map) WithText(name, text string) Map {
	if text == "" {
		return m
	}
	return append(m, Pair{name, text})
}

// With appends the members of extra, sorted by name.
func (m Map) With(extra map[string]any) Map {
	m = slices.Grow(m, len(extra))
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		m = append(m, Pair{name, extra[name]})
	}
	return m
}

// MarshalJSON writes the members in order.
func (m Map) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, p := range m {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := Marshal(p.Name)
		if err != nil {
			return nil, err
		}
		value, err := Marshal(p.Value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Marshal is json.Marshal without HTML escapes, which would only make our documents longer and
// harder to read.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
