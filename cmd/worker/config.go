package main

import (
	"errors"
	"fmt"
	"os"

	"orgmodes/internal/config"
	"orgmodes/internal/modes"
)

// settings holds all settings of the worker, from the environment. Each NAME can also be
// given as NAME_FILE.
type settings struct {
	DatabaseURL   config.Secret `env:"DATABASE_URL,required" expect:"postgres://user:password@host:port/database"`
	Redis         config.Redis
	PrivateListen config.Address `env:"PRIVATE_LISTEN" envDefault:"127.0.0.1:9082" help:"address of /livez, /startupz, /readyz, /metrics and pprof"`
	PrivateHosts  []string       `env:"PRIVATE_HOSTS" expect:"host names without port, such as reader-0.internal" help:"host names under which the private port is served, besides IP addresses and localhost (default none)"`
	BuiltinModes  string         `env:"BUILTIN_MODES" expect:"the path of a YAML file with a list named customModes" help:"YAML file with a list named customModes that replaces the default built-in modes; the same for every worker and admin"`
	Concurrency   int            `env:"CONCURRENCY" envDefault:"8" help:"number of concurrent publications, 1 to 64"`
	Log           config.Log
}

// Validate checks the ranges and formats that the field types do not enforce.
func (s *settings) Validate() error {
	var problems []error
	if s.Concurrency < 1 || s.Concurrency > 64 {
		problems = append(problems, fmt.Errorf("CONCURRENCY=%d: expected 1 to 64", s.Concurrency))
	}
	if _, err := config.ParseHosts(s.PrivateHosts); err != nil {
		problems = append(problems, fmt.Errorf("PRIVATE_HOSTS: %w", err))
	}
	return errors.Join(problems...)
}

// builtins returns the built-in modes: from the configured file, if any, else the default
// ones.
func (s *settings) builtins() ([]modes.Mode, error) {
	if s.BuiltinModes == "" {
		return modes.Builtins(), nil
	}
	data, err := os.ReadFile(s.BuiltinModes)
	if err != nil {
		return nil, fmt.Errorf("BUILTIN_MODES: %w", err)
	}
	ms, err := modes.LoadBuiltins(data)
	if err != nil {
		return nil, fmt.Errorf("BUILTIN_MODES: %s: %w", s.BuiltinModes, err)
	}
	return ms, nil
}

const usage = `worker publishes the changes of admins from Postgres to Redis, where readers find them.

Usage:
  worker             publish until SIGTERM or SIGINT
  worker --version   print the version
  worker --help      print this help

Any number of workers can run. One of them leads, and keeps Redis consistent with
Postgres, including after a failure of either.
`
