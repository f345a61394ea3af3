package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// chunk is the number of schedules simulated before checking whether one has failed.
const chunk = 20

// runner builds mutants and runs their proofs.
type runner struct {
	tree, scratch string
	limit         time.Duration
}

// copyTree copies the files that git tracks, and untracked ones that are not ignored, into
// the tree.
func (b *runner) copyTree(ctx context.Context) error {
	list := exec.CommandContext(ctx, "git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	out, err := list.Output()
	if err != nil {
		return fmt.Errorf("git ls-files: %w", err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		info, err := os.Lstat(name)
		if errors.Is(err, os.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue // deleted but still tracked, or not a regular file
		}
		if err != nil {
			return err
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		to := filepath.Join(b.tree, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(to, content, info.Mode().Perm()); err != nil {
			return err
		}
	}
	return nil
}

// build compiles a package's tests with an overlay ("" for none) and returns the program's
// path.
func (b *runner) build(ctx context.Context, pkg, overlay string) (string, error) {
	program := filepath.Join(b.scratch, "proof.test")
	args := []string{"test", "-c", "-trimpath", "-vet=off", "-o", program}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "./internal/"+pkg)...)
	cmd.Dir = b.tree
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("it does not compile: %w\n%s", err, out)
	}
	return program, nil
}

// overlay writes the mutated file, and the overlay JSON that replaces the original with it.
func (b *runner) overlay(m *mutant) (string, error) {
	target, mutated, err := m.apply(b.tree)
	if err != nil {
		return "", err
	}
	copied := filepath.Join(b.scratch, "mutated"+filepath.Ext(target))
	if err := os.WriteFile(copied, mutated, 0o600); err != nil {
		return "", err
	}
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(b.tree, target): copied}})
	if err != nil {
		return "", err
	}
	file := filepath.Join(b.scratch, "overlay.json")
	return file, os.WriteFile(file, replace, 0o600)
}

// baseline checks that the proofs pass without a mutation.
func (b *runner) baseline(ctx context.Context, chosen []mutant) error {
	union := map[string]proof{}
	for _, m := range chosen {
		u, ok := union[m.proof.pkg]
		u.pkg, u.schedules = m.proof.pkg, max(u.schedules, m.proof.schedules)
		switch {
		case !ok:
			u.run = m.proof.run
		case !slices.Contains(strings.Split(u.run, "|^"), strings.TrimPrefix(m.proof.run, "^")):
			u.run += "|" + m.proof.run
		}
		union[m.proof.pkg] = u
	}
	pkgs := make([]string, 0, len(union))
	for pkg := range union {
		pkgs = append(pkgs, pkg)
	}
	slices.Sort(pkgs)
	for _, pkg := range pkgs {
		began := time.Now()
		program, err := b.build(ctx, pkg, "")
		if err != nil {
			return fmt.Errorf("%s: %w", pkg, err)
		}
		r, err := b.prove(ctx, program, union[pkg], 5*time.Minute)
		if err == nil && r.Failed != "" { // the machine may be busy: try again
			fmt.Printf("%s failed in %s, trying again: %s\n", r.Failed, pkg, r.Line)
			r, err = b.prove(ctx, program, union[pkg], 5*time.Minute)
		}
		if err != nil {
			return err
		}
		if r.Failed != "" {
			return fmt.Errorf("%s fails in %s on the unchanged code: %s", r.Failed, pkg, r.Line)
		}
		fmt.Printf("the tests in %s pass on the unchanged code, after %s\n", pkg, time.Since(began).Round(time.Second))
	}
	return nil
}

// runMutant builds a mutant and runs its proof.
func (b *runner) runMutant(ctx context.Context, m mutant) (result, error) {
	none := result{}
	overlay, err := b.overlay(&m)
	if err != nil {
		return none, err
	}
	program, err := b.build(ctx, m.proof.pkg, overlay)
	if err != nil {
		return none, err
	}
	r, err := b.prove(ctx, program, m.proof, b.limit)
	r.Mutant = m.fingerprint()
	return r, err
}

// prove runs a test program until a test fails. A program that exits with an error but
// without a failed test proves nothing, so prove returns an error.
func (b *runner) prove(ctx context.Context, program string, p proof, limit time.Duration) (result, error) {
	if p.schedules == 0 {
		return b.runOnce(ctx, program, p, limit)
	}
	for first := 1; first <= p.schedules; first += chunk {
		n := min(chunk, p.schedules-first+1)
		r, err := b.runOnce(ctx, program, p, limit, "-seed="+strconv.Itoa(first), "-schedules="+strconv.Itoa(n))
		if err != nil || r.Failed != "" {
			return r, err
		}
	}
	return result{}, nil
}

func (b *runner) runOnce(ctx context.Context, program string, p proof, limit time.Duration, more ...string) (result, error) {
	// The test's own timeout reports which test hung; this one is for programs that don't
	// exit.
	ctx, cancel := context.WithTimeout(ctx, limit+20*time.Second)
	defer cancel()
	args := append([]string{"-test.count=1", "-test.failfast", "-test.timeout=" + limit.String(), "-test.run=" + p.run}, more...)
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = filepath.Join(b.tree, "internal", filepath.FromSlash(p.pkg))
	cmd.WaitDelay = 5 * time.Second
	// Use a dedicated directory: files that others leave in the shared one don't belong to
	// the proof.
	temp := filepath.Join(b.scratch, "temp")
	if err := os.MkdirAll(temp, 0o700); err != nil {
		return result{}, err
	}
	// Most proofs wait for something that never happens in the mutant.
	cmd.Env = append(os.Environ(), "TMPDIR="+temp, "ORGMODES_TEST_PATIENCE=20s")
	out, err := cmd.CombinedOutput()
	if err == nil {
		if bytes.Contains(out, []byte("no tests to run")) {
			return result{}, fmt.Errorf("there is no test %s in %s", p.run, p.pkg)
		}
		return result{}, nil
	}
	r := parseOutput(out, cmd.Dir)
	if r.Failed == "" || bytes.Contains(out, []byte("no Postgres to test with")) {
		return result{}, fmt.Errorf("%w\n%s", err, tail(out))
	}
	return r, nil
}

// tail returns the last 15 lines.
func tail(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}

// sourceLine returns a line of a test's source.
func sourceLine(dir, file, line string) string {
	n, err := strconv.Atoi(line)
	if err != nil {
		return ""
	}
	f, err := os.Open(filepath.Join(dir, file))
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	s := bufio.NewScanner(f)
	for range n {
		if !s.Scan() {
			return ""
		}
	}
	return strings.TrimSpace(s.Text())
}
