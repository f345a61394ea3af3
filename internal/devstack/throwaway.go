package devstack

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// throwawayPrefix names the directories of servers whose data is thrown away.
func throwawayPrefix() string { return "orgmodes-postgres-" + strconv.Itoa(os.Geteuid()) + "-" }

// ramdisk is a file system in memory. A dedicated database per test means creating and
// removing some 300 files, which takes longer on a disk than many tests run.
const ramdisk = "/dev/shm"

// throwawayRoots are the places for those; the first that the account reaches
// is taken, the ramdisk only if it has room.
func throwawayRoots() []string { return []string{ramdisk, os.TempDir(), "/tmp", "/var/tmp"} }

func makeThrowaway(a *account) (dir string, release func(), err error) {
	for _, root := range throwawayRoots() {
		if !a.reaches(root) || root == ramdisk && !hasRoom(root) {
			continue
		}
		if dir, err = os.MkdirTemp(root, throwawayPrefix()+"*"); err != nil {
			continue
		}
		// The account walks through and sees nothing.
		if err = os.Chmod(dir, 0o711); err == nil {
			release, err = TryLock(filepath.Join(dir, "lock"))
		}
		if err != nil {
			_ = os.RemoveAll(dir)
		}
		return dir, release, err
	}
	return "", nil, fmt.Errorf("no place for Postgres' data in %s: %w", strings.Join(throwawayRoots(), ", "), err)
}

// sweepThrowaways removes what runs left behind that were killed. The lock in
// each directory tells whether its maker lives.
func sweepThrowaways() {
	for _, root := range throwawayRoots() {
		dirs, err := filepath.Glob(filepath.Join(root, throwawayPrefix()+"*"))
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
			// Its server ends with its maker; should it still be at it, the
			// next run removes this.
			if pid := postmaster(dir); pid == 0 || syscall.Kill(pid, 0) != nil {
				_ = os.RemoveAll(dir)
			}
			release()
		}
	}
}

// postmaster is the process id of the server in a directory, or 0.
func postmaster(dir string) int {
	content, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, _ := strconv.Atoi(first)
	return pid
}
