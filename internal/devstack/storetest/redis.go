package storetest

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"orgmodes/internal/devstack"
)

// findRedis returns the redis-server that tests run. The search happens once.
var findRedis = sync.OnceValues(func() (*devstack.Program, error) {
	if file := os.Getenv("ORGMODES_REDIS_SERVER"); file != "" {
		return devstack.NewRedisProgram(file, os.Getenv("ORGMODES_REDIS_LD_PATH")), nil
	}
	ctx, cancel := withWaitTimeout()
	defer cancel()
	return devstack.FindRedis(ctx, logf)
})

// RedisServer is a real Redis that belongs to one test.
type RedisServer struct {
	Addr string // host:port
	URL  string

	t       testing.TB
	program *devstack.Program
	options devstack.RedisOptions
	running *devstack.Redis // nil after Kill
}

// RedisOption changes how a RedisServer is run.
type RedisOption func(*devstack.RedisOptions)

// ReplicaOf makes the server a replica of another one. Redis returns once it has the
// primary's data.
func ReplicaOf(primary *RedisServer) RedisOption {
	return func(o *devstack.RedisOptions) { o.ReplicaOf = primary.Addr }
}

// WithPassword makes the server require a password, which the URL then contains.
func WithPassword(password string) RedisOption {
	return func(o *devstack.RedisOptions) { o.Password = password }
}

// Redis starts an empty redis-server, which is stopped at the end of the test. Without a
// real Redis, the test is skipped and counted; in CI (CI=true) it fails.
func Redis(t testing.TB, options ...RedisOption) *RedisServer {
	t.Helper()
	program, err := findRedis()
	if err != nil {
		skip(t, err)
	}
	s := &RedisServer{t: t, program: program}
	for _, option := range options {
		option(&s.options)
	}
	s.start()
	s.options.Port, s.options.OnlyPort = s.running.Port, true
	s.Addr, s.URL = s.running.Addr, s.running.URL()
	t.Cleanup(s.Kill)
	if s.options.ReplicaOf != "" {
		s.waitForSync()
	}
	return s
}

func skip(t testing.TB, reason error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("storetest: this needs a real Redis, and in CI nothing is skipped: %v", reason)
	}
	if file := os.Getenv("ORGMODES_SKIPS_FILE"); file != "" {
		if f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
			_, _ = fmt.Fprintln(f, t.Name())
			_ = f.Close()
		}
	}
	t.Skipf("storetest: SKIPPED, as this needs a real Redis: %v", reason)
}

func (s *RedisServer) start() {
	s.t.Helper()
	ctx, cancel := withWaitTimeout()
	defer cancel()
	var err error
	// After a restart, a client may briefly hold the port as its local port.
	for range 50 {
		s.running, err = devstack.StartRedis(ctx, s.program, s.options)
		if err == nil || !strings.Contains(err.Error(), "Address already in use") {
			break
		}
	}
	if err != nil {
		s.running = nil
		s.t.Fatalf("storetest: %v", err)
	}
}

// Kill ends the server abruptly, as a power failure does. Its connections break.
func (s *RedisServer) Kill() {
	s.t.Helper()
	if s.running == nil {
		return
	}
	s.running.Signal(syscall.SIGKILL)
	<-s.running.Done()
	s.running = nil
}

// Restart restarts the server at the same address, empty. If it is running, it is killed
// first.
func (s *RedisServer) Restart() {
	s.t.Helper()
	s.Kill()
	s.start()
}

// Pause suspends the server: connections stay open, and nothing answers.
func (s *RedisServer) Pause() {
	s.t.Helper()
	s.mustRun().Signal(syscall.SIGSTOP)
}

// Resume undoes Pause.
func (s *RedisServer) Resume() {
	s.t.Helper()
	s.mustRun().Signal(syscall.SIGCONT)
}

// FlushAll empties the server.
func (s *RedisServer) FlushAll() {
	s.t.Helper()
	s.Do("FLUSHALL")
}

// Promote makes a replica a primary.
func (s *RedisServer) Promote() {
	s.t.Helper()
	s.Do("REPLICAOF", "NO", "ONE")
}

// Do sends one command and returns its answer as text: a status, a number or a string. It
// fails the test if no answer arrives.
func (s *RedisServer) Do(args ...string) string {
	s.t.Helper()
	answer, err := s.Try(args...)
	if err != nil {
		s.t.Fatalf("storetest: redis %s: %v", strings.Join(args, " "), err)
	}
	return answer
}

// Try is Do for a server that may close connections during the command. A Sentinel does
// that: it closes every client of a replica that it promotes.
func (s *RedisServer) Try(args ...string) (string, error) {
	ctx, cancel := withWaitTimeout()
	defer cancel()
	return devstack.RedisDo(ctx, s.Addr, s.options.Password, args...)
}

func (s *RedisServer) mustRun() *devstack.Redis {
	s.t.Helper()
	if s.running == nil {
		s.t.Fatal("storetest: this Redis was killed")
	}
	return s.running
}

// waitForSync waits until a replica has its primary's data. Redis doesn't announce this, so
// waitForSync polls.
func (s *RedisServer) waitForSync() {
	s.t.Helper()
	deadline := time.Now().Add(WaitTimeout)
	for !strings.Contains(s.Do("INFO", "replication"), "master_link_status:up") {
		if time.Now().After(deadline) {
			s.t.Fatal(errors.New("storetest: the replica did not get its primary's content"))
		}
		time.Sleep(5 * time.Millisecond)
	}
}
