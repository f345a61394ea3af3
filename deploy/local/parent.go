package main

import (
	"os"
	"strconv"
	"syscall"

	"orgmodes/internal/devstack"
)

// orphaned is set when our parent has ended before we could ask to follow it.
var orphaned error

// Init functions run on the main thread, which is the one that has to ask; it
// lives as long as the process does. The Makefile says who our parent is.
func init() {
	parent, _ := strconv.Atoi(os.Getenv("ORGMODES_PARENT_PID"))
	orphaned = devstack.FollowParent(parent, syscall.SIGTERM)
}
