package devstack

import "golang.org/x/sys/unix"

// ramdiskRoom is how much a file system in memory must have free, in bytes,
// before a Postgres is put there: data and write-ahead log take less than half.
const ramdiskRoom = 4 << 30

// ramdisks are the file systems in memory that have room for a Postgres. Each
// test has a database of its own, which is some 300 files to make and remove:
// on a disk that takes longer than many a test.
func ramdisks() []string {
	const shm = "/dev/shm"
	var stat unix.Statfs_t
	if err := unix.Statfs(shm, &stat); err != nil || stat.Type != unix.TMPFS_MAGIC {
		return nil
	}
	if free := stat.Bavail * uint64(stat.Bsize); free < ramdiskRoom {
		return nil
	}
	return []string{shm}
}
