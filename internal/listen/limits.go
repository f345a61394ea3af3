package listen

import (
	"log/slog"
	"syscall"
)

// Limits bounds the connections that are served at once.
type Limits struct {
	// Total bounds the number of all connections.
	Total int
	// PerAddress bounds the connections of one IPv4 address, or of one IPv6 /64.
	PerAddress int
	// Descriptors is the number of files that the process can have open, from which
	// the limits were computed. 0 means that it isn't known.
	Descriptors int
}

const (
	// reservedDescriptors is the number of descriptors left for everything but served
	// connections: the private port, Postgres or Redis, files, refused connections.
	reservedDescriptors = 160
	// warnDescriptors is the limit below which a warning is logged.
	warnDescriptors = 4096
)

// LimitsFor returns the limits for this process and the descriptors that it has. By
// default at most ceiling connections are served, and one address gets one in shareOf of
// them. total and perAddress are the operator's settings, 0 if not set. Neither raises
// the total beyond what the descriptors allow.
//
// At startup Go raises the soft limit of descriptors to the hard one, or to one below it
// (package syscall), so there is nothing left to raise.
func LimitsFor(total, perAddress, ceiling, shareOf int) Limits {
	l := limitsFor(descriptors(), ceiling, shareOf)
	if total > 0 {
		l.Total = min(total, limitsFor(l.Descriptors, total, shareOf).Total)
		l.PerAddress = max(l.Total/shareOf, 1)
	}
	if perAddress > 0 {
		l.PerAddress = min(perAddress, l.Total)
	}
	return l
}

func limitsFor(descriptors, ceiling, shareOf int) Limits {
	total := ceiling
	if descriptors > 0 {
		// If there are few descriptors, at least half of them are usable for connections.
		total = min(ceiling, max(descriptors-reservedDescriptors, descriptors/2))
	}
	return Limits{Total: max(total, 1), PerAddress: max(total/shareOf, 1), Descriptors: descriptors}
}

// descriptors returns how many files this process can have open, or 0 if that can't be
// determined.
func descriptors() int {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return 0
	}
	const maxLimit = 1 << 30 // also the result for RLIM_INFINITY
	return int(min(l.Cur, maxLimit))
}

// warn logs a warning if the limit is too low for a program that many clients connect to.
func (l Limits) warn(log *slog.Logger) {
	if l.Descriptors > 0 && l.Descriptors < warnDescriptors {
		log.Warn("open file limit is low: raise the hard limit (ulimit -Hn, LimitNOFILE=)",
			"descriptors", l.Descriptors, "max_connections", l.Total, "max_connections_per_address", l.PerAddress)
	}
}
