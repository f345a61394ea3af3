package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// operator runs the admin binary's operator commands.
type operator struct {
	bin string
	env []string
}

// run runs one command. It decodes the output (one JSON object) into answer, or returns it
// unchanged if answer is nil.
func (o operator) run(ctx context.Context, answer any, stdin string, args ...string) (string, error) {
	if answer != nil {
		args = append(args, "--json")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(o.bin, "admin"), args...)
	cmd.Env, cmd.Stdin = o.env, strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	name := "admin " + strings.Join(args[:min(2, len(args))], " ")
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return "", fmt.Errorf("`%s` failed (%w):\n  %s", name, err,
			strings.ReplaceAll(strings.TrimSpace(stderr.String()+stdout.String()), "\n", "\n  "))
	}
	if answer != nil {
		if err := json.Unmarshal(stdout.Bytes(), answer); err != nil {
			return "", fmt.Errorf("`%s` printed no JSON object (%w): %s", name, err, strings.TrimSpace(stdout.String()))
		}
	}
	return stdout.String(), nil
}
