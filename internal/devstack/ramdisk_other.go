//go:build !linux

package devstack

func hasRoom(string) bool { return false }
