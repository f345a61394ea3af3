package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// retired are phrases that make a comment harder to read than its code. CONTRIBUTING.md
// lists what to write instead.
var retired = regexp.MustCompile(`(?i)\b(` + strings.Join([]string{
	`says? (that|whether|which|what|how|why|where|no|so|who|it)`, `said (that|to|so|what)`,
	`(is|are) what`, `what (is|are|was)`, `who(ever)? asks`, `(some|no)body`,
	`where there (is|are) (one|any|some|none)`, `of (its|their|one's|his|her) own`, `those (that|which|who)`,
	`meanwhile`, `anew`, `told of`, `takes? note`, `goes on`, `go on`, `mend(s|ed|ing)?`, `its business`, `finds? out`,
}, "|") + `)\b`)

// quotation is text that a comment only repeats.
var quotation = regexp.MustCompile("\"[^\"]*\"|`[^`]*`|“[^”]*”")

func TestCommentsHaveNoRetiredPhrases(t *testing.T) {
	comments := 0
	require.NoError(t, filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (slices.Contains([]string{"sqlcgen", "node_modules", "bin"}, entry.Name()) || strings.HasPrefix(entry.Name(), ".") && path != ".."):
			return filepath.SkipDir
		case filepath.Ext(path) != ".go" || filepath.Base(path) == "prose_test.go":
			return nil
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, group := range file.Comments {
			comments++
			text := quotation.ReplaceAllStringFunc(strings.ReplaceAll(group.Text(), "\n", " "), func(quoted string) string { return strings.Repeat("_", len(quoted)) })
			for _, phrase := range retired.FindAllString(text, -1) {
				t.Errorf("%s: %q; CONTRIBUTING.md has plainer words", files.Position(group.Pos()), phrase)
			}
		}
		return nil
	}))
	require.Greater(t, comments, 3000)
}

func TestDocumentsHaveNoRetiredPhrases(t *testing.T) {
	code := regexp.MustCompile("(?ms)^```.*?^```|^ {4}.*?$|^\\|.*?$")
	for _, file := range append(documents(t), "CHANGELOG.md") {
		if slices.Contains([]string{"docs/mutations.md", "docs/pages.md"}, file) { // generated
			continue
		}
		text := quotation.ReplaceAllString(code.ReplaceAllString(read(t, file), ""), "")
		for _, phrase := range retired.FindAllString(strings.ReplaceAll(text, "\n", " "), -1) {
			t.Errorf("%s: %q; CONTRIBUTING.md has plainer words", file, phrase)
		}
	}
}
