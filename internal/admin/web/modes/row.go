package modes

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"orgmodes/internal/admin/web/paths"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/modes"
)

// modeRow is a mode in a list.
type modeRow struct {
	Slug, Name string
	summary
	// ID, Version, UpdatedAt and By are set only if the organization has the mode.
	ID        string
	Version   int64
	UpdatedAt time.Time
	By        string
	// Builtin is true if the mode is built-in or replaces a built-in one, Overrides if the
	// organization has replaced it.
	Builtin, Overrides bool
	// Draft is true if the user has a draft of it.
	Draft bool
	// key identifies its version, subject its drafts.
	key     versionKey
	subject uuid.UUID
	// If the name begins with a symbol, Glyph is that symbol and Label the rest of the name.
	// Otherwise Glyph is that of the built-in mode with this slug, or the first letter, and
	// Label is the name.
	Glyph, Label string
	// Position is the position among the organization's modes, from 1, and PositionCount
	// their number.
	Position, PositionCount int
}

// chip is one group of tools. Restricted describes its restriction, if any.
type chip struct{ Name, Restricted string }

func newRow(slug, name string, s summary) modeRow {
	r := modeRow{Slug: slug, Name: name, summary: s}
	r.Glyph, r.Label = splitGlyph(name)
	if glyph := modes.BuiltinIcon(slug); glyph != "" && r.Label == strings.TrimSpace(name) {
		r.Glyph = glyph
	}
	return r
}

// IsOwn reports whether the mode is the organization's.
func (r modeRow) IsOwn() bool { return r.ID != "" }

// Ref returns the path segment that names the mode in addresses.
func (r modeRow) Ref() string { return paths.Mode(r.Slug, r.ID) }

func (r modeRow) matches(filter string) bool {
	switch filter {
	case "ours":
		return r.IsOwn()
	case "overrides":
		return r.Overrides
	case "untouched":
		return r.Builtin && !r.Overrides
	case "advice":
		return r.Advice > 0
	default:
		return true
	}
}

// splitGlyph splits a name into the symbol that it begins with, and the rest. Without a
// symbol, it returns the initial and the name.
func splitGlyph(name string) (glyph, label string) {
	name = strings.TrimSpace(name)
	first, size := utf8.DecodeRuneInString(name)
	if first == utf8.RuneError || !isSymbol(first) {
		return shell.Initial(name), name
	}
	end := size
	for joined := false; end < len(name); {
		r, n := utf8.DecodeRuneInString(name[end:])
		const joiner, variation, keycap = '\u200d', '\ufe0f', '\u20e3'
		isPart := joined || r == joiner || r == variation || r == keycap || r >= 0x1f3fb && r <= 0x1f3ff ||
			isFlag(first) && isFlag(r) && end == size
		if !isPart {
			break
		}
		joined = r == joiner
		end += n
	}
	if label = strings.TrimSpace(name[end:]); label == "" {
		return name[:end], name
	}
	return name[:end], label
}

func isFlag(r rune) bool   { return r >= 0x1f1e6 && r <= 0x1f1ff }
func isSymbol(r rune) bool { return r > 0x2000 && unicode.In(r, unicode.So, unicode.Sm) || isFlag(r) }
