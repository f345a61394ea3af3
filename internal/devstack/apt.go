package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// apt downloads Debian packages and unpacks them into a directory. Nothing is installed, so
// it needs no root. apt itself verifies the downloads against its signed lists.
type apt struct {
	state   string   // the directory of our own lists
	options []string // empty: the machine's own lists
	logf    Logf
}

func newApt(cache string, logf Logf) (*apt, error) {
	for _, program := range []string{"apt-get", "apt-cache", "dpkg-deb"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, fmt.Errorf("there is no %s on this machine", program)
		}
	}
	return &apt{state: filepath.Join(cache, "apt"), logf: logf}, nil
}

func (a *apt) run(ctx context.Context, dir, program string, args ...string) (string, error) {
	// As root, apt-get wants to fetch as a user who can't write to dir.
	args = append(slices.Concat(a.options, []string{"-q", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=5"}), args...)
	env := append(os.Environ(), "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	return run(ctx, dir, env, program, args...)
}

// updateLists downloads package lists and switches to them. It is for a machine whose lists
// are missing, or so old that the files they name no longer exist.
func (a *apt) updateLists(ctx context.Context) error {
	if len(a.options) > 0 {
		return errors.New("the package is not in apt's lists, which are new")
	}
	for _, dir := range []string{"lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(a.state, dir), 0o755); err != nil {
			return err
		}
	}
	unlock, err := lock(filepath.Join(a.state, "lock"))
	if err != nil {
		return err
	}
	defer unlock()
	a.options = []string{
		"-o", "Dir::State::lists=" + filepath.Join(a.state, "lists"),
		"-o", "Dir::Cache=" + filepath.Join(a.state, "cache"),
	}
	a.logf("fetching apt's package lists into %s ...", a.state)
	// One broken source among many makes this fail and may not matter. What counts is
	// whether the package is found afterwards.
	if _, err := a.run(ctx, "", "apt-get", "update"); err != nil && ctx.Err() != nil {
		return err
	}
	return nil
}

// has reports whether apt's lists have a package that can be downloaded.
func (a *apt) has(ctx context.Context, pkg string) bool {
	out, err := a.run(ctx, "", "apt-cache", "show", "--no-all-versions", pkg)
	return err == nil && strings.Contains(out, "\nFilename: ")
}

// newest returns the package prefix-N with the greatest N that is at least least, or "".
func (a *apt) newest(ctx context.Context, prefix string, least int) string {
	out, err := a.run(ctx, "", "apt-cache", "pkgnames", prefix)
	if err != nil {
		return ""
	}
	var majors []int
	for name := range strings.FieldsSeq(out) {
		if n, err := strconv.Atoi(strings.TrimPrefix(name, prefix)); err == nil && n >= least {
			majors = append(majors, n)
		}
	}
	slices.Sort(majors)
	for _, n := range slices.Backward(majors) {
		if pkg := prefix + strconv.Itoa(n); a.has(ctx, pkg) {
			return pkg
		}
	}
	return ""
}

// unpack downloads packages, and the libraries that they need and this machine lacks, and
// unpacks everything into dir. skip matches libraries that aren't needed.
func (a *apt) unpack(ctx context.Context, dir string, skip *regexp.Regexp, packages ...string) error {
	debs, err := os.MkdirTemp("", "orgmodes-apt-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(debs) }()

	fetch := func() error {
		all := a.withLibraries(ctx, skip, packages)
		a.logf("fetching with apt-get download: %s ...", strings.Join(all, " "))
		_, err := a.run(ctx, debs, "apt-get", append([]string{"download"}, all...)...)
		return err
	}
	if err := fetch(); err != nil {
		if ctx.Err() != nil || a.updateLists(ctx) != nil {
			return err
		}
		if err := fetch(); err != nil {
			return err
		}
	}
	files, err := filepath.Glob(filepath.Join(debs, "*.deb"))
	if err != nil || len(files) == 0 {
		return errors.New("apt-get download left no packages")
	}
	for _, file := range files {
		if _, err := run(ctx, "", nil, "dpkg-deb", "-x", file, dir); err != nil {
			return err
		}
	}
	return nil
}

var installLine = regexp.MustCompile(`(?m)^Inst (\S+)`)

// withLibraries adds the libraries that apt would install along with the packages on this
// machine. apt's simulation reports them without root.
func (a *apt) withLibraries(ctx context.Context, skip *regexp.Regexp, packages []string) []string {
	out, err := a.run(ctx, "", "apt-get", append([]string{
		"-s", "--no-install-recommends", "-o", "Debug::NoLocking=1", "install",
	}, packages...)...)
	all := slices.Clone(packages)
	if err != nil {
		// Some package on the machine is broken. The program may start anyway; if not, its
		// error names the missing library.
		return all
	}
	for _, match := range installLine.FindAllStringSubmatch(out, -1) {
		name, _, _ := strings.Cut(match[1], ":")
		if strings.HasPrefix(name, "lib") && !skip.MatchString(name) && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// libPath lists the library directories below dir for LD_LIBRARY_PATH.
func libPath(dir string) string {
	var paths []string
	for _, pattern := range []string{"usr/lib/*-linux-*", "lib/*-linux-*", "usr/lib", "lib"} {
		if found, err := filepath.Glob(filepath.Join(dir, pattern)); err == nil {
			paths = append(paths, found...)
		}
	}
	return strings.Join(paths, ":")
}

// release names this machine's distribution, such as "debian-12". Unpacked programs run
// with the libraries of their distribution and may fail on another.
func release() string {
	content, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return "unknown"
	}
	var id, version string
	for line := range strings.Lines(string(content)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch value = strings.Trim(value, `"'`); key {
		case "ID":
			id = value
		case "VERSION_ID":
			version = value
		}
	}
	return regexp.MustCompile(`[^a-z0-9.]+`).ReplaceAllString(strings.ToLower(id+"-"+version), "-")
}
