// Package wakeup makes the timers of a process expire together. Waking up an idle program
// costs far more than the work that it then does, mostly in the runtime's own housekeeping.
// Ten timers that expire at ten times therefore cost ten times as much as at one.
package wakeup

import "time"

// In returns a wait of about d, within half a second of it, that ends on a full second of
// the clock.
func In(d time.Duration) time.Duration { return in(time.Now(), d) }

func in(now time.Time, d time.Duration) time.Duration {
	return now.Add(d).Round(time.Second).Sub(now.Round(0))
}
