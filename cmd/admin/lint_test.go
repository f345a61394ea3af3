package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestLint compares the reports on the samples in testdata with golden files. It needs no
// database.
func TestLint(t *testing.T) {
	lint := func(args ...string) callResult {
		return call(t, nil, "", append([]string{"modes", "lint"}, args...)...)
	}
	folder := filepath.Join("testdata", "lint")
	for format, golden := range map[string]string{"text": "report.txt", "json": "report_json.txt", "sarif": "report.sarif"} {
		e := lint("--format", format, folder)
		require.Equal(t, 1, e.code, e.stderr)
		require.Empty(t, e.stderr)
		path := filepath.Join("testdata", golden)
		if *update {
			require.NoError(t, os.WriteFile(path, []byte(e.stdout), 0o644))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(want), e.stdout, format)
		if format != "text" {
			require.True(t, json.Valid([]byte(e.stdout)))
		}
	}
	require.Equal(t, lint("--format", "json", folder).stdout, lint("--json", folder).stdout)

	// Exit codes: 0 for no errors, 1 for errors (with --strict, also for warnings), 2 for
	// usage errors.
	samples := call(t, nil, "", "modes", "samples").ok().stdout
	stdin := func(args ...string) callResult {
		return call(t, nil, samples, append([]string{"modes", "lint", "-"}, args...)...)
	}
	require.Contains(t, stdin().ok().stdout, "stdin")
	warned := strings.Replace(samples, "customModes:", "customModes:\n  - {slug: look, name: Look, roleDefinition: You look., whenToUse: Often., groups: [read, browser]}", 1)
	warns := func(args ...string) callResult {
		return call(t, nil, warned, append([]string{"modes", "lint", "-"}, args...)...)
	}
	warns().ok()
	require.Equal(t, 1, warns("--strict").code)
	warns("--client", "vi").failed(2, "roo-code")
	stdin("--format", "xml").failed(2, "sarif")
	lint().failed(2, "a file, a folder or - is required")
	lint(filepath.Join(t.TempDir(), "none")).failed(1, "no such file")
	lint(t.TempDir()).failed(1, "no files with modes")
	for _, rule := range []string{"browser-is-shell", "slug-in-several-files", "duplicate-slug", "read-differently"} {
		require.Contains(t, lint("--rules").ok().stdout, rule)
	}

	out := filepath.Join(t.TempDir(), "r.sarif")
	require.Empty(t, lint("--format", "sarif", "--output", out, folder).stdout)
	data, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Contains(t, string(data), "2.1.0")
}

func TestLintOfAnArchive(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range []string{"team.yaml", "notes.json"} {
		data, err := os.ReadFile(filepath.Join("testdata", "lint", name))
		require.NoError(t, err)
		f, err := w.Create("modes/" + name)
		require.NoError(t, err)
		_, err = f.Write(data)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	path := filepath.Join(t.TempDir(), "export.zip")
	require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
	e := call(t, nil, "", "modes", "lint", path)
	require.Equal(t, 1, e.code)
	require.Contains(t, e.stdout, "export.zip/modes/team.yaml")

	// An unsafe archive is reported by name, and does not affect other files.
	b.Reset()
	w = zip.NewWriter(&b)
	_, err := w.Create("../../out.yaml")
	require.NoError(t, err)
	require.NoError(t, w.Close())
	unsafe := filepath.Join(t.TempDir(), "unsafe.zip")
	require.NoError(t, os.WriteFile(unsafe, b.Bytes(), 0o600))
	e = call(t, nil, "", "modes", "lint", unsafe, path)
	require.Equal(t, 1, e.code)
	require.Contains(t, e.stdout, "unsafe.zip: can't be read")
	require.Contains(t, e.stdout, "The entry ../../out.yaml leads out")
	require.Contains(t, e.stdout, "export.zip/modes/team.yaml: 4 modes")
}

// TestLintAcrossFiles checks that a slug in two files of a run is reported at both places,
// in each format, with the position of the other.
func TestLintAcrossFiles(t *testing.T) {
	a, b := filepath.Join("testdata", "lint", "team.yaml"), filepath.Join("testdata", "lint", "others.yaml")
	lint := func(args ...string) callResult {
		return call(t, nil, "", append([]string{"modes", "lint"}, args...)...)
	}
	require.Contains(t, lint(a, b).stdout, a+":3:11 "+b+":3:11")
	results := lint("--json", a, b).json()["results"].([]any)
	require.Len(t, results, 2)
	for i, other := range []string{b, a} {
		var found []map[string]any
		for _, f := range results[i].(map[string]any)["findings"].([]any) {
			if f := f.(map[string]any); f["rule"] == "slug-in-several-files" {
				found = append(found, f)
			}
		}
		require.Len(t, found, 1)
		require.EqualValues(t, 3, found[0]["line"])
		require.Equal(t, "warning", found[0]["severity"])
		require.Contains(t, found[0]["detail"], other+":3:11")
		require.Equal(t, []any{map[string]any{"file": other, "line": 3.0, "column": 11.0}}, found[0]["others"])
	}
	sarif := lint("--format", "sarif", a, b).stdout
	require.Equal(t, 2, strings.Count(sarif, `"ruleId": "slug-in-several-files"`))
	require.Equal(t, 2, strings.Count(sarif, `"relatedLocations"`))
	// A file by itself has no such finding. With --strict, the finding fails the command.
	require.NotContains(t, lint(b).ok().stdout, "slug-in-several-files")
	require.Equal(t, 0, lint("--strict", b).code)
	again := filepath.Join(t.TempDir(), "again.yaml")
	data, err := os.ReadFile(b)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(again, data, 0o600))
	require.Equal(t, 1, lint("--strict", b, again).code)
	require.Equal(t, 0, lint(b, again).code)
}

