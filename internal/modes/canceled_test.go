package modes

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/upload"
)

// Reading stops if the context of the request is done, whatever the input.
func TestReadStopsWhenContextIsCanceled(t *testing.T) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, text := range map[string]string{
		"YAML":           "customModes:\n- {slug: a, name: A, roleDefinition: r, groups: [read]}\n",
		"JSON":           `{"customModes":[{"slug":"a","name":"A","roleDefinition":"r","groups":["read"]}]}`,
		"JSON in YAML":   `{customModes: [{"slug":"a","name":"A","roleDefinition":"r","groups":["read"]}]}`,
		"no mode":        "a: b\n",
		"malformed":      "customModes: [",
		"malformed JSON": `{"customModes": [`,
		"nested YAML":    "items:\n- {id: i, type: mode, content: \"slug: a\\nname: A\\nroleDefinition: r\\ngroups: [read]\\n\"}\n",
		"many values":    `{"customModes":[{"slug":"a","x":[` + strings.Repeat("1,", 10_000) + `1]}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadFile(canceled, []byte(text))
			require.ErrorIs(t, err, context.Canceled)
			_, err = ReadFiles(canceled, []upload.File{{Name: "a.yaml", Data: []byte(text)}, {Name: "b.yaml", Data: []byte(text)}})
			require.ErrorIs(t, err, context.Canceled)
			_, err = ReadMode(canceled, []byte(text), true)
			require.ErrorIs(t, err, context.Canceled)
		})
	}
}
