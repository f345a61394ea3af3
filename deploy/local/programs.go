package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"orgmodes/internal/devstack"
)

// startupTimeout bounds the time that a program needs to become ready. Even on a busy
// machine, only a program that hangs reaches it. One that exits is noticed at once.
const startupTimeout = 3 * time.Minute

// stopTimeout is longer than the programs' own limit on draining, after which they exit.
const stopTimeout = time.Minute

// program is a running instance of one of the three binaries.
type program struct {
	name       string
	child      *devstack.Child
	privateURL string
	publicURL  string // "" for the worker
}

type programs struct {
	bin, local string
	env        []string // the environment of all of them
	admin      *program
	worker     *program
	reader     *program
}

// environment returns our environment without variables that would silently change the
// programs' behavior, plus the given variables.
func environment(variables ...variable) []string {
	own := map[string]bool{}
	for _, v := range variables {
		own[v.name] = true
	}
	for _, name := range []string{"DATABASE_URL", "MIGRATE_DATABASE_URL", "REDIS_URL", "TOKEN_KEYS", "LISTEN", "PRIVATE_LISTEN", "PUBLIC_URL", "PUBLIC_READER_URL"} {
		own[name], own[name+"_FILE"] = true, true
	}
	env := make([]string, 0, len(os.Environ())+len(variables))
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); !own[name] {
			env = append(env, pair)
		}
	}
	for _, v := range variables {
		if v.value != "" {
			env = append(env, v.name+"="+v.value)
		}
	}
	return env
}

// start runs the three programs and returns when each is ready.
func (ps *programs) start(ctx context.Context, level string) error {
	adminAddr, err := freeAddr(8080)
	if err != nil {
		return err
	}
	readerAddr, err := freeAddr(8081)
	if err != nil {
		return err
	}
	logging := []variable{{"LOG_FORMAT", "json"}, {"LOG_LEVEL", level}}
	if ps.worker, err = ps.launch("worker", nil, "", logging); err != nil {
		return err
	}
	if ps.reader, err = ps.launch("reader", nil, readerAddr, logging); err != nil {
		return err
	}
	if ps.admin, err = ps.launch("admin", []string{"serve"}, adminAddr, append(logging,
		variable{"PUBLIC_URL", "http://" + adminAddr}, variable{"PUBLIC_READER_URL", "http://" + readerAddr})); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, p := range ps.all() {
		group.Go(func() error { return p.awaitReady(ctx) })
	}
	return group.Wait()
}

func (ps *programs) launch(name string, args []string, listen string, more []variable) (*program, error) {
	privateAddr, err := freeAddr(0)
	if err != nil {
		return nil, err
	}
	p := &program{name: name, privateURL: "http://" + privateAddr}
	extra := append([]variable{{"PRIVATE_LISTEN", privateAddr}}, more...)
	if listen != "" {
		p.publicURL = "http://" + listen
		extra = append(extra, variable{"LISTEN", listen})
	}
	log, err := openLog(ps.local, name, warningsToTerminal)
	if err != nil {
		return nil, err
	}
	env := ps.env
	for _, v := range extra {
		env = append(env[:len(env):len(env)], v.name+"="+v.value)
	}
	p.child, err = devstack.Start(devstack.Command{
		Path: filepath.Join(ps.bin, name), Args: args, Env: env, Line: log.line, OnParentDeath: syscall.SIGTERM,
	})
	return p, err
}

func (ps *programs) all() []*program {
	var all []*program
	for _, p := range []*program{ps.worker, ps.reader, ps.admin} {
		if p != nil && p.child != nil {
			all = append(all, p)
		}
	}
	return all
}

// stop drains all programs concurrently and waits for them.
func (ps *programs) stop() error {
	var group sync.WaitGroup
	all := ps.all()
	errs := make([]error, len(all))
	for i, p := range all {
		group.Go(func() { errs[i] = p.child.Stop(syscall.SIGTERM, stopTimeout) })
	}
	group.Wait()
	return errors.Join(errs...)
}

// awaitReady polls /readyz on the program's private port until it answers 200.
func (p *program) awaitReady(ctx context.Context) error {
	deadline := time.NewTimer(startupTimeout)
	defer deadline.Stop()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	last := "it did not answer"
	for {
		status, body, err := get(ctx, p.privateURL+"/readyz", nil)
		switch {
		case err == nil && status == http.StatusOK:
			return nil
		case err == nil:
			last = fmt.Sprintf("/readyz: %d %s", status, strings.TrimSpace(string(body)))
		}
		select {
		case <-again.C:
		case <-p.child.Done():
			return p.exitError()
		case <-deadline.C:
			return fmt.Errorf("%s was not ready within %v: %s%s", p.name, startupTimeout, last, logTail(p.name, p.child))
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (p *program) exitError() error {
	return monitored{p.name, p.child}.exitError()
}

func (w monitored) exitError() error {
	return fmt.Errorf("%s ended with exit code %d, so everything ends%s", w.name, w.child.ExitCode(), logTail(w.name, w.child))
}

func logTail(name string, child *devstack.Child) string {
	tail := child.Tail()
	if len(tail) == 0 {
		return "; it wrote nothing"
	}
	if len(tail) > 15 {
		tail = tail[len(tail)-15:]
	}
	return fmt.Sprintf("; the end of .local/%s.log:\n  %s", name, strings.Join(tail, "\n  "))
}

// client requests the uncompressed form, like a plain curl: each coding has a different
// ETag.
var client = &http.Client{
	Timeout:   10 * time.Second,
	Transport: &http.Transport{DisableCompression: true},
}

func get(ctx context.Context, url string, header http.Header) (int, []byte, error) {
	status, _, body, err := fetch(ctx, url, header)
	return status, body, err
}

func fetch(ctx context.Context, url string, header http.Header) (status int, answer http.Header, body []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, nil, err
	}
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err = io.ReadAll(response.Body)
	return response.StatusCode, response.Header, body, err
}
