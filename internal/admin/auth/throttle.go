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

// Limits of wrong passwords within an attemptWindow. A device that is known for the account has
// a separate limit. For attempts from anywhere else, all the others apply.
const (
	attemptWindow     = 15 * time.Minute
	attemptsPerDevice = 10
	// attemptsPerAccountAndAddress is for one account from one address.
	attemptsPerAccountAndAddress = 10
	// attemptsPerAddress is for one address, which can be that of a whole company.
	attemptsPerAddress = 50
	// attemptsPerAccount is for one account from all addresses: the limit of a botnet.
	attemptsPerAccount = 100

	// maxAttempts bounds the number of stored counters.
	maxAttempts   = 100_000
	sweepInterval = time.Minute
	// refundTimeout bounds refunding an attempt, which can outlive its request.
	refundTimeout = 5 * time.Second
	// maxPendingRefunds bounds the attempts to refund later.
	maxPendingRefunds = 1000
)

// throttle limits wrong passwords. An attempt is counted before its password is
// compared, in Postgres, for all processes. It is refunded if the password turns out
// not to be wrong.
type throttle struct {
	db   *postgres.DB
	keys *token.Keys
	log  *slog.Logger
	// byAddress reports whether source addresses are the users' own rather than a proxy's.
	byAddress bool

	mu    sync.Mutex
	swept time.Time
	// pendingRefunds are the attempts to refund later, because Postgres was unavailable.
	pendingRefunds [][]postgres.AttemptKey
}

// attempt is a counted attempt.
type attempt struct {
	throttle *throttle
	keys     []postgres.AttemptKey
}

// allow counts an attempt. If there were too many already, it returns how long to wait.
func (t *throttle) allow(ctx context.Context, email, source, device string) (attempt, time.Duration, error) {
	t.retryRefunds(ctx)
	t.sweep(ctx)
	limits := t.limits(email, source, device)
	a := attempt{throttle: t, keys: make([]postgres.AttemptKey, len(limits))}
	for i, l := range limits {
		a.keys[i] = l.Key
	}
	wait, err := t.db.CountAttempt(ctx, limits, attemptWindow)
	return a, wait, err
}

// limits returns the limits that an attempt counts toward. They are the same for an
// account that doesn't exist.
func (t *throttle) limits(email, source, device string) []postgres.AttemptLimit {
	if device != "" {
		return []postgres.AttemptLimit{{Key: t.key("device", device), Max: attemptsPerDevice}}
	}
	limits := []postgres.AttemptLimit{{Key: t.key("account", email), Max: attemptsPerAccount}}
	if t.byAddress {
		at := network(source)
		limits = append(limits,
			postgres.AttemptLimit{Key: t.key("place", at+"\x00"+email), Max: attemptsPerAccountAndAddress},
			postgres.AttemptLimit{Key: t.key("address", at), Max: attemptsPerAddress})
	}
	return limits
}

func (t *throttle) key(kind, of string) postgres.AttemptKey {
	_, mac := t.keys.Sign("attempts", kind+"\x00"+of)
	return mac
}

// refund takes back an attempt without a wrong password: the password was right, or
// could not be checked.
func (a attempt) refund(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), refundTimeout)
	defer cancel()
	t := a.throttle
	if err := t.db.RefundAttempt(ctx, a.keys); err != nil {
		t.log.Warn("refunding sign-in attempt failed: will retry", "error", err)
		t.mu.Lock()
		defer t.mu.Unlock()
		if len(t.pendingRefunds) < maxPendingRefunds {
			t.pendingRefunds = append(t.pendingRefunds, a.keys)
		}
	}
}

// retryRefunds refunds the attempts that could not be refunded before.
func (t *throttle) retryRefunds(ctx context.Context) {
	t.mu.Lock()
	pending := t.pendingRefunds
	t.pendingRefunds = nil
	t.mu.Unlock()
	for i, keys := range pending {
		if err := t.db.RefundAttempt(ctx, keys); err != nil {
			t.mu.Lock()
			t.pendingRefunds = append(pending[i:], t.pendingRefunds...)
			t.mu.Unlock()
			return
		}
	}
}

// sweep keeps the number of counters within its bound. Its failure doesn't fail the
// sign-in.
func (t *throttle) sweep(ctx context.Context) {
	t.mu.Lock()
	due := time.Since(t.swept) >= sweepInterval
	if due {
		t.swept = time.Now()
	}
	t.mu.Unlock()
	if !due {
		return
	}
	if err := t.db.SweepAttempts(ctx, attemptWindow, maxAttempts); err != nil {
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
