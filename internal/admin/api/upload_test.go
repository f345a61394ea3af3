package api_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"mime/multipart"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/cputime"
)

func mode(slug, role string) string {
	return "slug: " + slug + "\nname: The " + slug + "\nroleDefinition: " + role + "\ngroups: [read]\n"
}

// form returns a form with files and fields, and its media type.
func form(t *testing.T, files [][2]string, fields ...string) (body, media string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(fields); i += 2 {
		require.NoError(t, w.WriteField(fields[i], fields[i+1]))
	}
	for _, f := range files {
		part, err := w.CreateFormFile("file", f[0])
		require.NoError(t, err)
		_, err = io.WriteString(part, f[1])
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.String(), w.FormDataContentType()
}

func archive(t *testing.T, files ...[2]string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		part, err := w.Create(f[0])
		require.NoError(t, err)
		_, err = io.WriteString(part, f[1])
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.String()
}

func modeItem(plan map[string]any, i int) map[string]any {
	return plan["modes"].([]any)[i].(map[string]any)
}

func TestImportFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	files := [][2]string{{"a.yaml", mode("docs", "You write.")}, {"b.json", `[{"slug":"tests","name":"T","roleDefinition":"r","groups":[]}]`}, {"c.yaml", "# no modes"}, {"readme.md", "Hello"}}
	body, media := form(t, files)
	plan := s.do("POST", "/modes/import?dry_run=true", s.write, body, "Content-Type", media).ok(200).json()
	require.Equal(t, []string{"create", "create"}, itemActions(plan))
	require.Equal(t, "b.json", modeItem(plan, 1)["file"])
	require.Equal(t, 1, summary(plan, "refused_files"))
	p := s.do("POST", "/modes/import", s.write, body, "Content-Type", media).problem(422, "invalid_modes")
	require.Contains(t, p["detail"], "1 of the 4 files")
	require.Zero(t, s.count("select count(*) from organization_modes"))

	body, media = form(t, files, "only", "valid", "slug", "tests")
	done := s.do("POST", "/modes/import", s.write, body, "Content-Type", media).ok(200).json()
	require.Equal(t, []string{"skip", "create"}, itemActions(done))

	// The same files in an archive, as the body and as the file of a form.
	packed := archive(t, files[0], files[1])
	plan = s.do("POST", "/modes/import?dry_run=true", s.write, packed, "Content-Type", "application/zip").ok(200).json()
	require.Equal(t, []string{"create", "unchanged"}, itemActions(plan))
	body, media = form(t, [][2]string{{"modes.zip", packed}})
	require.Equal(t, []string{"create", "unchanged"}, itemActions(s.do("POST", "/modes/import", s.write, body, "Content-Type", media).ok(200).json()))

	// The export has each mode in a separate file.
	out := s.do("GET", "/modes/export?format=zip", s.write, "").ok(200)
	require.Equal(t, `attachment; filename=acme.modes.zip`, out.header.Get("Content-Disposition"))
	r, err := zip.NewReader(bytes.NewReader(out.body), int64(len(out.body)))
	require.NoError(t, err)
	require.Len(t, r.File, 2)
	require.Equal(t, "tests.yaml", r.File[0].Name)
	again := s.do("POST", "/modes/import?dry_run=true", s.write, string(out.body), "Content-Type", "application/zip").ok(200).json()
	require.Equal(t, []string{"unchanged", "unchanged"}, itemActions(again))
	for query, name := range map[string]string{
		"": "acme.modes.yaml", "?format=json": "acme.modes.json", "?format=marketplace": "acme.marketplace.yaml",
		"?view=merged": "acme.merged.modes.yaml", "?slug=docs": "acme.docs.modes.yaml", "?slug=docs,tests&format=zip": "acme.modes.zip",
	} {
		require.Contains(t, s.do("GET", "/modes/export"+query, s.write, "").ok(200).header.Get("Content-Disposition"), "filename="+name)
	}
}

