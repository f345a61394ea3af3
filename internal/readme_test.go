package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// README.md lists the settings, packages and targets; these tests compare it with the code.
// To fix a failure, add a row to one of its tables.

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", path))
	require.NoError(t, err)
	return string(content)
}

// section returns the text below a heading, up to the next one of its level.
func section(t *testing.T, text, heading string) string {
	t.Helper()
	_, after, ok := strings.Cut(text, "\n"+heading+"\n")
	require.True(t, ok, "README.md has no heading %q", heading)
	level, _, _ := strings.Cut(heading, " ")
	for _, next := range []string{"\n# ", "\n## ", "\n### "} {
		if len(next)-2 <= len(level) {
			after, _, _ = strings.Cut(after, next)
		}
	}
	return after
}

func TestReadmeHasEverySetting(t *testing.T) {
	row := regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\| (.+?) \\|")
	for _, program := range []string{"admin", "worker", "reader"} {
		said := map[string]string{}
		for _, m := range row.FindAllStringSubmatch(section(t, read(t, "README.md"), "### "+program), -1) {
			said[m[1]] = m[2]
		}
		known := settingsOf(t, filepath.Join("..", "cmd", program))
		require.NotEmpty(t, known)
		for name, standard := range known {
			if said[name] == "" {
				t.Errorf("README.md, settings of %s: %s is missing; its default is %s", program, name, standard)
			} else if said[name] != standard {
				t.Errorf("README.md, settings of %s: %s is said to default to %s; it is %s", program, name, said[name], standard)
			}
		}
		for name := range said {
			if known[name] == "" {
				t.Errorf("README.md, settings of %s: there is no %s", program, name)
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
				for name, standard := range settingsIn(s) {
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

func settingsIn(s *ast.StructType) map[string]string {
	found := map[string]string{}
	for _, field := range s.Fields.List {
		if field.Tag == nil {
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
	tree := section(t, read(t, "README.md"), "## Where things live")
	for name := range ours(t) {
		if name == "internal" { // these tests
			continue
		}
		if !strings.Contains(tree, "`"+name+"`") {
			t.Errorf("README.md, Where things live: %s is missing", name)
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(tree, -1) {
		if _, err := os.Stat(filepath.Join("..", m[1])); err != nil {
			t.Errorf("README.md, Where things live: there is no %s", m[1])
		}
	}
}

func TestReadmeNamesTargetsThatExist(t *testing.T) {
	makefile := read(t, "Makefile")
	for _, m := range regexp.MustCompile("(?m)(?:`|^)make ([a-z-]+)").FindAllStringSubmatch(read(t, "README.md"), -1) {
		if !strings.Contains(makefile, "\n"+m[1]+":") {
			t.Errorf("README.md: there is no `make %s`", m[1])
		}
	}
}

func TestLinksLeadSomewhere(t *testing.T) {
	files, err := filepath.Glob("../docs/*.md")
	require.NoError(t, err)
	for _, file := range append(files, "../README.md", "../CHANGELOG.md", "../CONTRIBUTING.md", "../SECURITY.md") {
		text := read(t, strings.TrimPrefix(file, "../"))
		for _, m := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(text, -1) {
			path, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(path, "://") {
				continue
			}
			target := text
			if path != "" {
				at := filepath.Join(filepath.Dir(file), path)
				if _, err := os.Stat(at); err != nil {
					t.Errorf("%s: the link to %s leads nowhere", file, m[1])
					continue
				}
				if anchor != "" {
					target = read(t, strings.TrimPrefix(at, "../"))
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
