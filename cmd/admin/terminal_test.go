package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// openTerminal returns a new pseudoterminal. A program writes to tty, and screen reads that.
func openTerminal(t *testing.T) (screen, tty *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("this system has no pseudoterminals: %v", err)
	}
	t.Cleanup(func() { _ = screen.Close() })
	require.NoError(t, unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	tty, err = os.OpenFile(fmt.Sprint("/dev/pts/", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = tty.Close() })
	return screen, tty
}

// A mode and a template whose texts try to control the terminal of whoever looks at them.
const (
	hostileText = `You \x1b]0;PWNED\a\x1b[2Jclear \x9b31m \u202Etxt.exe \U000E0041`
	hostileMode = `customModes: [{slug: esc, name: Esc, roleDefinition: "` + hostileText + `", whenToUse: "w\x1b[31mred\r hidden", groups: [read]}]`
)

// requireHarmless fails if a terminal would interpret anything in out.
func requireHarmless(t *testing.T, out, what string) {
	t.Helper()
	for _, forbidden := range []string{"\x1b", "\a", "\x7f", "\u009b", "\u202e", "\U000e0041", "\r hidden"} {
		require.NotContains(t, out, forbidden, what)
	}
}

func TestTerminalReceivesNoEscapeSequences(t *testing.T) {
	i := newInstallation(t)
	i.call("org", "create", "--slug", "acme", "--name", "Acme \u202e").ok()
	i.callWith(hostileMode, "modes", "import", "--org", "acme", "-").ok()
	template := `{"name":"Esc","permission_mode":"plan","allowed_tools":["read"],"description":"w\u001b[31mred\u009b\u202e"}`
	i.callWith(template, "templates", "import", "--org", "acme", "-").ok()

	file := filepath.Join(t.TempDir(), "modes.yaml")
	require.NoError(t, os.WriteFile(file, []byte(hostileMode), 0o600))
	seen := map[string]string{}
	for _, args := range [][]string{
		{"modes", "explain", "--file", file},
		{"modes", "lint", file},
		{"modes", "list", "--org", "acme"},
		{"modes", "history", "--org", "acme"},
		{"modes", "export", "--org", "acme"},
		{"modes", "export", "--org", "acme", "--json"},
		{"get", "modes", "esc", "--org", "acme"},
		{"templates", "get", "--org", "acme", "Esc"},
		{"templates", "resolve", "--org", "acme", "Esc"},
		{"templates", "list", "--org", "acme", "--json"},
		{"org", "list"},
		{"audit", "list", "--org", "acme"},
		{"audit", "export", "--org", "acme"},
		{"audit", "export", "--org", "acme", "--format", "jsonl"},
		{"modes", "diff", "--org", "acme", "\x1b[31m", "--from", "1"},
		{"\x1b[2J"},
	} {
		name := strings.Join(args, " ")
		shown := runOnTerminal(t, i.env, args...)
		require.NotEmpty(t, strings.TrimSpace(shown), name)
		requireHarmless(t, shown, name)
		seen[args[0]] += shown
	}
	require.Contains(t, seen["modes"], `\u001b]0;PWNED`, "shown instead of hidden")

	// In a pipe, an export is unchanged, and text for people is still escaped.
	require.Contains(t, i.call("audit", "export", "--org", "acme", "--format", "jsonl").ok().stdout, "\u202e")
	requireHarmless(t, i.call("templates", "get", "--org", "acme", "Esc").ok().stdout, "templates get")
}

// runOnTerminal runs a command whose standard output and standard error are a terminal, and
// returns what that received.
func runOnTerminal(t *testing.T, env []string, args ...string) string {
	t.Helper()
	screen, tty := openTerminal(t)
	shown := make(chan string, 1)
	go func() {
		all, _ := io.ReadAll(screen) // ends with EIO once the other side is closed
		shown <- string(all)
	}()
	run(args, append([]string{"HOME=" + t.TempDir(), "PATH=/usr/bin"}, env...), strings.NewReader(""), tty, tty)
	require.NoError(t, tty.Close())
	return <-shown
}

func TestEscaperKeepsTextAndSplitCharacters(t *testing.T) {
	text := "tab\t, line\n, é, ع, 中, 🚀, 👩\u200d🚀"
	for size := 1; size < 5; size++ {
		var out bytes.Buffer
		e := &escaper{w: &out}
		for rest := []byte(text); len(rest) > 0; {
			n := min(size, len(rest))
			_, err := e.Write(rest[:n])
			require.NoError(t, err)
			rest = rest[n:]
		}
		require.NoError(t, e.flush())
		require.Equal(t, text, out.String())
	}
	var out bytes.Buffer
	e := &escaper{w: &out}
	_, err := e.Write([]byte("\x1b[31m \xff \u009b \U000e0041 \xf0\x9f"))
	require.NoError(t, err)
	require.NoError(t, e.flush())
	require.Equal(t, `\u001b[31m \xff \u009b \U000e0041 \xf0\x9f`, out.String())
}