func TestModeImportChoices(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	yaml := []string{"Content-Type", "text/yaml"}
	s.do("POST", "/modes/import", s.write, twoModes, yaml...).ok(200)
	changed := strings.ReplaceAll(strings.ReplaceAll(twoModes, "You write.", "You write well."), "You test.", "You test well.")

	plan := s.do("POST", "/modes/import?dry_run=true", s.write, changed, yaml...).ok(200)
	require.Equal(t, []string{"update", "update"}, itemActions(plan.json()))
	require.Equal(t, "docs-2", modeItem(plan.json(), 0)["free_slug"])
	require.EqualValues(t, 1, modeItem(plan.json(), 0)["version"])
	choices := url.QueryEscape(`{"collision":"keep_both","by_slug":{"tests":"skip"}}`)
	keptBoth := s.do("POST", "/modes/import?choices="+choices, s.write, changed, append(yaml, "If-Match", plan.header.Get("ETag"))...).ok(200).json()
	require.Equal(t, []string{"create", "skip"}, itemActions(keptBoth))
	require.Equal(t, "docs-2", modeItem(keptBoth, 0)["becomes"].(map[string]any)["slug"])
	require.Equal(t, "You write well.", s.do("GET", "/modes/docs-2", s.write, "").ok(200).json()["config"].(map[string]any)["roleDefinition"])
	require.Equal(t, "You write.", s.do("GET", "/modes/docs", s.write, "").ok(200).json()["config"].(map[string]any)["roleDefinition"])

	require.Equal(t, []string{"skip", "update"}, itemActions(s.do("POST", "/modes/import?index=1", s.write, changed, yaml...).ok(200).json()))
	require.Equal(t, []string{"update", "skip"}, itemActions(s.do("POST", "/modes/import?slug=DOCS", s.write, changed, yaml...).ok(200).json()))

	s.do("POST", "/modes/import?slug=nope", s.write, changed, yaml...).problem(422, "invalid_choice")
	s.do("POST", "/modes/import?collision=fly", s.write, changed, yaml...).problem(422, "invalid_choice")
	s.do("POST", "/modes/import?index=x", s.write, changed, yaml...).problem(400, "malformed_query")
	s.do("POST", "/modes/import?choices=%7B%22x%22:1%7D", s.write, changed, yaml...).problem(422, "invalid_body")

	// Modes that were not selected can be invalid.
	require.Equal(t, []string{"unchanged", "skip", "invalid"}, itemActions(s.do("POST", "/modes/import?slug=docs", s.write,
		strings.Replace(modesWithInvalid, "You write.", "You write well.", 1), yaml...).ok(200).json()))
	// Two modes with one slug: the second can be selected by its index only.
	twice := "- " + strings.ReplaceAll(mode("twice", "a"), "\n", "\n  ") + "\n- " + strings.ReplaceAll(mode("twice", "b"), "\n", "\n  ")
	require.Equal(t, []string{"create", "conflict"}, itemActions(s.do("POST", "/modes/import", s.write, twice, yaml...).problem(422, "invalid_modes")["plan"].(map[string]any)))
	require.Equal(t, []string{"skip", "create"}, itemActions(s.do("POST", "/modes/import?index=1", s.write, twice, yaml...).ok(200).json()))
	require.Equal(t, "b", s.do("GET", "/modes/twice", s.write, "").ok(200).json()["config"].(map[string]any)["roleDefinition"])
}

