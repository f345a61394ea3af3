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
	// ID, Version, UpdatedAt and By are those of a mode of the organization.
	ID        string
	Version   int64
	UpdatedAt time.Time
	By        string
	// Builtin says that it stands in the place of a built-in mode, Overrides that
	// the organization has made it its own.
	Builtin, Overrides bool
	// Draft says that the visitor has a draft of it.
	Draft bool
	// key is the version's, subject that of its drafts.
	key     versionKey
	subject uuid.UUID
	// Glyph is what begins the name, where that is a symbol, and Label the rest;
	// otherwise that of the built-in mode with this slug or the first letter, and
	// the name.
	Glyph, Label string
	// Place counts from 1 among the organization's modes, Of is how many there are.
	Place, Of int
}

// chip is one group of tools. Restricted ones say how.
type chip struct{ Name, Restricted string }

func rowOf(slug, name string, s summary) modeRow {
	r := modeRow{Slug: slug, Name: name, summary: s}
	r.Glyph, r.Label = glyphOf(name)
	if glyph := modes.BuiltinGlyph(slug); glyph != "" && r.Label == strings.TrimSpace(name) {
		r.Glyph = glyph
	}
	return r
}

// Ours says whether the organization has made it.
func (r modeRow) Ours() bool { return r.ID != "" }

// Ref names the mode in an address.
func (r modeRow) Ref() string { return paths.Mode(r.Slug, r.ID) }

func (r modeRow) isOf(show string) bool {
	switch show {
	case "ours":
		return r.Ours()
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

// glyphOf takes a symbol off the beginning of a name.
func glyphOf(name string) (glyph, label string) {
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
