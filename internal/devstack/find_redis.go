package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
)

// FindRedis returns a redis-server or valkey-server that runs here; if the machine has
// none, it downloads one. The error explains why there is none; NewMemoryRedis is a
// stand-in within this process.
func FindRedis(ctx context.Context, logf Logf) (*Program, error) {
	sources := []source{
		{"machine", redisOnMachine},
		{"apt", func(ctx context.Context) (*Program, error) { return redisFromApt(ctx, logf) }},
		{"memory", func(context.Context) (*Program, error) {
			return nil, errors.New("not a real one")
		}},
	}
	const variable = "ORGMODES_REDIS_FROM"
	return findFirst(ctx, sources, os.Getenv(variable), variable,
		"no real Redis was found: install redis-server or valkey-server, or set REDIS_URL to a server. Tried:")
}

// NewRedisProgram returns a redis-server that was found before, given its path and its
// LD_LIBRARY_PATH.
func NewRedisProgram(file, libPath string) *Program {
	return &Program{Bin: file, LibPath: libPath, From: "found before"}
}

func checkRedis(ctx context.Context, file, lib, from string) (*Program, error) {
	p := &Program{Bin: file, LibPath: lib, From: from}
	// "Redis server v=7.0.15 sha=..." or "Valkey server v=8.0.1 ...".
	out, err := run(ctx, "/", p.environ(), file, "--version")
	if err != nil {
		return nil, err
	}
	p.Version = versionNumber.FindString(out)
	return p, nil
}

func redisOnMachine(ctx context.Context) (*Program, error) {
	if ignoreMachine() {
		return nil, errIgnored
	}
	for _, name := range []string{"redis-server", "valkey-server"} {
		if file, err := exec.LookPath(name); err == nil {
			return checkRedis(ctx, file, "", "this machine")
		}
	}
	return nil, errors.New("there is no redis-server or valkey-server on PATH")
}

var skipNone = regexp.MustCompile(`^$`)

func redisFromApt(ctx context.Context, logf Logf) (*Program, error) {
	cache, err := CacheDir()
	if err != nil {
		return nil, err
	}
	dir, err := install(cache, "redis-apt-"+release()+"-"+runtime.GOARCH, func(dir string) error {
		a, err := newApt(cache, logf)
		if err != nil {
			return err
		}
		for {
			for _, name := range []string{"redis", "valkey"} {
				if a.has(ctx, name+"-server") {
					return a.unpack(ctx, dir, skipNone, name+"-server", name+"-tools")
				}
			}
			if err := a.updateLists(ctx); err != nil {
				return err
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"redis-server", "valkey-server"} {
		if file := filepath.Join(dir, "usr", "bin", name); exists(file) {
			return checkRedis(ctx, file, libPath(dir), "a Debian package")
		}
	}
	return nil, fmt.Errorf("%s holds no redis-server", dir)
}
