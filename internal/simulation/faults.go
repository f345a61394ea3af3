package simulation

import "time"

// injectFaults causes faults in Redis, the links to it, Postgres and readers until the chaos
// period is over. Then it repairs everything.
func (w *world) injectFaults() {
	rng := w.newRand("trouble", 0)
	ms := func(most int) time.Duration { return time.Duration(1+rng.IntN(most)) * time.Millisecond }
	for time.Since(epoch) < chaosDuration {
		if sleep(w.ctx, ms(3000)) != nil {
			return
		}
		switch rng.IntN(12) {
		case 0:
			w.logEvent("FLUSHALL")
			w.cluster.flush()
		case 1:
			w.logEvent("Redis restarts empty")
			w.cluster.restart()
		case 2, 3:
			w.logEvent("the replica has what Redis has now")
			w.cluster.replicate()
			_ = sleep(w.ctx, ms(3000))
			split := rng.IntN(2) == 0
			w.logEvent("the replica is promoted, split: %t", split)
			w.cluster.promote(split)
			_ = sleep(w.ctx, ms(15_000))
			w.logEvent("healed")
			w.cluster.heal()
		case 4:
			w.logEvent("Redis freezes")
			w.cluster.freeze()
			_ = sleep(w.ctx, ms(15_000))
			w.logEvent("healed")
			w.cluster.heal()
		case 5:
			w.logEvent("Redis is unavailable")
			w.cluster.disconnect()
			_ = sleep(w.ctx, ms(15_000))
			if rng.IntN(2) == 0 {
				w.logEvent("and comes back empty")
				w.cluster.restart()
			}
			w.cluster.heal()
		case 6, 7:
			w.logEvent("the links to Redis have faults")
			w.mu.Lock()
			for _, l := range w.links {
				l.setFaults(faults{drop: rng.Float64() * .3, lose: rng.Float64() * .3, twice: rng.Float64() * .3, latency: ms(300)})
			}
			w.mu.Unlock()
			_ = sleep(w.ctx, ms(8000))
			w.repairLinks()
		case 8:
			w.logEvent("Postgres has faults")
			w.database.setFailureRate(rng.Float64() * .5)
			_ = sleep(w.ctx, ms(5000))
			w.database.setFailureRate(0)
		case 9:
			w.logEvent("the epoch is raised")
			w.database.raiseEpoch()
		case 10, 11:
			n := rng.IntN(readers)
			w.logEvent("reader %d is restarted", n)
			w.restartReader(n, 1+rng.IntN(99))
		}
	}
	w.logEvent("all faults are repaired")
	w.cluster.heal()
	w.repairLinks()
	w.database.setFailureRate(0)
	w.mu.Lock()
	w.calmSince = time.Now()
	w.mu.Unlock()
}

func (w *world) repairLinks() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.links {
		l.setFaults(faults{latency: time.Millisecond})
	}
}

func (w *world) restartReader(n, life int) {
	old := w.readerAt(n)
	old.stop()
	fresh := w.startReader(n, life)
	w.mu.Lock()
	w.readers[n] = fresh
	w.mu.Unlock()
}

func (w *world) readerAt(n int) *readerRun {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.readers[n]
}

func (d *database) setFailureRate(p float64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failureRate = p
}

func (d *database) raiseEpoch() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.installation.Epoch++
	d.installation.Incarnation++
}
