package devstack

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func endWithParent(attr *syscall.SysProcAttr, s syscall.Signal) { attr.Pdeathsig = s }

// FollowParent has the kernel send us a signal when our parent dies. parent is
// its process id as it was told to us, which closes the gap between its death
// and this call; 0 means that it isn't known.
//
// It must be called from an init function: those run on the main thread, which
// lives as long as the process; the setting belongs to the thread.
func FollowParent(parent int, s syscall.Signal) error {
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(s), 0, 0, 0); err != nil {
		return fmt.Errorf("asking to end with the parent process: %w", err)
	}
	if parent != 0 && os.Getppid() != parent {
		return fmt.Errorf("the parent process %d has ended already", parent)
	}
	return nil
}
