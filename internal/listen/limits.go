package listen

import (
	"log/slog"
	"syscall"
)

// Limits bound the connections that are served at once.
type Limits struct {
	// Total bounds all of them.
	Total int
	// PerAddress bounds those of one IPv4 address, or of one IPv6 /64.
	PerAddress int
	// Descriptors is what the limits were made for: how many files the process may
	// have open. 0 if that isn't known.
	Descriptors int
}

const (
	// reserve is how many descriptors are kept for everything that isn't a served
	// connection: the private port, Postgres or Redis, files, refused connections.
	reserve = 160
	// fewDescriptors is a limit that is worth a warning.
	fewDescriptors = 4096
)

// LimitsFor returns the limits of a process with the descriptors that it has. At
// most ceiling connections are served, and one address gets a share of them: one
// in shareOf. total and perAddress are what an operator has set, 0 for nothing;
// neither raises the total beyond what the descriptors allow.
//
// Go has raised the soft limit of descriptors to the hard one, or to one below it,
// at the start of the process (package syscall): nothing is left to raise.
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
		// Where there are few, half of them are kept.
		total = min(ceiling, max(descriptors-reserve, descriptors/2))
	}
	return Limits{Total: max(total, 1), PerAddress: max(total/shareOf, 1), Descriptors: descriptors}
}

// descriptors is how many files this process may have open, or 0 if that can't be
// known.
func descriptors() int {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return 0
	}
	const most = 1 << 30 // also what RLIM_INFINITY comes to
	return int(min(l.Cur, most))
}

// warn logs a limit that is too low for a program that many clients connect to.
func (l Limits) warn(log *slog.Logger) {
	if l.Descriptors > 0 && l.Descriptors < fewDescriptors {
		log.Warn("the process may open few files; raise the hard limit (ulimit -Hn, LimitNOFILE=)",
			"descriptors", l.Descriptors, "max_connections", l.Total, "max_connections_per_address", l.PerAddress)
	}
}
