package api_test

import (
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"orgmodes/internal/admin"
	"orgmodes/internal/admin/openapi"
	"orgmodes/internal/modes"
	"orgmodes/internal/resource"
	"orgmodes/internal/resource/resourcetest"
	"orgmodes/internal/templates"
)

// TestOpenAPIHasEveryRoute compares the description with the app's routes, in both
// directions.
func TestOpenAPIHasEveryRoute(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	public, err := url.Parse("http://localhost:8080")
	require.NoError(t, err)
	s.db.Register(resourcetest.Kind{})
	app, err := admin.New(admin.Options{DB: s.db, Keys: s.keys, Public: public})
	require.NoError(t, err)
	var routes []string
	parameter := regexp.MustCompile(`:(\w+)`)
	for _, r := range app.GetRoutes(true) {
		if (strings.HasPrefix(r.Path, "/api/") || r.Path == "/mcp") && r.Method != fiber.MethodHead {
			routes = append(routes, r.Method+" "+parameter.ReplaceAllString(strings.TrimSuffix(r.Path, "/"), "{$1}"))
		}
	}
	var described []string
	for path, item := range loadOpenAPI()["paths"].(map[string]any) {
		for method := range item.(map[string]any) {
			if method != "parameters" && method != "servers" {
				described = append(described, strings.ToUpper(method)+" "+loadOpenAPI().fullPath(path))
			}
		}
	}
	require.ElementsMatch(t, routes, described)
}

func TestOpenAPIIsServed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	y := s.do("GET", "!/api/v1/openapi.yaml", "", "").ok(200)
	written, err := openapi.YAML(nil)
	require.NoError(t, err)
	require.Equal(t, string(written), string(y.body))
	require.Equal(t, "application/yaml; charset=utf-8", y.header.Get("Content-Type"))
	require.Equal(t, "3.1.0", s.do("GET", "!/api/v1/openapi.json", "", "").ok(200).json()["openapi"])
}

// TestOpenAPIIsConsistent checks what tools rely on: references resolve, names are
// unique, and parameters are declared.
func TestOpenAPIIsConsistent(t *testing.T) {
	t.Parallel()
	d := loadOpenAPI()
	used := map[string]bool{}
	var walk func(v any, at string)
	walk = func(v any, at string) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				require.Len(t, v, 1, at)
				require.NotNil(t, d.resolve(v), "%s: %s leads nowhere", at, ref)
				used[ref] = true
			}
			for name, e := range v {
				walk(e, at+"/"+name)
			}
		case []any:
			for i, e := range v {
				walk(e, at+"/"+strconv.Itoa(i))
			}
		}
	}
	walk(map[string]any(d), "")
	for kind, all := range d["components"].(map[string]any) {
		for name := range all.(map[string]any) {
			if kind != "securitySchemes" {
				require.True(t, used["#/components/"+kind+"/"+name], "%s %s is used nowhere", kind, name)
			}
		}
	}
	ids := map[string]bool{}
	for path, item := range d["paths"].(map[string]any) {
		item := item.(map[string]any)
		var declared []string
		for _, p := range list(item["parameters"]) {
			declared = append(declared, d.resolve(p).(map[string]any)["name"].(string))
		}
		var named []string
		for _, m := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
			named = append(named, m[1])
		}
		require.Equal(t, named, declared, path)
		for method, op := range item {
			if method == "parameters" || method == "servers" {
				continue
			}
			op := op.(map[string]any)
			id, _ := op["operationId"].(string)
			require.NotEmpty(t, id, path)
			require.False(t, ids[id], "%s is there twice", id)
			ids[id] = true
			require.NotEmpty(t, op["summary"], id)
			require.Len(t, op["tags"], 1, id)
			require.Contains(t, op["responses"], "default", id)
		}
	}
}

func list(v any) []any { l, _ := v.([]any); return l }

// undescribedCodes are codes that the API never answers with: they are for operators.
var undescribedCodes = []string{
	"email_taken", "epoch_not_above", "invalid_organization", "invalid_password", "invalid_user", "weak_password", "unknown_format",
	// Built-in modes of an installation.
	"invalid_builtins",
	// Only pages store drafts.
	"draft_conflict", "draft_discarded", "draft_gone", "draft_too_large", "too_many_drafts",
}

// TestOpenAPIHasEveryProblem collects the codes in the source code behind the API, and
// looks for each in the examples.
func TestOpenAPIHasEveryProblem(t *testing.T) {
	t.Parallel()
	d := loadOpenAPI()
	described := map[string]string{}
	for name, response := range d.lookup("components", "responses").(map[string]any) {
		if name == "304" {
			continue // not a problem
		}
		content := response.(map[string]any)["content"].(map[string]any)["application/problem+json"].(map[string]any)
		for code, example := range content["examples"].(map[string]any) {
			value := example.(map[string]any)["value"]
			require.Empty(t, d.schemaErrors(content["schema"], value, ""), code)
			require.Equal(t, code, value.(map[string]any)["code"])
			require.Equal(t, "/problems/"+code, value.(map[string]any)["type"])
			if name != "default" {
				require.Equal(t, name, strconv.Itoa(int(value.(map[string]any)["status"].(float64))), code)
			}
			described[code] = name
		}
	}
	codes := map[string]bool{}
	// Pages have separate refusals, and no request reaches a simulated store.
	exempt := []string{"admin/web", "simulation"}
	sources := os.DirFS(filepath.Join("..", ".."))
	require.NoError(t, fs.WalkDir(sources, ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case slices.Contains(exempt, path):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		data, err := fs.ReadFile(sources, path)
		for _, m := range regexp.MustCompile(`(?:fault\.New\(fault\.\w+|problem\.New\([\w.]+|[mM]alformed\(|invalid\(|deletedCode:|Code[A-Z]\w+ +=),? ?"([a-z0-9]+(?:_[a-z0-9]+)*)"`).FindAllStringSubmatch(string(data), -1) {
			codes[m[1]] = true
		}
		return err
	}))
	for _, k := range []resource.Kind{modes.Kind{}, templates.Kind{}, resourcetest.Kind{}} {
		codes[k.Names().Singular+"_deleted"] = true // see deletedOrNotFound
	}
	require.Greater(t, len(codes), 40)
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		if _, ok := described[code]; !ok && !slices.Contains(undescribedCodes, code) {
			t.Errorf("the code %s has no example", code)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(described)) {
		require.True(t, codes[code], "no source has the code %s", code)
	}
}

func TestOpenAPIIsPlainYAML(t *testing.T) {
	t.Parallel()
	written, err := openapi.YAML(nil)
	require.NoError(t, err)
	var n yaml.Node
	require.NoError(t, yaml.Unmarshal(written, &n))
	require.NotContains(t, string(written), "\t")
}
