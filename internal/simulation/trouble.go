package simulation

import "time"

// trouble causes faults in Redis, the links to it, Postgres and readers until the chaos
// period is over. Then it repairs everything.
func (w *world) trouble() {
	rng := w.source("trouble", 0)
	ms := func(most int) time.Duration { return time.Duration(1+rng.IntN(most)) * time.Millisecond }
	for time.Since(epoch) < chaos {
		if sleep(w.ctx, ms(3000)) != nil {
			return
		}
		switch rng.IntN(12) {
		case 0:
			w.tell("FLUSHALL")
			w.cluster.flush()
		case 1:
			w.tell("Redis restarts empty")
			w.cluster.restart()
		case 2, 3:
			w.tell("the replica has what Redis has now")
			w.cluster.replicate()
			_ = sleep(w.ctx, ms(3000))
			split := rng.IntN(2) == 0
			w.tell("the replica is promoted, split: %t", split)
			w.cluster.promote(split)
			_ = sleep(w.ctx, ms(15_000))
			w.tell("healed")
			w.cluster.heal()
		case 4:
			w.tell("Redis freezes")
			w.cluster.freeze()
			_ = sleep(w.ctx, ms(15_000))
			w.tell("healed")
			w.cluster.heal()
		case 5:
			w.tell("Redis is away")
			w.cluster.leave()
			_ = sleep(w.ctx, ms(15_000))
			if rng.IntN(2) == 0 {
				w.tell("and comes back empty")
				w.cluster.restart()
			}
			w.cluster.heal()
		case 6, 7:
			w.tell("the ways to Redis are bad")
			w.mu.Lock()
			for _, l := range w.links {
				l.set(faults{drop: rng.Float64() * .3, lose: rng.Float64() * .3, twice: rng.Float64() * .3, latency: ms(300)})
			}
			w.mu.Unlock()
			_ = sleep(w.ctx, ms(8000))
			w.mendLinks()
		case 8:
			w.tell("Postgres is in trouble")
			w.ledger.setTrouble(rng.Float64() * .5)
			_ = sleep(w.ctx, ms(5000))
			w.ledger.setTrouble(0)
		case 9:
			w.tell("the epoch is raised")
			w.ledger.raiseEpoch()
		case 10, 11:
			n := rng.IntN(readers)
			w.tell("reader %d is restarted", n)
			w.restartReader(n, 1+rng.IntN(99))
		}
	}
	w.tell("all faults are repaired")
	w.cluster.heal()
	w.mendLinks()
	w.ledger.setTrouble(0)
	w.mu.Lock()
	w.calmSince = time.Now()
	w.mu.Unlock()
}

func (w *world) mendLinks() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.links {
		l.set(faults{latency: time.Millisecond})
	}
}

func (w *world) restartReader(n, life int) {
	old := w.edge(n)
	old.stop()
	fresh := w.startReader(n, life)
	w.mu.Lock()
	w.readers[n] = fresh
	w.mu.Unlock()
}

func (w *world) edge(n int) *edge {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.readers[n]
}

func (l *ledger) setTrouble(p float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trouble = p
}

func (l *ledger) raiseEpoch() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.installation.Epoch++
	l.installation.Incarnation++
}
