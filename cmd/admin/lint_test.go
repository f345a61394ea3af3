package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestLint holds the reports on our own samples; none of it needs a database.
func TestLint(t *testing.T) {
	admin := program(t)
	lint := func(args ...string) ended {
		return call(t, admin, nil, "", append([]string{"modes", "lint"}, args...)...)
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

	// The exit codes: 0 nothing wrong, 1 an error, or a warning where asked, 2 not
	// understood.
	samples := call(t, admin, nil, "", "modes", "samples").ok().stdout
	stdin := func(args ...string) ended {
		return call(t, admin, nil, samples, append([]string{"modes", "lint", "-"}, args...)...)
	}
	require.Contains(t, stdin().ok().stdout, "stdin")
	warned := strings.Replace(samples, "customModes:", "customModes:\n  - {slug: look, name: Look, roleDefinition: You look., whenToUse: Often., groups: [read, browser]}", 1)
	warns := func(args ...string) ended {
		return call(t, admin, nil, warned, append([]string{"modes", "lint", "-"}, args...)...)
	}
	warns().ok()
	require.Equal(t, 1, warns("--strict").code)
	warns("--client", "vi").failed(2, "roo-code")
	stdin("--format", "xml").failed(2, "sarif")
	lint().failed(2, "which files")
	lint(filepath.Join(t.TempDir(), "none")).failed(1, "no such file")
	lint(t.TempDir()).failed(1, "no files of modes")
	require.Contains(t, lint("--rules").ok().stdout, "browser-is-shell")

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
	e := call(t, program(t), nil, "", "modes", "lint", path)
	require.Equal(t, 1, e.code)
	require.Contains(t, e.stdout, "export.zip/modes/team.yaml")
}

func TestExplain(t *testing.T) {
	admin := program(t)
	file := filepath.Join("testdata", "lint", "team.yaml")
	all := call(t, admin, nil, "", "modes", "explain", "--file", file, "docs-writer").ok().stdout
	for _, says := range []string{"Kilo CLI 7", "Roo Code", "You write documentation.", `regex \.md$`, `glob \.md$`} {
		require.Contains(t, all, says)
	}
	one := call(t, admin, nil, "", "modes", "explain", "--file", file, "--client", "roo-code", "--json", "docs-writer").ok().json()
	require.Len(t, one["views"], 1)
	call(t, admin, nil, "", "modes", "explain", "--file", file, "nope").failed(1, "it has docs-writer, Look")
	call(t, admin, nil, "", "modes", "explain", "--file", file, "broken").failed(1, "line ")
	call(t, admin, nil, "", "modes", "explain", "docs-writer").failed(2, "--org or --file")
	call(t, admin, nil, "", "modes", "explain", "--file", file, "--client", "vi", "docs-writer").failed(2, "kilo-cli-7")
}

func TestCompletion(t *testing.T) {
	admin := program(t)
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		require.NotEmpty(t, call(t, admin, nil, "", "completion", shell).ok().stdout)
	}
	require.Contains(t, call(t, admin, nil, "", "__complete", "modes", "lint", "--format", "").ok().stdout, "sarif")
}
