//go:build !linux

package devstack

import "syscall"

// Only Linux notifies a process of its parent's death. Elsewhere only Stop ends the
// programs that we started.
func endWithParent(*syscall.SysProcAttr, syscall.Signal) {}

// FollowParent does nothing on this platform.
func FollowParent(int, syscall.Signal) error { return nil }
