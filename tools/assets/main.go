// Command assets builds the files that browsers load from internal/admin/web. It bundles
// every source file next to its package.json with esbuild, under names that contain a hash
// of their content.
//
//	go -C tools run ./assets           build into assets/dist
//	go -C tools run ./assets -check    report whether assets/dist is up to date
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

const sources = "../internal/admin/web/assets"

// licenses is the file with the licenses of the bundled packages.
const licenses = "licenses.txt"

// errNoPackages means that npm could not install the packages.
var errNoPackages = errors.New("the npm packages can't be had")

func main() {
	check := flag.Bool("check", false, "only check whether the bundles match their sources")
	flag.Parse()
	err := run(*check)
	if *check && errors.Is(err, errNoPackages) {
		// The sources may be up to date; a machine where npm works will check it.
		fmt.Fprintf(os.Stderr, "NOTE: not checked whether assets/dist is in step: %v\n", err)
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "assets:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	packages, err := install()
	if err != nil {
		return err
	}
	built, err := build(packages)
	if err != nil {
		return err
	}
	dist := filepath.Join(sources, "dist")
	if check {
		return compare(dist, built)
	}
	if err := os.RemoveAll(dist); err != nil {
		return err
	}
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(built)) {
		if err := os.WriteFile(filepath.Join(dist, name), built[name], 0o644); err != nil {
			return err
		}
		fmt.Printf("%8d %s\n", len(built[name]), name)
	}
	return nil
}

// build returns the files of dist, by name. It works in a directory that holds the sources
// and the packages side by side. The hash in a name also covers the inputs' paths, so those
// must not depend on where the sources and the cache are.
func build(packages string) (map[string][]byte, error) {
	bench, err := os.MkdirTemp("", "orgmodes-assets-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(bench) }()
	if bench, err = filepath.EvalSymlinks(bench); err != nil {
		return nil, err
	}
	if err := copySources(filepath.Join(bench, "assets")); err != nil {
		return nil, err
	}
	if err := os.Symlink(packages, filepath.Join(bench, "node_modules")); err != nil {
		return nil, err
	}
	entries, err := filepath.Glob(filepath.Join(bench, "assets", "*.*"))
	if err != nil {
		return nil, err
	}
	entries = slices.DeleteFunc(entries, func(file string) bool {
		return !slices.Contains([]string{".js", ".css", ".svg"}, filepath.Ext(file))
	})
	root := filepath.Join(bench, "assets")
	out := api.Build(api.BuildOptions{
		EntryPoints: entries, AbsWorkingDir: bench, Outbase: root, Outdir: filepath.Join(root, "dist"),
		EntryNames: "[name]-[hash]", PreserveSymlinks: true,
		Bundle: true, Format: api.FormatESModule, Platform: api.PlatformBrowser, Target: api.ESNext, Charset: api.CharsetUTF8,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true, LegalComments: api.LegalCommentsNone,
		Loader: map[string]api.Loader{".svg": api.LoaderCopy}, Metafile: true,
	})
	for _, m := range append(out.Errors, out.Warnings...) {
		at := ""
		if m.Location != nil {
			at = fmt.Sprintf("%s:%d:%d: ", m.Location.File, m.Location.Line, m.Location.Column)
		}
		err = errors.Join(err, errors.New(at+m.Text))
	}
	if err != nil {
		return nil, err
	}
	built := map[string][]byte{}
	for _, f := range out.OutputFiles {
		name, err := filepath.Rel(filepath.Join(root, "dist"), f.Path)
		if err != nil {
			return nil, err
		}
		built[name] = f.Contents
	}
	built[licenses], err = licensesOf(packages, out.Metafile)
	return built, err
}

// licensesOf collects the licenses of the packages that a bundle includes: the licenses
// must be distributed with it.
func licensesOf(packages, metafile string) ([]byte, error) {
	var meta struct {
		Inputs map[string]struct{} `json:"inputs"`
	}
	if err := json.Unmarshal([]byte(metafile), &meta); err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for input := range meta.Inputs {
		_, rest, ok := strings.Cut(input, "node_modules/")
		if !ok {
			continue
		}
		parts := strings.SplitN(rest, "/", 3)
		name := parts[0]
		if strings.HasPrefix(name, "@") && len(parts) > 1 {
			name += "/" + parts[1]
		}
		used[name] = true
	}
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(used)) {
		data, err := os.ReadFile(filepath.Join(packages, name, "package.json"))
		if err != nil {
			return nil, err
		}
		var about struct{ Version, License string }
		if err := json.Unmarshal(data, &about); err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%s %s (%s)\n\n", name, about.Version, about.License)
		files, err := filepath.Glob(filepath.Join(packages, name, "LICENSE*"))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&b, "%s\n\n", bytes.TrimSpace(text))
		}
	}
	return b.Bytes(), nil
}

func compare(dist string, built map[string][]byte) error {
	entries, err := os.ReadDir(dist)
	if err != nil {
		return err
	}
	var differ []string
	for _, e := range entries {
		if _, ok := built[e.Name()]; !ok {
			differ = append(differ, e.Name())
		}
	}
	for name, want := range built {
		got, err := os.ReadFile(filepath.Join(dist, name))
		if err != nil || !bytes.Equal(got, want) {
			differ = append(differ, name)
		}
	}
	if len(differ) > 0 {
		slices.Sort(differ)
		return fmt.Errorf("assets/dist is not in step with its sources (%s): run make assets", strings.Join(differ, ", "))
	}
	return nil
}

// install returns the node_modules directory for package-lock.json. It is stored in the
// cache under a hash of the lock file.
func install() (string, error) {
	lock, err := os.ReadFile(filepath.Join(sources, "package-lock.json"))
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(lock)
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(cache, "pages-"+hex.EncodeToString(sum[:6]))
	if _, err := os.Stat(folder); err == nil {
		return filepath.Join(folder, "node_modules"), nil
	}
	building, err := os.MkdirTemp(cache, "building-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(building) }()
	for _, name := range []string{"package.json", "package-lock.json", ".npmrc"} {
		content, err := os.ReadFile(filepath.Join(sources, name))
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(building, name), content, 0o644); err != nil {
			return "", err
		}
	}
	npm := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
	npm.Dir = building
	if out, err := npm.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: npm ci: %w: %s", errNoPackages, err, bytes.TrimSpace(out))
	}
	if err := os.Rename(building, folder); err != nil {
		if _, statErr := os.Stat(folder); statErr != nil {
			return "", err
		}
	}
	return filepath.Join(folder, "node_modules"), nil
}

func cacheDir() (string, error) {
	dir := os.Getenv("ORGMODES_CACHE")
	if dir == "" {
		dir = filepath.Join(os.TempDir(), "orgmodes")
		if user, err := os.UserCacheDir(); err == nil {
			dir = filepath.Join(user, "orgmodes")
		}
	}
	return dir, os.MkdirAll(dir, 0o755)
}

// copySources copies the sources of the build.
func copySources(to string) error {
	return filepath.WalkDir(sources, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(sources, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if rel == "dist" || d.Name() == "node_modules" {
				return filepath.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), content, 0o644)
	})
}
