package reader

import "time"

// Clock tells two times. wall is compared with times of the database and with
// expiries; it may be set, and jump. mono only grows, from an arbitrary start; it
// may stand still while the machine sleeps. Ages are the greater of what both say.
type Clock func() (wall time.Time, mono time.Duration)

// machineClock is the clock of the machine that we run on.
func machineClock() Clock {
	start := time.Now()
	return func() (time.Time, time.Duration) {
		now := time.Now()
		return now, now.Sub(start)
	}
}

// mono is the monotonic half.
func (c Clock) mono() time.Duration {
	_, m := c()
	return m
}

// instant is one look at the clock.
type instant struct {
	wall time.Time
	mono time.Duration
}

func (c Clock) now() instant {
	wall, mono := c()
	return instant{wall, mono}
}
