package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
)

// comparePage is how many versions are compared in one round trip.
const comparePage = 1000

// errInterrupted means that Redis was flushed or replaced during a reconciliation. The next
// tick starts another one.
var errInterrupted = errors.New("worker: Redis changed while it was being filled")

// compare compares all of a Redis that is ours with Postgres, once per leader, and publishes
// the differences. An older backup of Postgres may have been restored under it.
func (p *Publisher) compare(ctx context.Context, inst postgres.Installation) error {
	r := &reconciliation{p: p, inst: inst}
	if err := r.compareOrganizations(ctx); err != nil {
		return err
	}
	if err := r.compareTokens(ctx); err != nil {
		return err
	}
	if r.redisAhead != "" {
		p.halt(r.redisAhead)
	} else {
		p.resume()
	}
	return nil
}

// reconcile makes Redis match Postgres when it turns out not to be the one that was filled.
//
// It raises the incarnation first: from then on no write-back of an earlier write counts.
// Then it compares all versions, marks the differences as pending and publishes them. One
// last script lifts the fence; it refuses if Redis was flushed or replaced on the way.
func (p *Publisher) reconcile(ctx context.Context, inst postgres.Installation, found pubstore.State) error {
	if found.Epoch > inst.Epoch {
		p.halt(fmt.Sprintf("Redis was filled under epoch %d, Postgres is at epoch %d: was an older backup restored? Then run: admin epoch raise", found.Epoch, inst.Epoch))
		return nil
	}
	began := time.Now()
	inst, err := p.store.RaiseIncarnation(ctx, found.Incarnation)
	if err != nil {
		return err
	}
	rec, status, err := p.redis.BeginReconcile(ctx, inst.Incarnation)
	if err != nil {
		return err
	}
	if status == pubstore.Older {
		return errInterrupted // another leader is ahead of this one
	}
	r := &reconciliation{p: p, inst: inst, rec: rec}
	if err := r.compareOrganizations(ctx); err != nil {
		return err
	}
	if err := r.compareTokens(ctx); err != nil {
		return err
	}
	if r.redisAhead != "" {
		p.halt(r.redisAhead)
		return nil
	}
	if found.Epoch != 0 && found.Epoch < inst.Epoch {
		if err := r.tombstoneOrphans(ctx); err != nil {
			return err
		}
	}
	out, err := p.redis.FinishReconcile(ctx, rec, inst.Epoch)
	if err != nil {
		return err
	}
	if out.Status == pubstore.Fenced {
		return errInterrupted
	}
	p.resume()
	p.metrics.Reconciled.Inc()
	p.log.Info("Redis is in sync with Postgres", "found", found.Fill, "incarnation", inst.Incarnation,
		"organizations", r.republishedOrganizations, "tokens", r.republishedTokens,
		"orphan_organizations", r.orphanOrganizations, "orphan_tokens", r.orphanTokens, "took", time.Since(began).Round(time.Millisecond))
	return nil
}

// reconciliation is one run of reconcile or compare.
type reconciliation struct {
	p    *Publisher
	inst postgres.Installation
	rec  pubstore.Reconciliation
	// redisAhead describes where Redis is ahead of Postgres; "" if it isn't.
	redisAhead string

	republishedOrganizations, republishedTokens int
	orphanOrganizations, orphanTokens           int
}

func (r *reconciliation) compareOrganizations(ctx context.Context) error {
	return r.p.store.ForEachOrganization(ctx, comparePage, func(page []postgres.PendingOrganization) error {
		ids := make([]string, len(page))
		for i, o := range page {
			ids[i] = o.ID.String()
		}
		have, err := r.p.redis.ListVersions(ctx, ids)
		if err != nil {
			return err
		}
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(r.p.parallel)
		for i, o := range page {
			want := pubstore.Version{Epoch: r.inst.Epoch, Revision: o.Revision, Edition: r.p.edition.Load()}
			if have[i] == want {
				continue
			}
			if have[i].Epoch == want.Epoch && have[i].Revision > want.Revision {
				// It may have been changed and published since this page was read.
				now, err := r.p.store.Revision(ctx, o.ID)
				if err != nil {
					return err
				}
				if have[i].Revision > now {
					r.redisAhead = staleDatabaseMessage(ids[i], have[i], want.Epoch, now)
				}
				continue
			}
			r.republishedOrganizations++
			known := have[i].Revision
			if have[i].Epoch != want.Epoch {
				known = 0 // a revision of another epoch may have been another change
			}
			g.Go(func() error { return r.republishOrganization(gctx, o.ID, known) })
		}
		return g.Wait()
	})
}

func (r *reconciliation) republishOrganization(ctx context.Context, id uuid.UUID, known int64) error {
	if err := r.p.store.MarkUnpublished(ctx, id, known); err != nil {
		return err
	}
	return r.ignoreDeferred(r.p.publishUntilUnchanged(ctx, publication{org: id, rec: r.rec}))
}

func (r *reconciliation) compareTokens(ctx context.Context) error {
	return r.p.store.ForEachToken(ctx, comparePage, func(page []postgres.TokenKey) error {
		hashes := make([]token.Hash, len(page))
		for i, t := range page {
			hashes[i] = t.Hash
		}
		have, err := r.p.redis.ListTokenVersions(ctx, hashes)
		if err != nil {
			return err
		}
		var differ []uuid.UUID
		for i, t := range page {
			if have[i].Epoch == r.inst.Epoch && have[i].Version > t.Version {
				now, err := r.p.store.TokenRecord(ctx, t.ID)
				if err != nil {
					return err
				}
				if have[i].Version <= now.Version {
					continue // changed and published since this page was read
				}
				r.redisAhead = fmt.Sprintf("Redis has version %d of token %s, Postgres knows version %d: was an older backup restored? Then run: admin epoch raise",
					have[i].Version, t.ID, now.Version)
				continue
			}
			if have[i].Epoch != r.inst.Epoch || have[i].Version != t.Version {
				differ = append(differ, t.ID)
			}
		}
		if len(differ) == 0 {
			return nil
		}
		if err := r.p.store.MarkTokensUnpublished(ctx, differ); err != nil {
			return err
		}
		r.republishedTokens += len(differ)
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(r.p.parallel)
		for _, id := range differ {
			g.Go(func() error { return r.ignoreDeferred(r.p.publishToken(gctx, id, r.rec)) })
		}
		return g.Wait()
	})
}

// ignoreDeferred returns err unless the reconciliation can continue despite it. A subject that
// can't be published now stays marked as pending, and the sweep keeps trying.
func (r *reconciliation) ignoreDeferred(err error) error {
	if errors.Is(err, errDeferred) || fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}
