// Package cputime measures the processor time of this process, for tests that
// bound the work of a call: unlike elapsed time, it does not grow when other
// programs compete for the machine.
package cputime

import (
	"syscall"
	"time"
)

// Spent returns the user and system time of this process so far, of all its
// threads. Subtract two readings to get the cost of what ran in between.
func Spent() time.Duration {
	var usage syscall.Rusage
	// It fails only for a bad argument (getrusage(2)).
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
