package loadtest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/audit"
	"orgmodes/internal/devstack"
	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const tokenKeys = "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE"

// patience is how long a test waits for what should take much less.
const patience = 60 * time.Second

var operator = audit.By{Actor: audit.Actor{Kind: audit.Operator, ID: "loadtest", Name: "loadtest"}, Source: "test"}

// fleet is a real Postgres, a real Redis and real programs around them.
type fleet struct {
	t     *testing.T
	dir   string
	app   string // Postgres, as the programs sign in
	db    *postgres.DB
	redis *storetest.RedisServer
	admin string // URL

	mu       sync.Mutex
	children map[*devstack.Child]string
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	f := &fleet{t: t, dir: storetest.Programs(t), app: storetest.AppURL(t, storetest.Postgres(t)), redis: storetest.Redis(t), children: map[*devstack.Child]string{}}
	var err error
	f.db, err = postgres.Open(t.Context(), f.app)
	require.NoError(t, err)
	t.Cleanup(f.db.Close)
	t.Cleanup(f.stopAll)
	return f
}

// start runs a program and waits until it is ready; addr is where it listens,
// "" for the worker.
func (f *fleet) start(name, addr string) *devstack.Child {
	f.t.Helper()
	private := free(f.t)
	env := append(clean(os.Environ()),
		"DATABASE_URL="+f.app, "REDIS_URL="+f.redis.URL, "TOKEN_KEYS="+tokenKeys,
		"PRIVATE_LISTEN="+private, "LOG_FORMAT=text", "LOG_LEVEL=info")
	if addr != "" {
		env = append(env, "LISTEN="+addr)
	}
	c := devstack.Command{Path: filepath.Join(f.dir, name), Env: env, Line: f.line(name)}
	if name == "admin" {
		c.Args = []string{"serve"}
	}
	child, err := devstack.Start(c)
	require.NoError(f.t, err)
	f.mu.Lock()
	f.children[child] = name
	f.mu.Unlock()
	f.await(name+" is ready", func() error {
		select {
		case <-child.Done():
			return fmt.Errorf("%s ended: %w\n%s", name, child.Err(), strings.Join(child.Tail(), "\n"))
		default:
		}
		res, err := http.Get("http://" + private + "/readyz")
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s", name, res.Status)
		}
		return nil
	})
	return child
}

// line shows what a program says when it is worth a look.
func (f *fleet) line(name string) func(string) {
	return func(s string) {
		if testing.Verbose() && (strings.Contains(s, "level=ERROR") || strings.Contains(s, "level=WARN")) {
			fmt.Fprintf(os.Stderr, "%s: %s\n", name, s)
		}
	}
}

func (f *fleet) startAdmin() {
	f.t.Helper()
	addr := free(f.t)
	f.start("admin", addr)
	f.admin = "http://" + addr
}

func (f *fleet) startReader() string {
	f.t.Helper()
	addr := free(f.t)
	f.start("reader", addr)
	return "http://" + addr
}

// kill ends a program as a power cut does.
func (f *fleet) kill(c *devstack.Child) {
	c.Signal(syscall.SIGKILL)
	<-c.Done()
	f.mu.Lock()
	delete(f.children, c)
	f.mu.Unlock()
}

func (f *fleet) stopAll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c, name := range f.children {
		if err := c.Stop(syscall.SIGTERM, 30*time.Second); err != nil {
			f.t.Errorf("%s: %v", name, err)
		}
	}
}

func (f *fleet) await(what string, check func() error) {
	f.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			require.NoError(f.t, err, "%s: waited %s", what, patience)
		case <-tick.C:
		}
	}
}

// tenant is an organization with an owner's token that may write and an
// editor's token that may read.
type tenant struct {
	org          modes.Organization
	write, read  string
	modesYAMLURL func(reader string) string
}

func (f *fleet) tenant(slug string) tenant {
	f.t.Helper()
	out := tenant{}
	var err error
	out.org, err = f.db.CreateOrganization(f.t.Context(), operator, slug, "Organization "+slug)
	require.NoError(f.t, err)
	owner, err := f.db.CreateUser(f.t.Context(), operator, slug+"@example.com", "Owner of "+slug, "")
	require.NoError(f.t, err)
	require.NoError(f.t, f.db.AddMember(f.t.Context(), operator, out.org.ID, owner.ID, "owner"))
	out.write = f.token(slug, owner.Email, "read", "write")
	out.read = f.token(slug, owner.Email, "read")
	out.modesYAMLURL = func(reader string) string {
		return reader + "/api/organizations/" + out.org.ID.String() + "/modes.yaml"
	}
	return out
}

// token makes a token as an operator does.
func (f *fleet) token(org, email string, scopes ...string) string {
	f.t.Helper()
	args := []string{"token", "create", "--org", org, "--email", email, "--name", "loadtest", "--json"}
	for _, s := range scopes {
		args = append(args, "--scope", s)
	}
	ctx, cancel := context.WithTimeout(f.t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(f.dir, "admin"), args...)
	cmd.Env = append(clean(os.Environ()), "DATABASE_URL="+f.app, "TOKEN_KEYS="+tokenKeys)
	out, err := cmd.Output()
	require.NoError(f.t, err, "%s", out)
	var answer struct{ Token string }
	require.NoError(f.t, json.Unmarshal(out, &answer))
	return answer.Token
}

func free(t *testing.T) string {
	t.Helper()
	port, err := devstack.FreePort(0)
	require.NoError(t, err)
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// clean is the environment without settings of our own.
func clean(environ []string) (out []string) {
	for _, e := range environ {
		name, _, _ := strings.Cut(e, "=")
		switch strings.TrimSuffix(name, "_FILE") {
		case "DATABASE_URL", "REDIS_URL", "TOKEN_KEYS", "LISTEN", "PRIVATE_LISTEN", "REDIS_PREFIX", "LOG_LEVEL", "LOG_FORMAT":
			continue
		}
		out = append(out, e)
	}
	return out
}
