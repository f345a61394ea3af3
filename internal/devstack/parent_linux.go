package devstack

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func endWithParent(attr *syscall.SysProcAttr, s syscall.Signal) { attr.Pdeathsig = s }

// FollowParent asks the kernel to send us a signal when our parent dies. parent is its
// expected process ID, or 0 if that isn't known. Comparing it closes the gap between the
// parent's death and this call.
//
// It must be called from an init function. The setting belongs to the calling thread, and
// init functions run on the main thread, which lives as long as the process.
func FollowParent(parent int, s syscall.Signal) error {
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(s), 0, 0, 0); err != nil {
		return fmt.Errorf("asking to end with the parent process: %w", err)
	}
	if parent != 0 && os.Getppid() != parent {
		return fmt.Errorf("the parent process %d has ended already", parent)
	}
	return nil
}
