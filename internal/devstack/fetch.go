package devstack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// source is one source of a program.
type source struct {
	name string // as in ORGMODES_POSTGRES_FROM
	find func(context.Context) (*Program, error)
}

// Program is a runnable program, and its source.
type Program struct {
	Bin     string // for Postgres the directory, for Redis the file
	LibPath string // for LD_LIBRARY_PATH; "" if it needs none
	Version string // such as "15.8"
	From    string // a description: "this machine", "an npm package"
}

// environ returns the environment to run the program with.
func (p *Program) environ() []string {
	env := make([]string, 0, len(os.Environ())+2)
	for _, pair := range os.Environ() {
		// PGOPTIONS and the like would change the behavior of initdb and postgres.
		if !strings.HasPrefix(pair, "PG") && !strings.HasPrefix(pair, "LC_") && !strings.HasPrefix(pair, "LANG") {
			env = append(env, pair)
		}
	}
	// We parse the programs' output, so it must be in English.
	env = append(env, "LC_ALL=C")
	if p.LibPath != "" {
		env = append(env, "LD_LIBRARY_PATH="+p.LibPath)
	}
	return env
}

var errIgnored = errors.New("not looked for, as ORGMODES_IGNORE_MACHINE_BINARIES is set")

func ignoreMachine() bool { return os.Getenv("ORGMODES_IGNORE_MACHINE_BINARIES") == "1" }

// findFirst tries the sources one after the other, or just the one named by only. If none works,
// the error lists the reason for each, and what to do.
func findFirst(ctx context.Context, sources []source, only, variable, advice string) (*Program, error) {
	var reasons []string
	names := make([]string, 0, len(sources))
	for _, s := range sources {
		names = append(names, s.name)
		if only != "" && only != s.name {
			continue
		}
		p, err := s.find(ctx)
		if err == nil {
			return p, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		reasons = append(reasons, "  "+s.name+": "+strings.ReplaceAll(err.Error(), "\n", "\n    "))
	}
	if len(reasons) == 0 {
		return nil, fmt.Errorf("%s=%q: expected one of %s", variable, only, strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("%s\n%s", advice, strings.Join(reasons, "\n"))
}

// run runs a helper program to its end and returns its standard output. The error includes
// the last lines of its standard error, or else of its output.
func run(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		output := strings.TrimSpace(stderr.String())
		if output == "" {
			output = strings.TrimSpace(stdout.String())
		}
		if lines := strings.Split(output, "\n"); len(lines) > 4 {
			output = strings.Join(lines[len(lines)-4:], "\n")
		}
		return stdout.String(), fmt.Errorf("%s: %w\n%s", filepath.Base(name)+" "+firstWord(args), err, output)
	}
	return stdout.String(), nil
}

// firstWord returns the first argument that is neither an option nor an option's value.
func firstWord(args []string) string {
	for i := 0; i < len(args); i++ {
		if args[i] == "-o" {
			i++
			continue
		}
		if !strings.HasPrefix(args[i], "-") {
			return args[i]
		}
	}
	return ""
}
