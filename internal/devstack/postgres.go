package devstack

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Owner is the superuser of a Postgres that is started here, and Database the database that
// is created in it.
const (
	Owner    = "orgmodes_owner"
	Database = "orgmodes"
)

// startTimeout bounds the time that a server needs to start. stopTimeout bounds the time
// that it needs to stop before it is killed. Even on a busy machine, only a server that
// hangs reaches them.
const (
	startTimeout = 5 * time.Minute
	stopTimeout  = 2 * time.Minute
)

// PostgresOptions configures a Postgres.
type PostgresOptions struct {
	// Dir holds its data across runs. "" means a temporary directory, with settings that
	// trade durability for speed.
	Dir string
	// Port is tried first; 0 means any free one.
	Port int
	// Log is called with each line that the server writes.
	Log func(line string)
}

// Postgres is a server that was started here.
type Postgres struct {
	*Child
	// OwnerURL is the superuser's URL of the database.
	OwnerURL string
	Port     int

	release func() // releases the directory's lock
	tempDir string // the directory to remove at the end
}

// StartPostgres runs a server on 127.0.0.1 and returns when it accepts connections.
func StartPostgres(ctx context.Context, program *Program, o PostgresOptions) (*Postgres, error) {
	a, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, throwaway := o.Dir, ""
	var release func()
	if dir == "" {
		sweepTempDirs()
		if dir, release, err = makeTempDir(a); err != nil {
			return nil, err
		}
		throwaway = dir
	} else if release, err = openDurable(dir, a); err != nil {
		return nil, err
	}
	pg := &Postgres{release: release, tempDir: throwaway}

	password, err := initialize(ctx, program, a, dir, throwaway != "")
	if err != nil {
		pg.cleanUp()
		return nil, err
	}
	if err := pg.serve(ctx, program, a, dir, o); err != nil {
		pg.cleanUp()
		return nil, err
	}
	pg.OwnerURL = (&url.URL{
		Scheme: "postgres", User: url.UserPassword(Owner, password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(pg.Port)), Path: "/" + Database,
		RawQuery: "sslmode=disable",
	}).String()
	if err := createDatabase(ctx, pg.OwnerURL); err != nil {
		return nil, errors.Join(err, pg.Stop())
	}
	return pg, nil
}

// Stop stops the server as fast as possible without losing data. One whose data is
// temporary doesn't even write a checkpoint.
func (p *Postgres) Stop() error {
	signal := syscall.SIGINT // "fast": open transactions are rolled back
	if p.tempDir != "" {
		signal = syscall.SIGQUIT // "immediate"
	}
	err := p.Child.Stop(signal, stopTimeout)
	p.cleanUp()
	return err
}

func (p *Postgres) cleanUp() {
	if p.tempDir != "" {
		_ = os.RemoveAll(p.tempDir)
	}
	if p.release != nil {
		p.release()
	}
}

// DataMajor returns the major version of Postgres that created the data in a durable
// directory, or 0 if there is none.
func DataMajor(dir string) int {
	content, err := os.ReadFile(filepath.Join(dir, "data", "PG_VERSION"))
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(content)))
	return n
}

func openDurable(dir string, a *account) (release func(), err error) {
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return nil, err
	}
	if !a.canReach(dir) {
		return nil, fmt.Errorf("the user %s, which Postgres runs as, can't reach %s", a.name, dir)
	}
	release, err = TryLock(filepath.Join(dir, "lock"))
	if errors.Is(err, ErrLocked) {
		return nil, fmt.Errorf("the Postgres in %s is in use by another run", dir)
	}
	return release, err
}

// initialize creates the cluster in dir/data unless it exists, and returns its owner's
// password, which is stored next to it.
func initialize(ctx context.Context, program *Program, a *account, dir string, temporary bool) (password string, err error) {
	data, passwordFile := filepath.Join(dir, "data"), filepath.Join(dir, "owner-password")
	if content, err := os.ReadFile(passwordFile); err == nil && exists(filepath.Join(data, "PG_VERSION")) {
		return string(content), nil
	}
	password = rand.Text()
	if err := os.WriteFile(passwordFile, []byte(password), 0o600); err != nil {
		return "", err
	}
	// Create it under another name, so that an interrupted start leaves nothing that looks
	// like a cluster.
	aside := filepath.Join(dir, "data.new")
	if err := os.RemoveAll(aside); err != nil {
		return "", err
	}
	if err := os.Mkdir(aside, 0o700); err != nil {
		return "", err
	}
	verifierFile := filepath.Join(dir, "owner-verifier")
	if err := os.WriteFile(verifierFile, []byte(scramVerifier(password)), 0o600); err != nil {
		return "", err
	}
	if err := errors.Join(a.chown(aside), a.chown(verifierFile)); err != nil {
		return "", err
	}
	args := []string{
		"-D", aside, "-U", Owner, "--pwfile", verifierFile, "--auth", "scram-sha-256", "--encoding", "UTF8",
	}
	if temporary {
		args = append(args, "--no-sync")
	}
	// C.UTF-8 sorts by code point and knows all letters. If the machine lacks it, plain C
	// knows the ASCII letters.
	for _, locale := range []string{"C.UTF-8", "C"} {
		if err = runAs(ctx, program, a, dir, "initdb", append(args, "--locale", locale)); err == nil {
			break
		}
		if !strings.Contains(err.Error(), "locale") {
			return "", err
		}
	}
	if err != nil {
		return "", err
	}
	return password, errors.Join(os.Remove(verifierFile), os.Rename(aside, data))
}

