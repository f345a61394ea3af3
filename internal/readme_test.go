package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// README.md and docs list the settings, packages and targets; these tests compare them with the
// code. To fix a failure, add a row to one of the tables.

// maxReadmeLines is the limit for README.md; everything longer belongs in docs.
const maxReadmeLines = 250

// readFile returns the content of a file, given by its path from the root of the repository.
func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", path))
	require.NoError(t, err)
	return string(content)
}

// documents returns the paths of all documents for readers, from the root of the repository:
// README.md, CONTRIBUTING.md, SECURITY.md and docs/*.md.
func documents(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../docs/*.md")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	paths := []string{"README.md", "CONTRIBUTING.md", "SECURITY.md"}
	for _, file := range files {
		paths = append(paths, strings.TrimPrefix(file, "../"))
	}
	return paths
}

// section returns the text of a file below a heading, up to the next heading of the same or a
// higher level. It fails the test if the heading is missing.
func section(t *testing.T, file, heading string) string {
	t.Helper()
	_, after, ok := strings.Cut(readFile(t, file), "\n"+heading+"\n")
	require.True(t, ok, "%s has no heading %q", file, heading)
	level, _, _ := strings.Cut(heading, " ")
	for _, next := range []string{"\n# ", "\n## ", "\n### "} {
		if len(next)-2 <= len(level) {
			after, _, _ = strings.Cut(after, next)
		}
	}
	return after
}

func TestReadmeLength(t *testing.T) {
	lines := strings.Count(readFile(t, "README.md"), "\n")
	require.LessOrEqual(t, lines, maxReadmeLines, "README.md is too long: move details to docs")
}

func TestSettingsTablesMatchTheCode(t *testing.T) {
	const file = "docs/settings.md"
	row := regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\| (.+?) \\|")
	for _, program := range []string{"admin", "worker", "reader"} {
		documented := map[string]string{}
		for _, m := range row.FindAllStringSubmatch(section(t, file, "### "+program), -1) {
			documented[m[1]] = m[2]
		}
		actual := settingsOf(t, filepath.Join("..", "cmd", program))
		require.NotEmpty(t, actual)
		for name, standard := range actual {
			if documented[name] == "" {
				t.Errorf("%s, %s: %s is missing; its default is %s", file, program, name, standard)
			} else if documented[name] != standard {
				t.Errorf("%s, %s: %s has the default %s; the code has %s", file, program, name, documented[name], standard)
			}
		}
		for name := range documented {
			if actual[name] == "" {
				t.Errorf("%s, %s: %s does not exist", file, program, name)
			}
		}
	}
}

// settingsOf finds the settings of a program, in any of its structs, with their defaults in
// the table's format. If two structs have the same setting, the one in config.go counts.
func settingsOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	found := map[string]string{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(parsed, func(n ast.Node) bool {
			if s, ok := n.(*ast.StructType); ok {
				for name, standard := range settingsIn(t, s) {
					if found[name] == "" || filepath.Base(file) == "config.go" {
						found[name] = standard
					}
				}
			}
			return true
		})
	}
	return found
}

// sharedSettings returns the settings of a struct in package config. It is empty if name isn't
// one.
func sharedSettings(t *testing.T, name string) map[string]string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), "config/shared.go", nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	found := map[string]string{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.Name == name {
			if s, ok := spec.Type.(*ast.StructType); ok {
				found = settingsIn(t, s)
			}
		}
		return true
	})
	return found
}

// settingsIn returns the settings of one struct, from the env and envDefault tags of its fields.
func settingsIn(t *testing.T, s *ast.StructType) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, field := range s.Fields.List {
		if field.Tag == nil {
			// A group of settings that programs share.
			if shared, ok := field.Type.(*ast.SelectorExpr); ok {
				maps.Copy(found, sharedSettings(t, shared.Sel.Name))
			}
			continue
		}
		quoted, err := strconv.Unquote(field.Tag.Value)
		if err != nil {
			continue
		}
		tag := reflect.StructTag(quoted)
		name, options, _ := strings.Cut(tag.Get("env"), ",")
		switch standard := tag.Get("envDefault"); {
		case name == "":
		case strings.Contains(options, "required"):
			found[name] = "required"
		case standard != "":
			found[name] = "`" + standard + "`"
		default:
			found[name] = "–"
		}
	}
	return found
}

func TestReadmeHasEveryPackage(t *testing.T) {
	tree := section(t, "README.md", "## Where things live")
	for name := range modulePackages(t) {
		if name == "internal" { // these tests
			continue
		}
		if !strings.Contains(tree, "`"+name+"`") {
			t.Errorf("README.md, Where things live: %s is missing", name)
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(tree, -1) {
		if _, err := os.Stat(filepath.Join("..", m[1])); err != nil {
			t.Errorf("README.md, Where things live: %s does not exist", m[1])
		}
	}
}

func TestReadmeTargetsExist(t *testing.T) {
	makefile := readFile(t, "Makefile")
	// A command is quoted or in an indented block, so that prose with the verb does not match.
	command := regexp.MustCompile("(?m)(?:`|^    )make((?: [a-z-]+)+)")
	for _, file := range documents(t) {
		for _, m := range command.FindAllStringSubmatch(readFile(t, file), -1) {
			for _, target := range strings.Fields(m[1]) {
				if !strings.Contains(makefile, "\n"+target+":") {
					t.Errorf("%s: `make %s` does not exist", file, target)
				}
			}
		}
	}
}

func TestDocumentLinksResolve(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, file := range append(documents(t), "CHANGELOG.md") {
		text := readFile(t, file)
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			path, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(path, "://") {
				continue
			}
			target := text
			if path != "" {
				linked := filepath.Join(filepath.Dir(file), path)
				if _, err := os.Stat(filepath.Join("..", linked)); err != nil {
					t.Errorf("%s: the target of the link to %s does not exist", file, m[1])
					continue
				}
				if anchor != "" {
					target = readFile(t, linked)
				}
			}
			if anchor != "" && !hasHeading(target, anchor) {
				t.Errorf("%s: there is no heading for the link to %s", file, m[1])
			}
		}
	}
}

// hasHeading reports whether a heading has the given anchor, in GitHub's form.
func hasHeading(text, anchor string) bool {
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(text, -1) {
		plain := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		if strings.ReplaceAll(plain, " ", "-") == anchor {
			return true
		}
	}
	return false
}
