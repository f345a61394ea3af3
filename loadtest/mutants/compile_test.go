package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/prove"
)

// A mutant that doesn't compile proves nothing, and only a run of all mutants would detect it.
// `make check` runs this.
func TestMutantsCompile(t *testing.T) {
	prove.Long(t)
	packages := map[string]bool{}
	for _, m := range mutants() {
		if file, _, err := m.apply(root); err == nil && filepath.Ext(file) == ".go" {
			packages["./"+filepath.Dir(file)] = true
		}
	}
	exports, files := listPackages(t, packages)
	lookup := func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }
	fset := token.NewFileSet()
	compiled := importer.ForCompiler(fset, "gc", lookup)
	for _, m := range mutants() {
		file, text, err := m.apply(root)
		require.NoError(t, err)
		if filepath.Ext(file) != ".go" {
			continue
		}
		var parsed []*ast.File
		for _, name := range files[filepath.Dir(file)] {
			var src any
			if filepath.Base(name) == filepath.Base(file) {
				src = text
			}
			f, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
			require.NoError(t, err, m.name)
			parsed = append(parsed, f)
		}
		config := types.Config{Importer: compiled}
		if _, err := config.Check("orgmodes/"+filepath.Dir(file), fset, parsed, nil); err != nil {
			t.Errorf("mutant %s doesn't compile: %v", m.name, err)
		}
	}
}

// listPackages returns the export data of packages and all their dependencies by import path,
// and the Go files of the packages by directory.
func listPackages(t *testing.T, packages map[string]bool) (exports map[string]string, files map[string][]string) {
	t.Helper()
	args := []string{"list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles"}
	for p := range packages {
		args = append(args, p)
	}
	list := exec.CommandContext(t.Context(), "go", args...)
	list.Dir = root
	out, err := list.Output()
	require.NoError(t, err)
	top, err := filepath.Abs(root)
	require.NoError(t, err)
	exports, files = map[string]string{}, map[string][]string{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath, Dir, Export string
			GoFiles                 []string
		}
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return exports, files
		}
		require.NoError(t, err)
		exports[p.ImportPath] = p.Export
		if dir, err := filepath.Rel(top, p.Dir); err == nil && packages["./"+dir] {
			for _, name := range p.GoFiles {
				files[dir] = append(files[dir], filepath.Join(p.Dir, name))
			}
		}
	}
}