// TestProgress checks that a slow command reports progress on the standard error.
func TestProgress(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), storetest.WaitTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, program(t), "modes", "lint", "--json", "-")
	cmd.Env = []string{"HOME=" + t.TempDir(), runAsProgram}
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	scanner := bufio.NewScanner(stderr)
	require.True(t, scanner.Scan())
	require.Regexp(t, `^reading … \d+s$`, scanner.Text())
	_, err = io.WriteString(stdin, "customModes: []\n")
	require.NoError(t, err)
	require.NoError(t, stdin.Close())
	for scanner.Scan() {
		require.Regexp(t, `^reading …`, scanner.Text())
	}
	require.NoError(t, cmd.Wait())
	require.True(t, json.Valid(stdout.Bytes()), "nothing else is on the standard output")
}

// TestRejectedFileIsReportedInOneLine checks that the rejection of a whole file is one line,
// which gives the position once.
func TestRejectedFileIsReportedInOneLine(t *testing.T) {
	for text, says := range map[string]string{
		"{ // ours\n\"customModes\": []}": "This is not valid JSON: line 1, column 3: JSON has no comments: remove this one",
		"Just words.\n":                   "Expected `customModes:` with a list of modes below it: line 1, column 1: found plain text",
		"":                                "This file is empty.",
	} {
		e := call(t, nil, text, "modes", "explain", "--file", "-", "docs").failed(1, says)
		require.Len(t, strings.Split(strings.TrimSpace(e.stderr), "\n"), 1)
	}
}

func TestExplain(t *testing.T) {
	file := filepath.Join("testdata", "lint", "team.yaml")
	all := call(t, nil, "", "modes", "explain", "--file", file, "docs-writer").ok().stdout
	for _, says := range []string{"Kilo CLI 7", "Roo Code", "You write documentation.", `regex \.md$`, `glob \.md$`} {
		require.Contains(t, all, says)
	}
	one := call(t, nil, "", "modes", "explain", "--file", file, "--client", "roo-code", "--json", "docs-writer").ok().json()
	require.Len(t, one["views"], 1)
	call(t, nil, "", "modes", "explain", "--file", file, "nope").failed(1, "it has docs-writer, Look")
	call(t, nil, "", "modes", "explain", "--file", file, "broken").failed(1, "line ")
	call(t, nil, "", "modes", "explain", "docs-writer").failed(2, "--org or --file")
	call(t, nil, "", "modes", "explain", "--file", file, "--client", "vi", "docs-writer").failed(2, "kilo-cli-7")
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		require.NotEmpty(t, call(t, nil, "", "completion", shell).ok().stdout)
	}
	require.Contains(t, call(t, nil, "", "__complete", "modes", "lint", "--format", "").ok().stdout, "sarif")
}
