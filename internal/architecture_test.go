// Package internal_test holds the tests of how our packages may depend on one another. The
// linter's depguard checks direct imports; these tests check all transitive dependencies.
package internal_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "orgmodes/"

// pkg is a package in the output of `go list -json`.
type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
	// The imports of tests matter for rules that cover tests too.
	TestImports, XTestImports []string
}

// modulePackages lists the packages of this module.
func modulePackages(t *testing.T) map[string]pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Imports,Deps,TestImports,XTestImports", module+"...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	require.NoError(t, err)
	packages := map[string]pkg{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		require.NoError(t, err)
		packages[strings.TrimPrefix(p.ImportPath, module)] = p
	}
}

const (
	pgx   = "github.com/jackc/..."
	river = "github.com/riverqueue/..."
	redis = "github.com/redis/..."
	fiber = "github.com/gofiber/..."
	fast  = "github.com/valyala/fasthttp/..."
	mcp   = "github.com/modelcontextprotocol/..."
)

// forbiddenImports lists, for each package, the packages that it must not link, directly or
// indirectly. A path that ends in /... includes everything below it.
var forbiddenImports = map[string][]string{
	// Fiber links text/template, and the metrics library links database/sql. Without an
	// engine or a driver, both are just dead weight.
	"cmd/reader": {
		pgx, river, mcp, "html/template",
		module + "sql", module + "internal/postgres/...", module + "internal/admin/...", module + "internal/worker/...",
		module + "internal/jobs/...", module + "internal/devstack/...",
	},
	"cmd/admin":  {module + "internal/reader/...", module + "internal/worker/...", module + "internal/devstack/..."},
	"cmd/worker": {module + "internal/reader/...", module + "internal/admin/...", module + "internal/devstack/..."},

	"internal/admin/...":  {module + "internal/reader/...", module + "internal/worker/..."},
	"internal/worker/...": {module + "internal/reader/...", module + "internal/admin/...", fiber},
	"internal/reader/...": {module + "internal/admin/...", module + "internal/worker/...", pgx, river, mcp},

	"internal/fault":         {module + "...", pgx, river, redis, fiber, fast, "net/http"},
	"internal/jsonast":       {pgx, river, redis, fiber, fast, "net/http", "database/sql"},
	"internal/upload":        {pgx, river, redis, fiber, fast, "net/http", "database/sql"},
	"internal/organization":  {pgx, river, redis, fiber, fast, "net/http", "database/sql"},
	"internal/resource":      {module + "internal/modes/...", module + "internal/templates/...", pgx, river, redis, fiber, fast, "net/http", "database/sql"},
	"internal/imports":       {module + "internal/modes/...", module + "internal/templates/...", pgx, river, redis, fiber, fast, "net/http", "database/sql"},
	"internal/manifest":      {module + "internal/modes/...", module + "internal/templates/...", pgx, river, redis, fiber, fast, "net/http", "database/sql"},
	"internal/diff":          {pgx, river, redis, fiber, fast, "net/http", "database/sql"},
	"internal/suggest":       {module + "...", pgx, river, redis, fiber, fast, "net/http", "database/sql"},
	"internal/humanize":      {module + "...", pgx, river, redis, fiber, fast, "net/http", "database/sql"},
	"internal/golden":        {module + "...", pgx, river, redis, fiber, fast, "net/http", "database/sql"},
	"internal/audit/...":     {pgx, river, redis, fiber, fast, "net/http", "database/sql"},
	"internal/modes/...":     {pgx, river, redis, fiber, fast, "net/http", "database/sql"},
	"internal/templates/...": {pgx, river, redis, fiber, fast, "net/http", "database/sql"},
	"internal/render/...":    {pgx, river, redis, fiber, fast, "net/http", "database/sql"},
	"internal/lint/...":      {pgx, river, redis, fiber, fast, "net/http", "database/sql"},
	"internal/editors/...":   {pgx, river, redis, fiber, fast, "net/http", "database/sql"},
	"internal/canary":        {module + "...", pgx, river, redis, fiber, fast, "net/http", "database/sql"},
	"internal/endpoint":      {module + "...", pgx, river, redis, fiber, fast, "net/http", "database/sql"},
	"internal/token":         {pgx, river, redis, fiber, fast, "net/http", "database/sql"},
	"internal/pubstore/...":  {pgx, river, fiber, fast},
	"internal/postgres/...":  {fiber, fast, redis},
	"internal/config":        {pgx, river, redis, fiber, fast, "net/http"},
	"internal/listen":        {module + "...", pgx, river, redis, fiber, fast},
	"internal/process":       {pgx, river, redis, fiber, fast, "html/template", "text/template"},
}

func TestForbiddenImports(t *testing.T) {
	packages := modulePackages(t)
	for importer, forbidden := range forbiddenImports {
		for name, p := range packages {
			if !patternMatches(importer, name) {
				continue
			}
			for _, dep := range p.Deps {
				for _, pattern := range forbidden {
					if patternMatches(pattern, dep) {
						t.Errorf("%s links %s, which it must not\n%s", name, dep, importChain(name, dep))
					}
				}
			}
		}
	}
}

func TestGeneratedQueriesArePrivateToPostgres(t *testing.T) {
	for name, p := range modulePackages(t) {
		imports := slices.Concat(p.Imports, p.TestImports, p.XTestImports)
		if slices.Contains(imports, module+"internal/postgres/sqlcgen") && !patternMatches("internal/postgres/...", name) {
			t.Errorf("%s imports the generated queries, which are private to internal/postgres", name)
		}
	}
}

func patternMatches(pattern, importPath string) bool {
	below, ok := strings.CutSuffix(pattern, "/...")
	if !ok {
		return pattern == importPath
	}
	return importPath == below || strings.HasPrefix(importPath, below+"/")
}

// importChain returns the shortest chain of imports from one package to another.
func importChain(from, to string) string {
	out, err := exec.Command("go", "list", "-e", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "-deps", "../"+path.Clean(from)).Output()
	if err != nil {
		return ""
	}
	imports := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		imports[fields[0]] = fields[1:]
	}
	cameFrom := map[string]string{module + from: ""}
	for queue := []string{module + from}; len(queue) > 0; queue = queue[1:] {
		for _, next := range imports[queue[0]] {
			if _, seen := cameFrom[next]; !seen {
				cameFrom[next] = queue[0]
				queue = append(queue, next)
			}
		}
	}
	var chain []string
	for at := to; at != ""; at = cameFrom[at] {
		chain = append([]string{at}, chain...)
	}
	return "  " + strings.Join(chain, "\n  -> ")
}

// Groups of pages don't import one another, and the shell around them imports none. Shared
// code is in the shell, and the paths of links are in package paths.
func TestPagePackagesAreIndependent(t *testing.T) {
	const pages = "internal/admin/web/"
	shared := []string{"shell", "paths", "assets"}
	groups := 0
	for name, p := range modulePackages(t) {
		group, ok := strings.CutPrefix(name, pages)
		if !ok || group == "browsertest" {
			continue
		}
		if !slices.Contains(shared, group) {
			groups++
		}
		for _, other := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			to, ok := strings.CutPrefix(other, module+pages)
			if !ok || to == group {
				continue
			}
			if !slices.Contains(shared, to) {
				t.Errorf("%s imports the pages in %s", name, to)
			}
			if group == "assets" || group == "paths" || group == "shell" && to == "paths" {
				t.Errorf("%s imports %s", name, to)
			}
		}
	}
	require.GreaterOrEqual(t, groups, 5, "there are groups of pages")
}
