//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// waitTimeout bounds each wait for an event; only a failing test reaches it.
const waitTimeout = 10 * time.Minute

// The test binary plays every role. Under the name of one of our programs, it is a stand-in
// for that, with its data in standin.json. With LOCAL_TEST_UP set, it is the launcher
// itself.
func TestMain(m *testing.M) {
	switch name := filepath.Base(os.Args[0]); {
	case name == "admin" && os.Args[1] != "serve":
		os.Exit(standInOperator(os.Args[1:]))
	case name == "admin" || name == "worker" || name == "reader":
		standIn()
	case os.Getenv("LOCAL_TEST_UP") != "":
		os.Args = []string{"local", "up"}
		main()
	default:
		os.Exit(m.Run())
	}
}

// stack is a launcher that runs in a separate checkout.
type stack struct {
	cmd    *exec.Cmd
	dir    string
	mu     sync.Mutex
	out    strings.Builder
	ended  chan struct{}
	closed chan struct{}
}

func newCheckout(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "bin"), 0o755))
	self, err := os.Executable()
	require.NoError(t, err)
	for _, name := range []string{"admin", "worker", "reader"} {
		require.NoError(t, os.Symlink(self, filepath.Join(dir, "bin", name)))
	}
	t.Cleanup(func() {
		if path, err := os.ReadFile(filepath.Join(dir, ".local", "postgres.path")); err == nil {
			_ = os.RemoveAll(filepath.Dir(strings.TrimSpace(string(path))))
		}
	})
	return dir
}

// startStack starts a launcher and waits for its banner.
func startStack(t *testing.T, dir string) *stack {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	s := &stack{dir: dir, ended: make(chan struct{}), closed: make(chan struct{})}
	s.cmd = exec.Command(self)
	s.cmd.Dir = dir
	s.cmd.Env = append(os.Environ(), "LOCAL_TEST_UP=1", "DATABASE_URL=", "REDIS_URL=", "TOKEN_KEYS=",
		"ORGMODES_PARENT_PID="+fmt.Sprint(os.Getpid()))
	read, write, err := os.Pipe()
	require.NoError(t, err)
	s.cmd.Stdout, s.cmd.Stderr = write, write
	require.NoError(t, s.cmd.Start())
	require.NoError(t, write.Close())

	up := make(chan struct{})
	go func() {
		defer close(s.closed)
		defer read.Close()
		var once sync.Once
		for lines := bufio.NewScanner(read); lines.Scan(); {
			s.mu.Lock()
			s.out.WriteString(lines.Text() + "\n")
			s.mu.Unlock()
			if strings.Contains(lines.Text(), "End it all: Ctrl-C") {
				once.Do(func() { close(up) })
			}
		}
	}()
	go func() {
		defer close(s.ended)
		_ = s.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		<-s.ended
	})
	select {
	case <-up:
	case <-s.ended:
		t.Fatal(s.output())
	case <-time.After(waitTimeout):
		t.Fatalf("the stack was not up within %v:\n%s", waitTimeout, s.currentOutput())
	}
	return s
}

// output returns everything that the launcher printed. Its children don't inherit its
// output, so the pipe closes when it ends.
func (s *stack) output() string {
	<-s.closed
	return s.currentOutput()
}

func (s *stack) currentOutput() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}

func (s *stack) stop(t *testing.T) int {
	t.Helper()
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGINT))
	<-s.ended
	return s.cmd.ProcessState.ExitCode()
}

// variables reads run.env with a shell, as users do.
func (s *stack) variables(t *testing.T) map[string]string {
	t.Helper()
	stat, err := os.Stat(filepath.Join(s.dir, ".local", "run.env"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), stat.Mode().Perm())
	cmd := exec.Command("sh", "-c", "set -a; . .local/run.env; exec env -0")
	cmd.Dir, cmd.Env = s.dir, []string{"PATH=" + os.Getenv("PATH")}
	out, err := cmd.Output()
	require.NoError(t, err)
	variables := map[string]string{}
	for pair := range strings.SplitSeq(string(out), "\x00") {
		if name, value, ok := strings.Cut(pair, "="); ok {
			variables[name] = value
		}
	}
	return variables
}

func TestUpPrintsWorkingCommandsAndKeepsState(t *testing.T) {
	dir := newCheckout(t)
	first := startStack(t, dir)
	before := first.variables(t)
	for _, name := range []string{
		"ADMIN_URL", "READER_URL", "READER_PRIVATE_URL", "ADMIN_PRIVATE_URL", "WORKER_PRIVATE_URL", "ORG_ID", "ORG_SLUG",
		"TOKEN", "ADMIN_TOKEN", "OWNER_EMAIL", "OWNER_PASSWORD", "DATABASE_URL", "MIGRATE_DATABASE_URL", "REDIS_URL", "TOKEN_KEYS",
	} {
		require.NotEmpty(t, before[name], name)
	}
	require.Contains(t, before["TOKEN"], "it's", "quoted and read back")

	other := exec.Command(first.cmd.Path)
	other.Dir, other.Env = dir, first.cmd.Env
	out, err := other.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "it runs already in this checkout")

	checkCurls(t, first, "HTTP/1.1 200", "HTTP/1.1 304")
	require.Zero(t, first.stop(t))
	require.Contains(t, first.output(), "sign in as "+before["OWNER_EMAIL"]+" with the password "+before["OWNER_PASSWORD"])
	require.NoFileExists(t, filepath.Join(dir, ".local", "run.env"), "it would not be true any more")

	second := startStack(t, dir)
	after := second.variables(t)
	for _, name := range []string{"ORG_ID", "TOKEN", "ADMIN_TOKEN", "OWNER_EMAIL", "OWNER_PASSWORD", "DATABASE_URL", "MIGRATE_DATABASE_URL", "REDIS_URL", "TOKEN_KEYS"} {
		require.Equal(t, before[name], after[name], name)
	}
	require.Zero(t, second.stop(t))

	// With another database, the old credentials would be wrong.
	require.NoError(t, os.Remove(filepath.Join(dir, "standin.json")))
	third := startStack(t, dir)
	require.NotEqual(t, before["OWNER_PASSWORD"], third.variables(t)["OWNER_PASSWORD"])
	require.Zero(t, third.stop(t))
}

