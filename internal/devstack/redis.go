package devstack

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// RedisOptions configures a Redis.
type RedisOptions struct {
	// Dir holds its data across runs. "" means that the data is not persisted.
	Dir string
	// Port is tried first; 0 means any free one. With OnlyPort, no other port is tried.
	Port     int
	OnlyPort bool
	// Password is required of clients; "" means none.
	Password string
	// ReplicaOf is the host:port of the primary to follow, if any.
	ReplicaOf string
	// Log is called with each line that the server writes.
	Log func(line string)
}

// Redis is a server that was started here.
type Redis struct {
	*Child
	Addr     string // host:port
	Port     int
	Password string
}

// URL returns the server's URL in the form that go-redis and our programs accept.
func (r *Redis) URL() string { return redisURL(r.Addr, r.Password) }

func redisURL(addr, password string) string {
	u := url.URL{Scheme: "redis", Host: addr, Path: "/0"}
	if password != "" {
		u.User = url.UserPassword("", password)
	}
	return u.String()
}

// Stop stops the server, which first writes pending data.
func (r *Redis) Stop() error { return r.Child.Stop(syscall.SIGTERM, stopTimeout) }

// StartRedis runs a server on 127.0.0.1 and returns when it accepts connections.
func StartRedis(ctx context.Context, program *Program, o RedisOptions) (*Redis, error) {
	// A server without persistence also needs a dedicated directory: it would load a dump
	// from a shared one, and a replica may leave a dump there.
	scratch := ""
	if o.Dir != "" {
		if err := os.MkdirAll(o.Dir, 0o700); err != nil {
			return nil, err
		}
	} else {
		var err error
		if scratch, err = os.MkdirTemp("", "orgmodes-redis-"); err != nil {
			return nil, err
		}
	}
	r := &Redis{Password: o.Password}
	start := func(port int) (*Child, error) {
		watch := newLogWatcher("eady to accept connections", o.Log)
		onParentDeath := syscall.SIGKILL
		if o.Dir != "" {
			onParentDeath = syscall.SIGTERM
		}
		child, err := Start(Command{
			// The settings go through standard input, so that the password isn't visible in
			// the process list.
			Path: program.Bin, Args: []string{"-"}, Stdin: strings.NewReader(redisSettings(port, scratch, o)),
			Env: program.environ(), Dir: "/", Line: watch.line, OnParentDeath: onParentDeath,
		})
		if err != nil {
			return nil, err
		}
		if err := watch.wait(ctx, child); err != nil {
			return nil, err
		}
		if scratch != "" {
			go func() {
				<-child.Done()
				_ = os.RemoveAll(scratch)
			}()
		}
		r.Child, r.Port, r.Addr = child, port, net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		return child, nil
	}
	if o.OnlyPort {
		if _, err := start(o.Port); err != nil {
			return nil, fmt.Errorf("starting Redis: %w", err)
		}
		return r, nil
	}
	return r, onFreePort(ctx, o.Port, "Redis", start)
}

func redisSettings(port int, scratch string, o RedisOptions) string {
	lines := []string{
		"bind 127.0.0.1", "port " + strconv.Itoa(port), "daemonize no", "supervised no",
		"maxmemory-policy noeviction", "databases 16",
	}
	if o.Dir == "" {
		lines = append(lines, "dir "+strconv.Quote(scratch), `save ""`, "appendonly no", "repl-diskless-sync yes", "repl-diskless-sync-delay 0")
	} else {
		lines = append(lines, "dir "+strconv.Quote(o.Dir), "appendonly yes", "appendfsync everysec")
	}
	if o.Password != "" {
		lines = append(lines, "requirepass "+strconv.Quote(o.Password))
	}
	if o.ReplicaOf != "" {
		host, masterPort, _ := net.SplitHostPort(o.ReplicaOf)
		lines = append(lines, "replicaof "+host+" "+masterPort)
		// A replica without persistence loads directly from the socket.
		if o.Dir == "" {
			lines = append(lines, "repl-diskless-load swapdb")
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// RedisPassword returns the password stored in a durable directory, and creates one on the
// first call.
func RedisPassword(dir string) (string, error) {
	file := filepath.Join(dir, "password")
	if content, err := os.ReadFile(file); err == nil && len(content) > 0 {
		return string(content), nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	password := rand.Text()
	return password, os.WriteFile(file, []byte(password), 0o600)
}

// redisDoTimeout bounds a RedisDo whose context has no deadline.
const redisDoTimeout = 5 * time.Second

// RedisDo sends one command to a server and returns its answer as text: a status, a number
// or a string. It is for commands of the stack itself; programs use a client. It waits
// until the context's deadline, or for redisDoTimeout without one.
func RedisDo(ctx context.Context, addr, password string, args ...string) (string, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(redisDoTimeout)
	}
	conn, err := (&net.Dialer{Deadline: deadline}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(deadline)
	in := bufio.NewReader(conn)
	if password != "" {
		if _, err := roundTrip(conn, in, "AUTH", password); err != nil {
			return "", err
		}
	}
	return roundTrip(conn, in, args...)
}

func roundTrip(out io.Writer, in *bufio.Reader, args ...string) (string, error) {
	command := fmt.Appendf(nil, "*%d\r\n", len(args))
	for _, arg := range args {
		command = fmt.Appendf(command, "$%d\r\n%s\r\n", len(arg), arg)
	}
	if _, err := out.Write(command); err != nil {
		return "", err
	}
	line, err := in.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimRight(line, "\r\n")
	switch {
	case line == "":
		return "", errors.New("redis: an empty answer")
	case line[0] == '-':
		return "", errors.New("redis: " + line[1:])
	case line[0] == '$':
		n, err := strconv.Atoi(line[1:])
		if err != nil || n < 0 {
			return "", err
		}
		body := make([]byte, n+2)
		_, err = io.ReadFull(in, body)
		return string(body[:n]), err
	}
	return line[1:], nil
}
