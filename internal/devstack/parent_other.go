//go:build !linux

package devstack

import "syscall"

// Only Linux tells a process of its parent's death. Elsewhere what we started
// is stopped by us alone.
func endWithParent(*syscall.SysProcAttr, syscall.Signal) {}

// FollowParent does nothing here.
func FollowParent(int, syscall.Signal) error { return nil }
