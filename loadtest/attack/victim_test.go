package attack

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack"
)

const (
	// addressSpace bounds each victim, in KiB.
	addressSpace = 4 << 20
	// maxMemoryGrowth is how far resident memory can rise above that of a fresh process before
	// the process is restarted for the next measurement, in bytes.
	maxMemoryGrowth = 16 << 20
	// waitTimeout bounds waits that should be much shorter.
	waitTimeout = 2 * time.Minute
)

// victim is one of the programs under attack. Its addresses change on restart, because
// another process may have taken its old ports.
type victim struct {
	s             *site
	name          string // admin, worker or reader
	addr, private string
	settings      []string
	descriptors   int // RLIMIT_NOFILE; 0 keeps the default

	child       *devstack.Child
	startMemory int64 // resident memory after the start, in bytes
}

// victim starts a program and waits until it is ready.
func (s *site) victim(name string, descriptors int, settings ...string) *victim {
	s.t.Helper()
	v := &victim{s: s, name: name, settings: settings, descriptors: descriptors}
	v.start()
	return v
}

func freePort(t *testing.T) string {
	t.Helper()
	port, err := devstack.FreePort(0)
	require.NoError(t, err)
	return fmt.Sprintf("127.0.0.1:%d", port)
}

func (v *victim) url() string { return "http://" + v.addr }

// start runs the program and waits until it is ready. A shell sets the limits and then
// execs the program. So they apply from the start, and the PID is that of the program.
func (v *victim) start() {
	v.s.t.Helper()
	for attempt := 1; ; attempt++ {
		v.launch()
		var exited error
		v.s.await(v.name+" is ready", func() error {
			if !v.alive() {
				exited = fmt.Errorf("%s exited: %w\n%s", v.name, v.child.Err(), strings.Join(v.child.Tail(), "\n"))
				return nil
			}
			return v.ready()
		})
		if exited == nil {
			break
		}
		if attempt == 5 || !strings.Contains(exited.Error(), "address already in use") {
			v.s.t.Fatal(exited)
		}
	}
	v.s.bystander.check(v)
	v.collect()
	v.startMemory, _ = v.memory()
}

func (v *victim) launch() {
	v.s.t.Helper()
	v.addr, v.private = freePort(v.s.t), freePort(v.s.t)
	limits := "ulimit -v " + strconv.Itoa(addressSpace)
	if v.descriptors > 0 {
		limits += "; ulimit -n " + strconv.Itoa(v.descriptors)
	}
	args := []string{"-c", limits + `; exec "$0" "$@"`, filepath.Join(v.s.dir, v.name)}
	if v.name == "admin" {
		args = append(args, "serve")
	}
	env := append(v.s.environ(), "PRIVATE_LISTEN="+v.private, "LISTEN="+v.addr)
	child, err := devstack.Start(devstack.Command{Path: "/bin/sh", Args: args, Env: append(env, v.settings...)})
	require.NoError(v.s.t, err)
	v.child = child
	v.s.victims[v] = true
}

// ready asks the private port whether the program is ready.
func (v *victim) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return v.get(ctx, "/readyz", io.Discard)
}

func (v *victim) get(ctx context.Context, path string, to io.Writer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+v.private+path, nil)
	if err != nil {
		return err
	}
	res, err := v.s.operator.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s%s answers %d", v.name, path, res.StatusCode)
	}
	_, err = io.Copy(to, res.Body)
	return err
}

// stop ends the program for good.
func (v *victim) stop() {
	delete(v.s.victims, v)
	v.kill()
}

func (v *victim) kill() {
	if v.alive() {
		v.child.Signal(syscall.SIGKILL)
	}
	<-v.child.Done()
}

func (v *victim) restart() {
	v.s.t.Helper()
	v.kill()
	v.start()
}

func (v *victim) alive() bool {
	select {
	case <-v.child.Done():
		return false
	default:
		return true
	}
}

// settle prepares the victim for a measurement; see maxMemoryGrowth.
func (v *victim) settle() {
	v.s.t.Helper()
	if !v.alive() {
		v.start()
		return
	}
	if rss, _ := v.memory(); rss <= v.startMemory+maxMemoryGrowth {
		return
	}
	v.collect()
	if rss, _ := v.memory(); rss > v.startMemory+maxMemoryGrowth {
		v.restart()
	}
}

// collect makes the victim run its garbage collector twice: the contents of a sync.Pool are
// freed only by the second run.
func (v *victim) collect() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for range 2 {
		_ = v.get(ctx, "/debug/pprof/heap?gc=1", io.Discard)
	}
}

// cpu returns the user and system time that the process has used (proc(5), stat, fields 14
// and 15, in hundredths of a second).
func (v *victim) cpu() time.Duration {
	stat, err := os.ReadFile(v.proc("stat"))
	if err != nil {
		return 0
	}
	// The name, which can contain spaces, ends at the last parenthesis.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var ticks int64
	for _, field := range fields[11:13] {
		n, _ := strconv.ParseInt(field, 10, 64)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// memory returns the resident memory, and its peak since resetPeak, in bytes.
func (v *victim) memory() (rss, peak int64) {
	f, err := os.Open(v.proc("status"))
	if err != nil {
		return 0, 0
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var to *int64
		switch name, _, _ := strings.Cut(lines.Text(), ":"); name {
		case "VmRSS":
			to = &rss
		case "VmHWM":
			to = &peak
		default:
			continue
		}
		kib, _ := strconv.ParseInt(strings.Fields(lines.Text())[1], 10, 64)
		*to = kib << 10
	}
	return rss, peak
}

// resetPeak sets VmHWM to the current resident memory (proc(5), clear_refs).
func (v *victim) resetPeak() {
	v.s.t.Helper()
	require.NoError(v.s.t, os.WriteFile(v.proc("clear_refs"), []byte("5"), 0))
}

// sockets counts the client connections of the process, from /proc/net/tcp. It counts
// sockets at its port that belong to a process (inode) and do not listen (state 0A).
func (v *victim) sockets() int {
	_, port, err := net.SplitHostPort(v.addr)
	if err != nil {
		return 0
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return 0
	}
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		return 0
	}
	local, n := fmt.Sprintf(":%04X", number), 0
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line) // sl local_address rem_address st ... inode
		if len(f) > 9 && strings.HasSuffix(f[1], local) && f[3] != "0A" && f[9] != "0" {
			n++
		}
	}
	return n
}

func (v *victim) proc(file string) string {
	return "/proc/" + strconv.Itoa(v.child.Pid()) + "/" + file
}

// childrenOf lists the children of a process: the processes with its PID in field 4 of
// /proc/pid/stat.
func childrenOf(pid int) (children []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			if child, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil {
				children = append(children, child)
			}
		}
	}
	return children
}
