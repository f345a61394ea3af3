package devstack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// CacheDir returns the directory for downloaded programs: $ORGMODES_CACHE, or else the
// user's cache directory, or else one below the temporary directory. It creates the
// directory if necessary.
func CacheDir() (string, error) {
	if dir := os.Getenv("ORGMODES_CACHE"); dir != "" {
		dir, err := filepath.Abs(dir)
		if err != nil {
			return "", err
		}
		return dir, os.MkdirAll(dir, 0o755)
	}
	// A user without a home has HOME=/nonexistent or none at all.
	if dir, err := os.UserCacheDir(); err == nil {
		dir = filepath.Join(dir, "orgmodes")
		if os.MkdirAll(dir, 0o755) == nil && syscall.Access(dir, 2) == nil {
			return dir, nil
		}
	}
	return tempCache()
}

func tempCache() (string, error) {
	dir := filepath.Join(os.TempDir(), "orgmodes-cache-"+strconv.Itoa(os.Geteuid()))
	return dir, ownDir(dir, 0o755)
}

// cacheFor is like CacheDir for programs that another user must reach. root's home is
// closed to others, so root stores such programs elsewhere.
func cacheFor(a *account, logf Logf) (string, error) {
	dir, err := CacheDir()
	if err != nil || a.canReach(dir) {
		return dir, err
	}
	const shared = "/var/cache/orgmodes"
	if os.MkdirAll(shared, 0o755) == nil && a.canReach(shared) {
		if os.Getenv("ORGMODES_CACHE") != "" {
			logf("the user %s, which Postgres runs as, can't reach ORGMODES_CACHE; keeping Postgres in %s", a.name, shared)
		}
		return shared, nil
	}
	return tempCache()
}

// install returns the directory cache/name, and calls build to create its content if it
// doesn't exist. Two processes can do this concurrently: one builds, the other waits and
// uses the result. No process ever sees an incomplete directory, because the content is
// built elsewhere and renamed.
func install(cache, name string, build func(dir string) error) (string, error) {
	target := filepath.Join(cache, name)
	if exists(target) {
		return target, nil
	}
	unlock, err := lock(target + ".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if exists(target) {
		return target, nil
	}
	// Remove the leftovers of a process that was killed while holding the lock.
	if stale, err := filepath.Glob(target + ".tmp-*"); err == nil {
		for _, dir := range stale {
			_ = os.RemoveAll(dir)
		}
	}
	aside, err := os.MkdirTemp(cache, name+".tmp-*")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(aside) }()
	if err := os.Chmod(aside, 0o755); err != nil {
		return "", err
	}
	if err := build(aside); err != nil {
		return "", err
	}
	return target, os.Rename(aside, target)
}

// lock waits for an advisory lock on a file. The kernel releases it when the process ends,
// however it ends.
func lock(path string) (unlock func(), err error) { return flock(path, syscall.LOCK_EX) }

// ErrLocked means that the lock is already held.
var ErrLocked = errors.New("the lock is held by another process")

// TryLock takes an advisory lock on a file without waiting for it. The kernel releases it
// when the process ends, however it ends.
func TryLock(path string) (unlock func(), err error) {
	return flock(path, syscall.LOCK_EX|syscall.LOCK_NB)
}

func flock(path string, how int) (func(), error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(file.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ErrLocked
		}
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	return func() { _ = file.Close() }, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
