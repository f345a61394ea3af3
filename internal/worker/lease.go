package worker

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/postgres"
)

const (
	// LeaseTime is how long a publication counts as under way after its last sign of life.
	// The publications of a worker that is frozen or killed are delayed by as much.
	LeaseTime = 15 * time.Second
	// renewals is how many times a lease is renewed before it would expire.
	renewals = 5
	// releaseTimeout bounds the attempt to end the lease of a canceled publication.
	releaseTimeout = 2 * time.Second
	// statementTimeout bounds a single statement on a lease: a healthy Postgres answers sooner,
	// however large the library.
	statementTimeout = time.Minute
)

var (
	// errLeaseLost cancels a publication whose lease another one holds. Either this worker
	// was frozen, or cut off from Postgres, for longer than the lease lasts, or a
	// reconciliation took the lease over.
	errLeaseLost = errors.New("worker: the lease of the publication is lost")
	// errRepublish means that the organization was changed while it was published. It
	// has to be published once more, however many changes there were.
	errRepublish = errors.New("worker: changed again while it was published")
	// errLeaseExpired cancels a publication that could not renew its lease for as long as it
	// lasts. Its own statements would wait for the same Postgres.
	errLeaseExpired = errors.New("worker: Postgres does not answer, and the lease has expired")
)

// lease is held by one publication of an organization.
type lease struct {
	postgres.PublicationLease
	store Store
	// renewed is when the lease was taken or last renewed, as a duration since startedAt.
	renewed   atomic.Int64
	startedAt time.Time
}

// withLease publishes an organization under a lease, and renews that for as long as the
// publication takes. If another publication of the organization is under way, it does
// nothing. The withLease of that one then returns errRepublish.
func (p *Publisher) withLease(ctx context.Context, want postgres.PublicationLease, publish func(context.Context, *lease) error) error {
	want.Holder, want.Duration = uuid.New(), p.leaseTime
	l := &lease{PublicationLease: want, store: p.store, startedAt: time.Now()}
	takeCtx, cancelTake := context.WithTimeout(ctx, statementTimeout)
	taken, err := p.store.TakeLease(takeCtx, want)
	cancelTake()
	if err != nil {
		return err
	}
	if !taken {
		p.metrics.Publications.WithLabelValues("document", "coalesced").Inc()
		return nil
	}
	working, cancel := context.WithCancelCause(ctx)
	beating := make(chan struct{})
	go func() {
		defer close(beating)
		l.keepAlive(working, cancel)
	}()
	defer func() {
		cancel(nil)
		<-beating
	}()
	err = publish(working, l)
	if errors.Is(err, errLeaseLost) || errors.Is(context.Cause(working), errLeaseLost) {
		p.log.Warn("publication stopped: lease lost to another worker", "organization", l.Organization)
		p.metrics.Publications.WithLabelValues("document", "lost").Inc()
		return nil
	}
	again, endErr := l.end(ctx)
	switch {
	case errors.Is(context.Cause(working), errLeaseExpired):
		return errLeaseExpired
	case err != nil:
		return err // the next attempt covers the changes made since
	case endErr != nil:
		return endErr
	case again:
		return errRepublish
	}
	return nil
}

// keepAlive renews the lease until ctx is done. It cancels the publication once the lease is
// lost, or could not be renewed for as long as it lasts.
func (l *lease) keepAlive(ctx context.Context, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(l.Duration / renewals)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		renewCtx, cancelRenew := context.WithTimeout(ctx, l.Duration)
		err := l.renew(renewCtx)
		cancelRenew()
		switch {
		case errors.Is(err, errLeaseLost):
			cancel(err)
			return
		case err != nil && l.unrenewed() >= l.Duration:
			cancel(errLeaseExpired)
			return
		}
	}
}

// unrenewed returns the time since the lease was taken or last renewed.
func (l *lease) unrenewed() time.Duration {
	return time.Since(l.startedAt) - time.Duration(l.renewed.Load())
}

func (l *lease) renew(ctx context.Context) error {
	at := time.Since(l.startedAt)
	renewed, err := l.store.RenewLease(ctx, l.PublicationLease)
	if err == nil && !renewed {
		return errLeaseLost
	}
	if err == nil {
		l.renewed.Store(int64(at))
	}
	return err
}

// ensureHeld verifies the lease before an expensive step, if it may have expired since its last
// renewal. A process that was frozen detects that here.
func (l *lease) ensureHeld(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if l.unrenewed() < l.Duration {
		return nil
	}
	return l.renew(ctx)
}

// end releases the lease, even after ctx was canceled: another worker should not have to
// wait for its expiry.
func (l *lease) end(ctx context.Context) (again bool, err error) {
	limit := statementTimeout
	if ctx.Err() != nil {
		ctx, limit = context.WithoutCancel(ctx), releaseTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return l.store.EndLease(ctx, l.PublicationLease)
}
