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
var builtinGlyphs []byte

// Builtins returns the modes that every editor has, in their order, with short
// texts of our own. Each call returns fresh copies.
func Builtins() []Mode {
	ms, err := LoadBuiltins([]byte(builtinModes))
	if err != nil {
		panic("modes: builtin/modes.yaml: " + err.Error()) // a test holds it valid
	}
	return ms
}

var glyphs = sync.OnceValue(func() (out map[string]string) {
	if err := yaml.Unmarshal(builtinGlyphs, &out); err != nil {
		panic("modes: builtin/glyphs.yaml: " + err.Error()) // a test holds it valid
	}
	return out
})

// BuiltinGlyph is the symbol that a built-in mode is known by in lists, by its
// slug; empty where it has none. It is nothing that is published.
func BuiltinGlyph(slug string) string { return glyphs()[SlugKey(slug)] }

// LoadBuiltins reads built-in modes from a `customModes:` file, in place of
// ours. Here one bad mode refuses the file: an installation must not start with
// half of its modes.
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

// BuiltinsHash names the content of built-in modes, for the edition of what is
// published: the SHA-256 of what would be written, in hexadecimal.
func BuiltinsHash(ms []Mode) string {
	sum := sha256.Sum256(WriteJSON(ms))
	return hex.EncodeToString(sum[:])
}

// Samples returns a `customModes:` file with modes to begin with, for a
// demonstration.
func Samples() []byte { return []byte(sampleModes) }
