package loadtest

import (
	"context"
	"crypto/rand"
	"flag"
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

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/audit"
	"orgmodes/internal/devstack"
	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/token"
)

const tokenKeys = "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE"

var waitTimeout = storetest.WaitTimeout

var operator = audit.Attribution{Actor: audit.Actor{Kind: audit.Operator, ID: "loadtest", Name: "loadtest"}, Source: "test"}

// fleet is a real Postgres, a real Redis and real programs around them.
type fleet struct {
	t     *testing.T
	dir   string
	owner string // Postgres URL of the tables' owner
	app   string // Postgres URL that the programs use
	db    *postgres.DB
	redis *storetest.RedisServer
	admin string // URL
	// prefix starts all keys in Redis, and is unique to this fleet. A port that one Redis
	// has freed may soon be another's, while programs of a fleet that lost its Redis keep
	// looking for it there.
	prefix string
	// redisURLs maps programs to their Redis URL, if it isn't that of redis itself.
	redisURLs map[string]string
	// readerSettings are the settings for each reader of a stage.
	readerSettings []string

	mu       sync.Mutex
	children map[*devstack.Child]string
	leader   *devstack.Child // the last one that logged that it leads
}

var showLog = flag.Bool("log", false, "show the warnings and errors that programs log")

func newFleet(t *testing.T) *fleet {
	t.Helper()
	return newFleetOn(t, storetest.Postgres(t))
}

// newFleetOn is newFleet with the caller's Postgres.
func newFleetOn(t *testing.T, owner string) *fleet {
	t.Helper()
	app := storetest.AppURL(t, owner)
	f := &fleet{
		t: t, dir: storetest.Programs(t), owner: owner, app: app, redis: storetest.Redis(t),
		prefix: "om" + strings.ToLower(rand.Text()[:8]), redisURLs: map[string]string{}, children: map[*devstack.Child]string{},
	}
	var err error
	f.db, err = postgres.Open(t.Context(), f.app)
	require.NoError(t, err)
	t.Cleanup(f.db.Close)
	t.Cleanup(f.stopAll)
	return f
}

// start runs a program and waits until it is ready. addr is its listen address, "" for the
// worker.
func (f *fleet) start(name, addr string, settings ...string) *devstack.Child {
	f.t.Helper()
	private := freePort(f.t)
	child := f.launch(name, addr, private, settings...)
	f.await(name+" is ready", func() error {
		select {
		case <-child.Done():
			return fmt.Errorf("%s ended: %w\n%s", name, child.Err(), strings.Join(child.Tail(), "\n"))
		default:
		}
		status, err := getStatus("http://" + private + "/readyz")
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("%s: %d", name, status)
		}
		return err
	})
	return child
}

// launch runs a program without waiting.
func (f *fleet) launch(name, addr, private string, settings ...string) *devstack.Child {
	f.t.Helper()
	redis := f.redis.URL
	if own, ok := f.redisURLs[name]; ok {
		redis = own
	}
	env := append(withoutSettings(os.Environ()),
		"DATABASE_URL="+f.app, "REDIS_URL="+redis, "REDIS_PREFIX="+f.prefix, "TOKEN_KEYS="+tokenKeys,
		"PRIVATE_LISTEN="+private, "LOG_FORMAT=text", "LOG_LEVEL=info")
	if addr != "" {
		env = append(env, "LISTEN="+addr)
	}
	launched := make(chan *devstack.Child, 1)
	c := devstack.Command{Path: filepath.Join(f.dir, name), Env: append(env, settings...), Line: f.line(name, launched)}
	if name == "admin" {
		c.Args = []string{"serve"}
	}
	child, err := devstack.Start(c)
	require.NoError(f.t, err)
	launched <- child
	f.mu.Lock()
	f.children[child] = name
	f.mu.Unlock()
	return child
}

// getStatus returns the status of a GET request.
func getStatus(url string) (int, error) {
	res, err := http.Get(url)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}

