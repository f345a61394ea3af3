package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"orgmodes/internal/modes/nodetest"
)

// prepare does once what each test package would otherwise do while its timeout runs. It
// builds our programs and fetches the JavaScript YAML parsers and the programs for browser
// tests. The programs are in dir, which the caller removes.
func prepare(ctx context.Context, dir string) ([]variable, error) {
	programs := filepath.Join(dir, "programs")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", programs+string(filepath.Separator), "./cmd/admin", "./cmd/worker", "./cmd/reader")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("building the programs for the tests: %w", err)
	}
	if err := nodetest.Install(ctx); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		logf("%v\nNOTE: what JavaScript makes of our documents is not tested.", err)
	}
	return append(browserVariables(ctx), variable{"ORGMODES_TEST_PROGRAMS", programs}), nil
}
