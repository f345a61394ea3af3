package storetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

var programs struct {
	sync.Mutex
	dir string
	err error
}

// Programs returns a directory with our three programs, admin, worker and reader. It is the
// one that ORGMODES_TEST_PROGRAMS names. Without that, they are built once per test
// process, and removed at its end.
func Programs(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("ORGMODES_TEST_PROGRAMS"); dir != "" {
		return dir
	}
	programs.Lock()
	defer programs.Unlock()
	if programs.dir == "" && programs.err == nil {
		programs.dir, programs.err = buildPrograms()
	}
	if programs.err != nil {
		t.Fatalf("building the programs: %v", programs.err)
	}
	return programs.dir
}

func buildPrograms() (string, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "orgmodes-programs-")
	if err != nil {
		return "", err
	}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", dir, "./cmd/admin", "./cmd/worker", "./cmd/reader")
	build.Dir = strings.TrimSpace(string(root))
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("%w: %s", err, out), os.RemoveAll(dir))
	}
	return dir, nil
}

func removePrograms() error {
	programs.Lock()
	defer programs.Unlock()
	if programs.dir == "" {
		return nil
	}
	return os.RemoveAll(programs.dir)
}
