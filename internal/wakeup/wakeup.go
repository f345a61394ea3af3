// Package wakeup has what waits in a process wake up together. Each time that an idle
// program wakes up costs far more than what it then does, mostly in the runtime's own
// housekeeping, so ten timers that fire at ten times cost ten times as much as at one.
package wakeup

import "time"

// In returns how long to wait for about d, to within half a second, so that the wait ends
// with a second of the clock.
func In(d time.Duration) time.Duration { return in(time.Now(), d) }

func in(now time.Time, d time.Duration) time.Duration {
	return now.Add(d).Round(time.Second).Sub(now.Round(0))
}
