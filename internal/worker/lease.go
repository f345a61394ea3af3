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
	// LeaseTime is how long a publication counts as under way after its last sign
	// of life. A worker that is frozen or killed delays its publications by as much.
	LeaseTime = 15 * time.Second
	// renewals is how many times a lease is renewed before it would expire.
	renewals = 5
	// giveBackTime bounds the attempt to end the lease of a canceled publication.
	giveBackTime = 2 * time.Second
)

var (
	// errLeaseLost is why a publication is canceled whose lease is another's: this
	// worker was frozen, or Postgres out of its reach, for longer than the lease
	// lasts, or a reconciliation took it over.
	errLeaseLost = errors.New("worker: the lease of the publication is lost")
	// errAgain means that the organization was changed while it was published. It
	// has to be published once more, however many changes there were.
	errAgain = errors.New("worker: changed again while it was published")
)

// lease is held by one publication of an organization.
type lease struct {
	postgres.PublicationLease
	ledger Ledger
	// renewed is when it was taken or last renewed, since began.
	renewed atomic.Int64
	began   time.Time
}

// underLease publishes an organization while no other publication of it is under
// way, and keeps the lease for as long as that takes. It does nothing if one is: the
// holder's underLease returns errAgain then.
func (p *Publisher) underLease(ctx context.Context, wanted postgres.PublicationLease, publish func(context.Context, *lease) error) error {
	wanted.Holder, wanted.For = uuid.New(), p.leaseTime
	l := &lease{PublicationLease: wanted, ledger: p.ledger, began: time.Now()}
	taken, err := p.ledger.TakeLease(ctx, wanted)
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
		l.beat(working, cancel)
	}()
	defer func() {
		cancel(nil)
		<-beating
	}()
	err = publish(working, l)
	if errors.Is(err, errLeaseLost) || errors.Is(context.Cause(working), errLeaseLost) {
		p.log.Warn("publication stopped: its lease is lost and another one's now", "organization", l.Organization)
		p.metrics.Publications.WithLabelValues("document", "lost").Inc()
		return nil
	}
	again, endErr := l.end(ctx)
	switch {
	case err != nil:
		return err // the next attempt covers the changes that came since
	case endErr != nil:
		return endErr
	case again:
		return errAgain
	}
	return nil
}

// beat renews the lease until ctx ends, and cancels the publication once it is lost.
// While Postgres can't be asked the publication continues: its version guards what
// it writes, the lease only saves work.
func (l *lease) beat(ctx context.Context, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(l.For / renewals)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := l.renew(ctx); errors.Is(err, errLeaseLost) {
			cancel(err)
			return
		}
	}
}

func (l *lease) renew(ctx context.Context) error {
	at := time.Since(l.began)
	kept, err := l.ledger.RenewLease(ctx, l.PublicationLease)
	if err == nil && !kept {
		return errLeaseLost
	}
	if err == nil {
		l.renewed.Store(int64(at))
	}
	return err
}

// held makes sure of the lease before a step that costs much, if it may have expired
// since it was renewed: a process that was frozen learns of that here.
func (l *lease) held(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if time.Since(l.began)-time.Duration(l.renewed.Load()) < l.For {
		return nil
	}
	return l.renew(ctx)
}

// end gives the lease back, also after ctx was canceled: another worker should not
// have to wait for its expiry.
func (l *lease) end(ctx context.Context) (again bool, err error) {
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), giveBackTime)
		defer cancel()
	}
	return l.ledger.EndLease(ctx, l.PublicationLease)
}
