package main

import (
	"os"
	"strconv"
	"syscall"

	"orgmodes/internal/devstack"
)

// errFollowParent is set if our parent ended before we could ask to follow it.
var errFollowParent error

// The request has to come from the main thread, which lives as long as the process, and
// init functions run on it. The Makefile passes our parent's PID.
func init() {
	parent, _ := strconv.Atoi(os.Getenv("ORGMODES_PARENT_PID"))
	errFollowParent = devstack.FollowParent(parent, syscall.SIGTERM)
}