// checkCurls pastes the printed commands into a shell.
func checkCurls(t *testing.T, s *stack, want ...string) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Log("there is no curl here; the commands were not tried")
		return
	}
	// The banner is complete: its last line has been received.
	commands := regexp.MustCompile(`(?m)^  (curl .*)$`).FindAllStringSubmatch(s.currentOutput(), -1)
	require.Len(t, commands, len(want))
	for i, command := range commands {
		out, err := exec.Command("sh", "-c", command[1]).Output()
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(string(out), want[i]), "%s\n%s", command[1], out)
	}
}

func TestUpEndsWithItsChildren(t *testing.T) {
	s := startStack(t, newCheckout(t))
	family := processes(t, s.dir)
	require.NotEmpty(t, family["worker"])
	require.NoError(t, syscall.Kill(family["worker"], syscall.SIGKILL))
	<-s.ended
	require.Equal(t, 1, s.cmd.ProcessState.ExitCode())
	require.Contains(t, s.output(), "local: worker ended with exit code 137, so everything ends; the end of .local/worker.log:")
	require.Contains(t, s.output(), "worker | WARN hello answer=42")
}

func TestProgramsEndWithLauncher(t *testing.T) {
	s := startStack(t, newCheckout(t))
	family := processes(t, s.dir)
	require.Len(t, family, 3)
	url := s.variables(t)["DATABASE_URL"]
	require.NoError(t, s.cmd.Process.Kill())
	<-s.ended
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", regexp.MustCompile(`@([^/]+)/`).FindStringSubmatch(url)[1])
		if err == nil {
			_ = conn.Close()
		}
		return err != nil && len(processes(t, s.dir)) == 0
	}, waitTimeout, 20*time.Millisecond)
}

// processes returns the PIDs of the stand-ins that run in a checkout, by name.
func processes(t *testing.T, dir string) map[string]int {
	t.Helper()
	found := map[string]int{}
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		program, _, _ := strings.Cut(string(content), "\x00")
		var pid int
		if _, err := fmt.Sscanf(file, "/proc/%d/", &pid); err == nil && filepath.Dir(program) == filepath.Join(dir, "bin") {
			found[filepath.Base(program)] = pid
		}
	}
	return found
}

// standIn serves the requests that the launcher makes to a program, until SIGTERM.
func standIn() {
	fmt.Println(`{"level":"WARN","msg":"hello","answer":42}`)
	mux := http.NewServeMux()
	mux.HandleFunc("/readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/api/organizations/{id}/modes.yaml", func(w http.ResponseWriter, r *http.Request) {
		if db := openStandIn(); r.Header.Get("Authorization") != "Bearer "+db.Tokens[0].Token || r.PathValue("id") != db.Organization {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("ETag", `"abc"`)
		if r.Header.Get("If-None-Match") == `"abc"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, "customModes: []\n")
	})
	for _, name := range []string{"LISTEN", "PRIVATE_LISTEN"} {
		if addr := os.Getenv(name); addr != "" {
			go func() { panic(http.ListenAndServe(addr, mux)) }()
		}
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	<-signals
}

// standInContent is the data that a stand-in stores instead of a database.
type standInContent struct {
	Organization string
	Users        map[string]string
	Tokens       []secret
}

const standInFile = "standin.json"

func openStandIn() (db standInContent) {
	if content, err := os.ReadFile(standInFile); err == nil {
		_ = json.Unmarshal(content, &db)
	}
	if db.Users == nil {
		db.Users = map[string]string{}
	}
	return db
}

func standInOperator(args []string) int {
	db := openStandIn()
	option := func(name string) string {
		for i, arg := range args {
			if arg == name {
				return args[i+1]
			}
		}
		return ""
	}
	var answer any
	switch command := strings.Join(args[:min(2, len(args))], " "); command {
	case "org create":
		created := db.Organization == ""
		if created {
			db.Organization = fmt.Sprintf("0000-%d", time.Now().UnixNano())
		}
		answer = map[string]any{"id": db.Organization, "created": created}
	case "user create":
		email := option("--email")
		_, there := db.Users[email]
		if !there {
			password, _ := io.ReadAll(os.Stdin)
			db.Users[email] = string(password)
		}
		answer = map[string]any{"id": db.Organization + email, "created": !there}
	case "token create":
		n := len(db.Tokens)
		db.Tokens = append(db.Tokens, secret{ID: fmt.Sprint(n), Token: fmt.Sprintf("omt_it's_%d", n)})
		answer = db.Tokens[n]
	case "token list":
		answer = map[string]any{"tokens": db.Tokens}
	case "migrate", "modes samples", "modes import", "member add":
	default:
		fmt.Fprintln(os.Stderr, "stand-in: unknown command", args)
		return 2
	}
	content, err := json.Marshal(db)
	if err != nil || os.WriteFile(standInFile, content, 0o600) != nil {
		return 1
	}
	if answer != nil {
		_ = json.NewEncoder(os.Stdout).Encode(answer)
	}
	return 0
}
