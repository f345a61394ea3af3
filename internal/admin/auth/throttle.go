package auth

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

// Limits of wrong passwords within a window. A device that is known for the account has
// a separate limit. For attempts from anywhere else, all the others apply.
const (
	window         = 15 * time.Minute
	triesPerDevice = 10
	// triesPerPlace is for one account from one address.
	triesPerPlace = 10
	// triesPerAddress is for one address, which can be that of a whole company.
	triesPerAddress = 50
	// triesPerAccount is for one account from all addresses: the limit of a botnet.
	triesPerAccount = 100

	// maxAttempts bounds the number of stored counters.
	maxAttempts = 100_000
	sweepEvery  = time.Minute
	// giveBackTime bounds giving back an attempt, which can outlive its request.
	giveBackTime = 5 * time.Second
	// maxOwed bounds the attempts to give back later.
	maxOwed = 1000
)

// throttle limits wrong passwords. An attempt is counted before its password is
// compared, in Postgres, for all processes. It is given back if the password turns out
// not to be wrong.
type throttle struct {
	db   *postgres.DB
	keys *token.Keys
	log  *slog.Logger
	// byAddress reports whether source addresses are the users' own rather than a proxy's.
	byAddress bool

	mu    sync.Mutex
	swept time.Time
	// owed are the attempts to give back later, because Postgres was unavailable.
	owed [][]postgres.AttemptKey
}

// attempt is a counted attempt.
type attempt struct {
	throttle *throttle
	keys     []postgres.AttemptKey
}

// take counts an attempt. If there were too many already, it returns how long to wait.
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

// limits returns the limits that an attempt counts toward. They are the same for an
// account that doesn't exist.
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

// giveBack takes back an attempt without a wrong password: the password was right, or
// could not be checked.
func (a attempt) giveBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBackTime)
	defer cancel()
	t := a.throttle
	if err := t.db.GiveBackAttempt(ctx, a.keys); err != nil {
		t.log.Warn("refunding sign-in attempt failed: will retry", "error", err)
		t.mu.Lock()
		defer t.mu.Unlock()
		if len(t.owed) < maxOwed {
			t.owed = append(t.owed, a.keys)
		}
	}
}

// payBack gives back the attempts that could not be given back before.
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

// sweep keeps the number of counters within its bound. Its failure doesn't fail the
// sign-in.
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
		t.log.Warn("deleting old sign-in attempts failed: will retry", "error", err)
	}
}

// network returns the network that counts as one address. A source that isn't an
// address is returned as it is.
func network(source string) string {
	addr, err := netip.ParseAddr(source)
	if err != nil {
		return source
	}
	return listen.NetworkOf(addr).String()
}