func runAs(ctx context.Context, program *Program, a *account, dir, name string, args []string) error {
	child, err := Start(Command{
		Path: filepath.Join(program.Bin, name), Args: args, Env: program.environ(), Dir: dir, account: a,
	})
	if err != nil {
		return err
	}
	select {
	case <-child.Done():
	case <-ctx.Done():
		child.SignalGroup(syscall.SIGKILL)
		<-child.Done()
		return context.Cause(ctx)
	}
	if child.Err() != nil {
		return fmt.Errorf("%s: %w\n%s", name, child.Err(), strings.Join(child.Tail(), "\n"))
	}
	return nil
}

// settings returns the settings of every server. Durable ones keep Postgres' defaults for
// everything that protects data.
func settings(port int, temporary bool) []string {
	s := []string{
		"listen_addresses=127.0.0.1", "port=" + strconv.Itoa(port), "unix_socket_directories=",
		// Compiling a query takes longer than running any of ours, and the library for it
		// may be missing.
		"jit=off",
		"log_destination=stderr", "logging_collector=off", "log_line_prefix=",
		// The server knows GMT even if the machine has no time zone files.
		"timezone=GMT", "log_timezone=GMT",
		"password_encryption=scram-sha-256", "max_connections=200",
	}
	if temporary {
		s = append(s,
			"fsync=off", "synchronous_commit=off", "full_page_writes=off",
			"wal_level=minimal", "max_wal_senders=0", "max_wal_size=1GB",
			// In the data directory, which is removed; other segments outlive SIGQUIT.
			"dynamic_shared_memory_type=mmap",
			"log_checkpoints=off")
	}
	args := make([]string, 0, 2*len(s))
	for _, setting := range s {
		args = append(args, "-c", setting)
	}
	return args
}

// serve starts the server, on another port if the given one has been taken, and waits until
// it is ready.
func (p *Postgres) serve(ctx context.Context, program *Program, a *account, dir string, o PostgresOptions) error {
	onParentDeath := syscall.SIGINT
	if p.tempDir != "" {
		onParentDeath = syscall.SIGQUIT
	}
	data := filepath.Join(dir, "data")
	return onFreePort(ctx, o.Port, "Postgres", func(port int) (*Child, error) {
		watch := newLogWatcher("database system is ready to accept connections", o.Log)
		child, err := Start(Command{
			Path: filepath.Join(program.Bin, "postgres"), Args: append([]string{"-D", data}, settings(port, p.tempDir != "")...),
			Env: program.environ(), Dir: dir, Line: watch.line, OnParentDeath: onParentDeath, account: a,
		})
		if err != nil {
			return nil, err
		}
		if err := watch.wait(ctx, child); err != nil {
			return nil, err
		}
		p.Child, p.Port = child, port
		return child, nil
	})
}

// logWatcher waits for a line in a server's log.
type logWatcher struct {
	text  string
	log   func(string)
	once  sync.Once
	found chan struct{}
}

func newLogWatcher(want string, log func(string)) *logWatcher {
	return &logWatcher{text: want, log: log, found: make(chan struct{})}
}

func (w *logWatcher) line(text string) {
	if w.log != nil {
		w.log(text)
	}
	if strings.Contains(text, w.text) {
		w.once.Do(func() { close(w.found) })
	}
}

func (w *logWatcher) wait(ctx context.Context, child *Child) error {
	timeout := time.NewTimer(startTimeout)
	defer timeout.Stop()
	select {
	case <-w.found:
		return nil
	case <-child.Done():
		return fmt.Errorf("it ended at once (%w):\n  %s", errors.Join(child.Err(), errExited), strings.Join(child.Tail(), "\n  "))
	case <-timeout.C:
		_ = child.Stop(syscall.SIGKILL, time.Second)
		return fmt.Errorf("it was not ready within %v:\n  %s", startTimeout, strings.Join(child.Tail(), "\n  "))
	case <-ctx.Done():
		_ = child.Stop(syscall.SIGKILL, time.Second)
		return context.Cause(ctx)
	}
}

var errExited = errors.New("before it was ready")
