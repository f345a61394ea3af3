package devstack

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// tempDirPrefix begins the names of temporary data directories.
func tempDirPrefix() string { return "orgmodes-postgres-" + strconv.Itoa(os.Geteuid()) + "-" }

// ramdisk is a file system in memory. A dedicated database per test means creating and
// removing some 300 files, which takes longer on a disk than many tests run.
const ramdisk = "/dev/shm"

// tempDirRoots lists the possible parents of such directories. The first that the account
// reaches is used; the ramdisk only if it has room.
func tempDirRoots() []string { return []string{ramdisk, os.TempDir(), "/tmp", "/var/tmp"} }

func makeTempDir(a *account) (dir string, release func(), err error) {
	for _, root := range tempDirRoots() {
		if !a.canReach(root) || root == ramdisk && !hasRoom(root) {
			continue
		}
		if dir, err = os.MkdirTemp(root, tempDirPrefix()+"*"); err != nil {
			continue
		}
		// The account can traverse it but not list it.
		if err = os.Chmod(dir, 0o711); err == nil {
			release, err = TryLock(filepath.Join(dir, "lock"))
		}
		if err != nil {
			_ = os.RemoveAll(dir)
		}
		return dir, release, err
	}
	return "", nil, fmt.Errorf("no place for Postgres' data in %s: %w", strings.Join(tempDirRoots(), ", "), err)
}

// sweepTempDirs removes the directories of runs that were killed. A directory whose lock
// is held is still in use.
func sweepTempDirs() {
	for _, root := range tempDirRoots() {
		dirs, err := filepath.Glob(filepath.Join(root, tempDirPrefix()+"*"))
		if err != nil {
			continue
		}
		for _, dir := range dirs {
			stat, err := os.Lstat(dir)
			if err != nil || !stat.IsDir() {
				continue
			}
			sys, ok := stat.Sys().(*syscall.Stat_t)
			file := filepath.Join(dir, "lock")
			if !ok || int(sys.Uid) != os.Geteuid() || !exists(file) {
				continue
			}
			release, err := TryLock(file)
			if err != nil {
				continue
			}
			// The server ends with the process that started it. If it is still shutting
			// down, the next run removes the directory.
			if pid := postmaster(dir); pid == 0 || syscall.Kill(pid, 0) != nil {
				_ = os.RemoveAll(dir)
			}
			release()
		}
	}
}

// postmaster returns the process ID of the server in a directory, or 0.
func postmaster(dir string) int {
	content, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, _ := strconv.Atoi(first)
	return pid
}
