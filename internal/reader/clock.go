package reader

import "time"

// Clock returns two times. wall is compared with times of the database and with
// expiries; it can be set, and can jump. mono only increases, from an arbitrary start, but
// may stand still while the machine sleeps. An age is the greater of both differences.
type Clock func() (wall time.Time, mono time.Duration)

// machineClock returns the clock of this machine.
func machineClock() Clock {
	start := time.Now()
	return func() (time.Time, time.Duration) {
		now := time.Now()
		return now, now.Sub(start)
	}
}

// mono returns the monotonic time.
func (c Clock) mono() time.Duration {
	_, m := c()
	return m
}

// instant is one reading of the clock.
type instant struct {
	wall time.Time
	mono time.Duration
}

func (c Clock) now() instant {
	wall, mono := c()
	return instant{wall, mono}
}
