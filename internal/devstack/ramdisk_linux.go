package devstack

import "golang.org/x/sys/unix"

// minRamdiskFree is the free space, in bytes, that a file system in memory must have for a
// Postgres. Its data and write-ahead log take less than half of that.
const minRamdiskFree = 4 << 30

// hasRoom reports whether dir is a file system in memory with room for a Postgres.
func hasRoom(dir string) bool {
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil || stat.Type != unix.TMPFS_MAGIC {
		return false
	}
	return stat.Bavail*uint64(stat.Bsize) >= minRamdiskFree
}
