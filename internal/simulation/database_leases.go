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

func (d *database) leased(org uuid.UUID) bool {
	row, ok := d.leases[org]
	return ok && row.expires.After(d.now())
}

// RequestPublication implements worker.Store.
func (d *storeConn) RequestPublication(ctx context.Context, id uuid.UUID, ask postgres.PublicationRequest) (out postgres.Publishable, err error) {
	err = d.call(ctx, "AskToPublish "+id.String(), func(time.Time) error {
		o, err := d.org(id)
		if err != nil {
			return err
		}
		out = postgres.Publishable{Pending: !o.pending.IsZero(), Bytes: 100}
		if !ask.Force && d.leased(id) {
			out.Held, d.leases[id].again = true, true
		}
		return nil
	})
	return out, err
}

// TakeLease implements worker.Store.
func (d *storeConn) TakeLease(ctx context.Context, want postgres.PublicationLease) (taken bool, err error) {
	err = d.call(ctx, "TakeLease "+want.Organization.String(), func(time.Time) error {
		if !want.Force && d.leased(want.Organization) {
			d.leases[want.Organization].again = true
			return nil
		}
		d.leases[want.Organization] = &leaseRow{holder: want.Holder, expires: d.now().Add(want.Duration)}
		taken = true
		return nil
	})
	return taken, err
}

// RenewLease implements worker.Store.
func (d *storeConn) RenewLease(ctx context.Context, want postgres.PublicationLease) (renewed bool, err error) {
	err = d.call(ctx, "RenewLease "+want.Organization.String(), func(time.Time) error {
		row, ok := d.leases[want.Organization]
		if renewed = ok && row.holder == want.Holder; renewed {
			row.expires = d.now().Add(want.Duration)
		}
		return nil
	})
	return renewed, err
}

// EndLease implements worker.Store.
func (d *storeConn) EndLease(ctx context.Context, want postgres.PublicationLease) (again bool, err error) {
	err = d.call(ctx, "EndLease "+want.Organization.String(), func(time.Time) error {
		if row, ok := d.leases[want.Organization]; ok && row.holder == want.Holder {
			again = row.again
			delete(d.leases, want.Organization)
		}
		return nil
	})
	return again, err
}

// RequeueExpired implements worker.Store. Here the sweep handles jobs that come back.
func (d *storeConn) RequeueExpired(ctx context.Context, _ time.Duration) (expired int, err error) {
	err = d.call(ctx, "ReturnExpired", func(time.Time) error {
		for _, id := range d.order {
			if _, ok := d.leases[id]; ok && !d.leased(id) {
				delete(d.leases, id)
				expired++
			}
		}
		return nil
	})
	return expired, err
}
