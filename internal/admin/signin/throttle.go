package signin

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"orgmodes/internal/listen"
	"orgmodes/internal/postgres"
	"orgmodes/internal/token"
)

// Wrong passwords that are taken in a window. A device that is known for the account
// has a limit to itself; from anywhere else all the others hold.
const (
	window         = 15 * time.Minute
	triesPerDevice = 10
	// triesPerPlace are those for one account from one address.
	triesPerPlace = 10
	// triesPerAddress are those from one address, which may be a whole company's.
	triesPerAddress = 50
	// triesPerAccount are those for one account from everywhere: what a botnet gets.
	triesPerAccount = 100

	// maxAttempts bounds the counters that are kept.
	maxAttempts = 100_000
	sweepEvery  = time.Minute
	// giveBackTime bounds giving back an attempt, which outlives its request.
	giveBackTime = 5 * time.Second
	// maxOwed bounds what is to be given back later.
	maxOwed = 1000
)

// throttle bounds how many wrong passwords there may be. What is counted is counted in
// Postgres, for all processes, before the password is looked at; what turns out to be
// no wrong password is given back.
type throttle struct {
	db   *postgres.DB
	keys *token.Keys
	log  *slog.Logger
	// byAddress says that addresses are those of who signs in, and not of a proxy.
	byAddress bool

	mu    sync.Mutex
	swept time.Time
	// owed could not be given back yet: Postgres was away.
	owed [][]postgres.AttemptKey
}

// attempt is one that was counted.
type attempt struct {
	throttle *throttle
	keys     []postgres.AttemptKey
}

// take counts an attempt. Where there were too many already it returns how long to
// wait.
func (t *throttle) take(ctx context.Context, email, source, device string) (attempt, time.Duration, error) {
	t.payBack(ctx)
	t.sweep(ctx)
	limits := t.limits(email, source, device)
	a := attempt{throttle: t, keys: make([]postgres.AttemptKey, len(limits))}
	for i, l := range limits {
		a.keys[i] = l.Key
	}
	wait, err := t.db.CountAttempt(ctx, limits, window)
	return a, wait, err
}

// limits are those that an attempt counts for. An account that isn't there has the
// same ones.
func (t *throttle) limits(email, source, device string) []postgres.AttemptLimit {
	if device != "" {
		return []postgres.AttemptLimit{{Key: t.key("device", device), Most: triesPerDevice}}
	}
	limits := []postgres.AttemptLimit{{Key: t.key("account", email), Most: triesPerAccount}}
	if t.byAddress {
		at := network(source)
		limits = append(limits,
			postgres.AttemptLimit{Key: t.key("place", at+"\x00"+email), Most: triesPerPlace},
			postgres.AttemptLimit{Key: t.key("address", at), Most: triesPerAddress})
	}
	return limits
}

func (t *throttle) key(kind, of string) postgres.AttemptKey {
	_, mac := t.keys.Sign("attempts", kind+"\x00"+of)
	return mac
}

// giveBack takes back an attempt that was no wrong password: it was right, or we could
// not find out.
func (a attempt) giveBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBackTime)
	defer cancel()
	t := a.throttle
	if err := t.db.GiveBackAttempt(ctx, a.keys); err != nil {
		t.log.Warn("an attempt to sign in is given back later", "err", err)
		t.mu.Lock()
		defer t.mu.Unlock()
		if len(t.owed) < maxOwed {
			t.owed = append(t.owed, a.keys)
		}
	}
}

// payBack gives back what could not be given back before.
func (t *throttle) payBack(ctx context.Context) {
	t.mu.Lock()
	owed := t.owed
	t.owed = nil
	t.mu.Unlock()
	for i, keys := range owed {
		if err := t.db.GiveBackAttempt(ctx, keys); err != nil {
			t.mu.Lock()
			t.owed = append(owed[i:], t.owed...)
			t.mu.Unlock()
			return
		}
	}
}

// sweep keeps the counters within their bound. A failure is not that of who signs in.
func (t *throttle) sweep(ctx context.Context) {
	t.mu.Lock()
	due := time.Since(t.swept) >= sweepEvery
	if due {
		t.swept = time.Now()
	}
	t.mu.Unlock()
	if !due {
		return
	}
	if err := t.db.SweepAttempts(ctx, window, maxAttempts); err != nil {
		t.log.Warn("old attempts to sign in are not forgotten yet", "err", err)
	}
}

// network returns what counts as one address; a source that is no address counts as
// itself.
func network(source string) string {
	addr, err := netip.ParseAddr(source)
	if err != nil {
		return source
	}
	return listen.NetworkOf(addr).String()
}