// line returns a function that records which program leads, and prints warnings and errors
// if -log is set.
func (f *fleet) line(name string, launched <-chan *devstack.Child) func(string) {
	var self *devstack.Child
	return func(s string) {
		if strings.Contains(s, "became leader") {
			if self == nil {
				self = <-launched
			}
			f.mu.Lock()
			f.leader = self
			f.mu.Unlock()
		}
		if *showLog && (strings.Contains(s, "level=ERROR") || strings.Contains(s, "level=WARN")) {
			fmt.Fprintf(os.Stderr, "%s: %s: %s\n", f.t.Name(), name, s)
		}
	}
}

func (f *fleet) startAdmin() {
	f.t.Helper()
	addr := freePort(f.t)
	f.start("admin", addr)
	f.admin = "http://" + addr
}

func (f *fleet) startReader() string {
	f.t.Helper()
	addr := freePort(f.t)
	f.start("reader", addr)
	return "http://" + addr
}

// kill ends a program abruptly, as a power failure does.
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
		if err := c.Stop(syscall.SIGTERM, waitTimeout); err != nil {
			f.t.Errorf("%s: %v", name, err)
		}
	}
}

func (f *fleet) await(what string, check func() error) {
	f.t.Helper()
	f.awaitWithin(waitTimeout, what, check)
}

func (f *fleet) awaitWithin(timeout time.Duration, what string, check func() error) {
	f.t.Helper()
	deadline := time.After(timeout)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			require.NoError(f.t, err, "%s: waited %s", what, timeout)
		case <-tick.C:
		}
	}
}

// tenant is an organization with a read and write token for its owner, and a read token for
// editors.
type tenant struct {
	org          organization.Organization
	owner        uuid.UUID
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
	out.owner = owner.ID
	out.write, _ = f.token(out, "read", "write")
	out.read, _ = f.token(out, "read")
	out.modesYAMLURL = func(reader string) string {
		return reader + "/api/organizations/" + out.org.ID.String() + "/modes.yaml"
	}
	return out
}

// token creates a token of the tenant's owner.
func (f *fleet) token(tn tenant, scopes ...string) (secret string, id uuid.UUID) {
	f.t.Helper()
	keys, err := token.ParseKeys(tokenKeys)
	require.NoError(f.t, err)
	secret = keys.Mint()
	created, err := f.db.CreateToken(f.t.Context(), operator, postgres.NewToken{
		Token: secret, Name: "loadtest", User: tn.owner, Scopes: scopes, Organizations: []uuid.UUID{tn.org.ID},
	})
	require.NoError(f.t, err)
	return secret, created.ID
}

// command runs an admin command as an operator does.
func (f *fleet) command(args ...string) string {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), waitTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(f.dir, "admin"), args...)
	cmd.Env = append(withoutSettings(os.Environ()), "DATABASE_URL="+f.app, "TOKEN_KEYS="+tokenKeys, "REDIS_URL="+f.redis.URL, "REDIS_PREFIX="+f.prefix)
	out, err := cmd.CombinedOutput()
	require.NoError(f.t, err, "%s", out)
	return string(out)
}

func freePort(t *testing.T) string {
	t.Helper()
	port, err := devstack.FreePort(0)
	require.NoError(t, err)
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// withoutSettings returns the environment without the programs' settings.
func withoutSettings(environ []string) (out []string) {
	for _, e := range environ {
		name, _, _ := strings.Cut(e, "=")
		switch strings.TrimSuffix(name, "_FILE") {
		case "DATABASE_URL", "REDIS_URL", "TOKEN_KEYS", "LISTEN", "PRIVATE_LISTEN", "REDIS_PREFIX", "LOG_LEVEL", "LOG_FORMAT",
			"CACHE_SNAPSHOT_DIR", "CACHE_SNAPSHOT_INTERVAL", "AUTH_MAX_STALE":
			continue
		}
		out = append(out, e)
	}
	return out
}
