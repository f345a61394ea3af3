package simulation

import (
	"context"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/postgres"
)

// leaseRow is a publication in progress. Its rules are those of
// postgres/publication_leases.go, which are tested there.
type leaseRow struct {
	holder  uuid.UUID
	again   bool
	expires time.Time // database clock
}

func (l *database) leased(org uuid.UUID) bool {
	row, ok := l.leases[org]
	return ok && row.expires.After(l.now())
}

// RequestPublication implements worker.Ledger.
func (l *storeConn) RequestPublication(ctx context.Context, id uuid.UUID, ask postgres.PublicationRequest) (out postgres.Publishable, err error) {
	err = l.call(ctx, "AskToPublish "+id.String(), func(time.Time) error {
		o, err := l.org(id)
		if err != nil {
			return err
		}
		out = postgres.Publishable{Pending: !o.pending.IsZero(), Bytes: 100}
		if !ask.Force && l.leased(id) {
			out.Held, l.leases[id].again = true, true
		}
		return nil
	})
	return out, err
}

// TakeLease implements worker.Ledger.
func (l *storeConn) TakeLease(ctx context.Context, want postgres.PublicationLease) (taken bool, err error) {
	err = l.call(ctx, "TakeLease "+want.Organization.String(), func(time.Time) error {
		if !want.Force && l.leased(want.Organization) {
			l.leases[want.Organization].again = true
			return nil
		}
		l.leases[want.Organization] = &leaseRow{holder: want.Holder, expires: l.now().Add(want.Duration)}
		taken = true
		return nil
	})
	return taken, err
}

// RenewLease implements worker.Ledger.
func (l *storeConn) RenewLease(ctx context.Context, want postgres.PublicationLease) (renewed bool, err error) {
	err = l.call(ctx, "RenewLease "+want.Organization.String(), func(time.Time) error {
		row, ok := l.leases[want.Organization]
		if renewed = ok && row.holder == want.Holder; renewed {
			row.expires = l.now().Add(want.Duration)
		}
		return nil
	})
	return renewed, err
}

// EndLease implements worker.Ledger.
func (l *storeConn) EndLease(ctx context.Context, want postgres.PublicationLease) (again bool, err error) {
	err = l.call(ctx, "EndLease "+want.Organization.String(), func(time.Time) error {
		if row, ok := l.leases[want.Organization]; ok && row.holder == want.Holder {
			again = row.again
			delete(l.leases, want.Organization)
		}
		return nil
	})
	return again, err
}

// RequeueExpired implements worker.Ledger. Here the sweep handles jobs that come back.
func (l *storeConn) RequeueExpired(ctx context.Context, _ time.Duration) (expired int, err error) {
	err = l.call(ctx, "ReturnExpired", func(time.Time) error {
		for _, id := range l.order {
			if _, ok := l.leases[id]; ok && !l.leased(id) {
				delete(l.leases, id)
				expired++
			}
		}
		return nil
	})
	return expired, err
}
