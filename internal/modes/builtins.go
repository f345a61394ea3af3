package modes

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"sync"

	"gopkg.in/yaml.v3"
)

//go:embed builtin/modes.yaml
var builtinModes string

//go:embed builtin/samples.yaml
var sampleModes string

//go:embed builtin/glyphs.yaml
var builtinIcons []byte

// Builtins returns the default built-in modes, in order. Every editor has them; the short texts
// are our own. Each call returns fresh copies.
func Builtins() []Mode {
	ms, err := LoadBuiltins([]byte(builtinModes))
	if err != nil {
		panic("modes: builtin/modes.yaml: " + err.Error()) // a test checks that it is valid
	}
	return ms
}

var icons = sync.OnceValue(func() (out map[string]string) {
	if err := yaml.Unmarshal(builtinIcons, &out); err != nil {
		panic("modes: builtin/glyphs.yaml: " + err.Error()) // a test checks that it is valid
	}
	return out
})

// BuiltinIcon returns the symbol of a built-in mode in lists, by its slug, or "" if it has
// none. The symbol isn't published.
func BuiltinIcon(slug string) string { return icons()[SlugKey(slug)] }

// LoadBuiltins reads built-in modes from a `customModes:` file, to replace the default ones.
// Here one invalid mode rejects the file: an installation must not start with only some of its
// modes.
func LoadBuiltins(data []byte) ([]Mode, error) {
	f, err := ReadFile(context.Background(), data)
	if err != nil {
		return nil, err
	}
	for _, e := range f.Entries {
		if len(e.Problems) > 0 {
			return nil, fmt.Errorf("mode %d: %w", e.Index+1, invalidMode(e.Problems, 0))
		}
	}
	return f.Modes(), nil
}

// BuiltinsHash identifies the content of built-in modes, as part of the edition of published
// documents. It is the hexadecimal SHA-256 of the modes as WriteJSON formats them.
func BuiltinsHash(ms []Mode) string {
	sum := sha256.Sum256(WriteJSON(ms))
	return hex.EncodeToString(sum[:])
}

// Samples returns a `customModes:` file with sample modes, for a demonstration.
func Samples() []byte { return []byte(sampleModes) }
