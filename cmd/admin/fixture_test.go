package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/resource/resourcetest"
)

// runAsProgram is the environment variable that makes the test binary run as the program.
const runAsProgram = "ORGMODES_TEST_BE_ADMIN=1"

func TestMain(m *testing.M) {
	if name, value, _ := strings.Cut(runAsProgram, "="); os.Getenv(name) == value {
		os.Exit(run(os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr, resourcetest.Kind{}))
	}
	storetest.Main(m)
}

// program returns the path of the test binary; see runAsProgram.
func program(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	require.NoError(t, err)
	return path
}

// testInstallation calls the program on a dedicated database.
type testInstallation struct {
	t     *testing.T
	admin string
	env   []string
	owner string
	app   string
}

func newInstallation(t *testing.T) *testInstallation {
	t.Helper()
	owner := storetest.Postgres(t)
	app := storetest.AppURL(t, owner)
	return &testInstallation{t, program(t), []string{"DATABASE_URL=" + app, "TOKEN_KEYS=" + testKeys}, owner, app}
}

func (i *testInstallation) call(args ...string) callResult { return call(i.t, i.env, "", args...) }

func (i *testInstallation) callWith(stdin string, args ...string) callResult {
	return call(i.t, i.env, stdin, args...)
}

const testKeys = "k1:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="

// callResult is the result of a call.
type callResult struct {
	t      *testing.T
	code   int
	stdout string
	stderr string
}

// call runs a command to its end, in this process. Starting a program with the race detector
// takes longer than most commands. env holds NAME=value pairs.
func call(t *testing.T, env []string, stdin string, args ...string) callResult {
	t.Helper()
	home := t.TempDir()
	stderr, err := os.Create(filepath.Join(home, "stderr"))
	require.NoError(t, err)
	defer stderr.Close()
	var stdout bytes.Buffer
	environ := append([]string{"HOME=" + home, "PATH=/usr/bin"}, env...)
	code := run(args, environ, strings.NewReader(stdin), &stdout, stderr, resourcetest.Kind{})
	logged, err := os.ReadFile(stderr.Name())
	require.NoError(t, err)
	return callResult{t, code, stdout.String(), string(logged)}
}

func (e callResult) ok() callResult {
	e.t.Helper()
	require.Equal(e.t, 0, e.code, "%s%s", e.stdout, e.stderr)
	return e
}

func (e callResult) failed(code int, says string) callResult {
	e.t.Helper()
	require.Equal(e.t, code, e.code, "%s%s", e.stdout, e.stderr)
	require.Contains(e.t, e.stderr, says)
	return e
}

// json returns the JSON object on the standard output, which must hold nothing else.
func (e callResult) json() map[string]any {
	e.t.Helper()
	dec := json.NewDecoder(strings.NewReader(e.stdout))
	var v map[string]any
	require.NoError(e.t, dec.Decode(&v), e.stdout)
	require.False(e.t, dec.More(), "one object, and nothing else")
	return v
}
