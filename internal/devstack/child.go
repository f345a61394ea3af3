package devstack

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"
)

// tailLines is the number of a child's last output lines to keep for error messages.
const tailLines = 40

// Command describes how to run a program that must not outlive this process.
type Command struct {
	Path  string
	Args  []string // without the program's name
	Env   []string // the whole environment; nil means ours
	Dir   string
	Stdin io.Reader
	// Line is called with each line that the program writes, by one goroutine at a time.
	// nil drops them; the last ones are kept in any case.
	Line func(line string)
	// Inherit gives the program this process's standard input and outputs. Stdin and Line
	// are not used then.
	Inherit bool
	// OnParentDeath is the signal that the kernel sends it when this process dies; 0 means
	// SIGKILL.
	OnParentDeath syscall.Signal

	account *account // nil: as the current user
}

// Child is a running program.
type Child struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error         // valid once done is closed
	read chan struct{} // closed at the end of the output; nil without one

	mu   sync.Mutex
	tail []string
}

// Start runs a program in a dedicated process group, so that a Ctrl-C at the terminal
// reaches only this process, which decides the order in which programs end.
func Start(c Command) (*Child, error) {
	cmd := exec.Command(c.Path, c.Args...) //nolint:noctx // it lives until Stop, which ends it politely
	cmd.Env, cmd.Dir, cmd.Stdin = c.Env, c.Dir, c.Stdin
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	onParentDeath := c.OnParentDeath
	if onParentDeath == 0 {
		onParentDeath = syscall.SIGKILL
	}
	endWithParent(cmd.SysProcAttr, onParentDeath)
	if c.account != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: c.account.uid, Gid: c.account.gid, Groups: c.account.groups}
	}

	child := &Child{cmd: cmd, done: make(chan struct{})}
	var output, write *os.File
	if c.Inherit {
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	} else {
		var err error
		if output, write, err = os.Pipe(); err != nil {
			return nil, err
		}
		cmd.Stdout, cmd.Stderr = write, write
	}

	started := make(chan error)
	// The kernel sends the parent-death signal when the *thread* that forked ends. This
	// goroutine keeps its thread until the child has exited.
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if write != nil {
			_ = write.Close()
		}
		started <- err
		if err != nil {
			return
		}
		err = cmd.Wait()
		child.err = err
		close(child.done)
	}()
	if err := <-started; err != nil {
		if output != nil {
			_ = output.Close()
		}
		return nil, fmt.Errorf("starting %s: %w", c.Path, err)
	}
	if output != nil {
		child.read = make(chan struct{})
		go child.follow(output, c.Line)
	}
	return child, nil
}

func (c *Child) follow(output *os.File, line func(string)) {
	defer close(c.read)
	defer func() { _ = output.Close() }()
	scanner := bufio.NewScanner(output)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		text := scanner.Text()
		c.mu.Lock()
		if len(c.tail) == tailLines {
			c.tail = slices.Delete(c.tail, 0, 1)
		}
		c.tail = append(c.tail, text)
		c.mu.Unlock()
		if line != nil {
			line(text)
		}
	}
	// A line that exceeds the buffer must not block the child.
	_, _ = io.Copy(io.Discard, output)
}

// Pid returns the process ID.
func (c *Child) Pid() int { return c.cmd.Process.Pid }

// Done returns a channel that is closed when the program has ended.
func (c *Child) Done() <-chan struct{} { return c.done }

// Err returns nil if the program exited with code 0, or else how it ended. It is valid once
// Done is closed.
func (c *Child) Err() error { return c.err }

// ExitCode returns the program's exit code, or 128 plus the number of the signal that ended
// it. It is valid once Done is closed.
func (c *Child) ExitCode() int {
	var exit *exec.ExitError
	if errors.As(c.err, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return 128 + int(status.Signal())
		}
		return exit.ExitCode()
	}
	if c.err != nil {
		return 1
	}
	return 0
}

// Tail returns the last lines that the program wrote.
func (c *Child) Tail() []string {
	select {
	case <-c.done:
		// The last lines may still be in the pipe. But a grandchild may hold that open, so
		// the wait is short.
		timeout := time.NewTimer(500 * time.Millisecond)
		defer timeout.Stop()
		select {
		case <-c.read:
		case <-timeout.C:
		}
	default:
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.tail)
}

// Signal sends a signal to the program, unless it has ended.
func (c *Child) Signal(s syscall.Signal) {
	select {
	case <-c.done:
	default:
		_ = c.cmd.Process.Signal(s)
	}
}

// SignalGroup sends a signal to the program's process group.
func (c *Child) SignalGroup(s syscall.Signal) { _ = syscall.Kill(-c.Pid(), s) }

// Stop sends a signal and waits for the program to end. After grace, it sends SIGKILL and
// returns an error.
func (c *Child) Stop(s syscall.Signal, grace time.Duration) error {
	c.Signal(s)
	timeout := time.NewTimer(grace)
	defer timeout.Stop()
	select {
	case <-c.done:
		return nil
	case <-timeout.C:
	}
	c.Signal(syscall.SIGKILL)
	<-c.done
	return fmt.Errorf("%s did not end within %v of %v and was killed", c.cmd.Path, grace, s)
}