// TestMaliciousUploads requires that each is refused at once, with a reason, with
// little memory, and with nothing of it applied.
func TestMaliciousUploads(t *testing.T) {
	s := newSite(t)
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&bomb, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	bomb.WriteString("customModes: *a11\n")
	for _, c := range []struct {
		name, body, media string
		status            int
		code              string
	}{
		{"a YAML bomb", bomb.String(), "text/yaml", 413, "too_many_values"},
		{"10,000 levels of YAML", "customModes: " + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), "text/yaml", 422, "too_deep"},
		{"10,000 levels of JSON", strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000), "application/json", 422, "too_deep"},
		{"a zip file that leads out", archive(t, [2]string{"../x.yaml", twoModes}), "application/zip", 422, "unsafe_archive"},
		{"a zip bomb", zipBomb(t), "application/zip", 422, "unsafe_archive"},
		{"half a zip file", archive(t, [2]string{"x.yaml", twoModes})[:200], "application/zip", 400, "malformed_archive"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			spent := cputime.Spent()
			a := s.do("POST", "/modes/import?only=valid", s.write, c.body, "Content-Type", c.media)
			a.t = t
			a.problem(c.status, c.code)
			require.Less(t, cputime.Spent()-spent, 20*time.Second)
			runtime.ReadMemStats(&after)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(128<<20))
			a = s.do("POST", "!/api/v1/advice", s.write, c.body, "Content-Type", c.media)
			a.t = t
			require.Contains(t, []int{200, c.status}, a.status, "advice says it, or refuses it")
		})
	}
	require.Zero(t, s.count("select count(*) from organization_modes"))
	require.NotContains(t, s.log.String(), "level=ERROR")
}

// zipBomb returns a small archive with a file of 64 MiB.
func zipBomb(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestCompression) })
	part, err := w.Create("bomb.yaml")
	require.NoError(t, err)
	for range 64 {
		_, err = part.Write(bytes.Repeat([]byte("#"), 1<<20))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.String()
}

func TestAdviceAndViews(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	shell := `{"slug":"look","name":"Look","config":{"roleDefinition":"You look.","groups":["read","browser"]}}`
	s.do("POST", "/modes", s.write, shell).ok(201)
	rules := func(list []any) (ids []string) {
		for _, r := range list {
			ids = append(ids, r.(map[string]any)["rule"].(string))
		}
		return ids
	}
	saved := s.do("GET", "/modes/look/advice", s.write, "").ok(200).json()
	require.Contains(t, rules(saved["advice"].([]any)), "browser-is-shell")
	roo := s.do("GET", "/modes/look/advice?client=roo-code", s.write, "").ok(200).json()
	require.NotContains(t, rules(roo["advice"].([]any)), "browser-is-shell")
	s.do("GET", "/modes/look/advice?client=vi", s.write, "").problem(400, "malformed_query")

	draft := s.do("POST", "!/api/v1/advice", s.write, shell).ok(200).json()["results"].([]any)[0].(map[string]any)
	require.Contains(t, rules(draft["findings"].([]any)), "browser-is-shell")
	bad := s.do("POST", "!/api/v1/advice", s.write, `{"slug":"look","name":"","config":{"groups":["fly"]}}`).ok(200).json()
	require.EqualValues(t, 3, bad["counts"].(map[string]any)["error"])
	file := s.do("POST", "!/api/v1/advice", s.write, modesWithInvalid, "Content-Type", "text/yaml").ok(200).json()
	require.EqualValues(t, 2, file["counts"].(map[string]any)["error"])
	require.NotEmpty(t, s.do("GET", "!/api/v1/advice/rules", s.write, "").ok(200).json()["rules"])

	require.Len(t, s.do("GET", "!/api/v1/clients", s.write, "").ok(200).json()["clients"], 3)
	require.Len(t, s.do("GET", "/modes/look/clients", s.write, "").ok(200).json()["views"], 3)
	require.Contains(t, s.do("GET", "/modes/look/clients/kilo-cli-7", s.write, "").ok(200).json()["prompt"], "You look.")
	s.do("GET", "/modes/look/clients/vi", s.write, "").problem(404, "not_found")
	s.do("GET", "/modes/architect/clients/roo-code", s.write, "").ok(200)
	require.Len(t, s.do("POST", "!/api/v1/views?client=roo-code", s.write, shell).ok(200).json()["views"], 1)
	s.do("POST", "!/api/v1/views", s.write, `{"slug":"look"}`).problem(422, "invalid_mode")
	s.do("GET", "!/api/v1/clients", "", "").problem(401, "unauthenticated")
}
