package internal_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// retiredPhrases are phrases that make a comment harder to read than its code. CONTRIBUTING.md
// lists what to write instead.
var retiredPhrases = regexp.MustCompile(`(?i)\b(` + strings.Join([]string{
	`says? (that|whether|which|what|how|why|where|no|so|who|it)`, `said (that|to|so|what)`,
	`(is|are) what`, `what (is|are|was)`, `who(ever)? asks`, `(some|no)body`,
	`where there (is|are) (one|any|some|none)`, `of (its|their|one's|his|her) own`, `those (that|which|who)`,
	`meanwhile`, `anew`, `told of`, `takes? note`, `goes on`, `go on`, `mend(s|ed|ing)?`, `its business`, `finds? out`,
}, "|") + `)\b`)

// unquoted returns text without its quotations, which only repeat other texts.
func unquoted(text string) string { return quotation.ReplaceAllString(text, "…") }

var quotation = regexp.MustCompile("\"[^\"]*\"|`[^`]*`|“[^”]*”")

// checkPhrases checks that a text has no retired phrase.
func checkPhrases(t *testing.T, place, text string) {
	t.Helper()
	for _, phrase := range retiredPhrases.FindAllString(strings.ReplaceAll(text, "\n", " "), -1) {
		t.Errorf("%s: %q; CONTRIBUTING.md has plainer words", place, phrase)
	}
}

// walkSources calls visit with the path of each file in the tree that was not generated.
func walkSources(t *testing.T, visit func(path string)) {
	t.Helper()
	generated := []string{"sqlcgen", "node_modules", "bin", "dist", "testdata"}
	require.NoError(t, filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (slices.Contains(generated, entry.Name()) || strings.HasPrefix(entry.Name(), ".") && path != ".."):
			return filepath.SkipDir
		case !entry.IsDir() && filepath.Base(path) != "prose_test.go":
			visit(path)
		}
		return nil
	}))
}

func TestGoHasNoRetiredPhrases(t *testing.T) {
	comments, texts := 0, 0
	walkSources(t, func(path string) {
		if filepath.Ext(path) != ".go" {
			return
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, group := range file.Comments {
			comments++
			checkPhrases(t, files.Position(group.Pos()).String(), unquoted(group.Text()))
		}
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING || literal.Value == `"nobody"` { // the Unix user
				return true
			}
			texts++
			text, err := strconv.Unquote(literal.Value)
			require.NoError(t, err)
			checkPhrases(t, files.Position(literal.Pos()).String(), unquoted(text))
			return true
		})
	})
	require.Greater(t, comments, 3000)
	require.Greater(t, texts, 5000)
}

// TestOtherSourcesHaveNoRetiredPhrases covers scripts, styles, pages, queries, the API's
// description and other files in full. Migrations are left as they were applied, and the
// built-in modes are prompts rather than prose of ours.
func TestOtherSourcesHaveNoRetiredPhrases(t *testing.T) {
	kinds := []string{".js", ".css", ".html", ".sql", ".lua", ".yaml", ".yml", ".sh", ""}
	exempt := regexp.MustCompile(`^\.\./(sql/migrations|internal/modes/builtin/(modes|samples)\.yaml)`)
	checked := 0
	walkSources(t, func(path string) {
		if !slices.Contains(kinds, filepath.Ext(path)) || exempt.MatchString(path) {
			return
		}
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		for i, line := range strings.Split(string(content), "\n") {
			checkPhrases(t, fmt.Sprintf("%s:%d", path, i+1), line)
		}
		checked++
	})
	require.Greater(t, checked, 120)
}

func TestDocumentsHaveNoRetiredPhrases(t *testing.T) {
	code := regexp.MustCompile("(?ms)^```.*?^```|^ {4}.*?$|^\\|.*?$")
	for _, file := range append(documents(t), "CHANGELOG.md") {
		if slices.Contains([]string{"docs/mutations.md", "docs/pages.md"}, file) { // generated
			continue
		}
		checkPhrases(t, file, unquoted(code.ReplaceAllString(readFile(t, file), "")))
	}
}
