package modes

import (
	"bytes"
	"encoding/json"

	"orgmodes/internal/jsonast"
)

// WriteYAML writes modes as a `customModes:` file. The lines of header become comments at its
// top.
func WriteYAML(ms []Mode, header string) []byte {
	list := make([]any, len(ms))
	for i, m := range ms {
		list[i] = m.file()
	}
	return jsonast.MarshalYAML(jsonast.Map{{Name: "customModes", Value: list}}, header)
}

// WriteYAMLMode writes a single mode on one level, as in the `content` of a marketplace item.
func WriteYAMLMode(m Mode) []byte { return jsonast.MarshalYAML(m.file(), "") }

// WriteJSON writes modes as a `customModes:` file in JSON, indented by two.
func WriteJSON(ms []Mode) []byte {
	list := make([]jsonast.Map, len(ms))
	for i, m := range ms {
		list[i] = m.file()
	}
	compact, err := jsonast.Marshal(jsonast.Map{{Name: "customModes", Value: list}})
	if err != nil {
		panic("modes: writing modes that were never validated: " + err.Error())
	}
	var b bytes.Buffer
	if err := json.Indent(&b, compact, "", "  "); err != nil {
		panic("modes: " + err.Error())
	}
	b.WriteByte('\n')
	return b.Bytes()
}
