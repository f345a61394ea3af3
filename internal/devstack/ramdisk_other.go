//go:build !linux

package devstack

func ramdisks() []string { return nil }
