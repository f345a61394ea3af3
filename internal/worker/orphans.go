package worker

import (
	"context"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
)

// tombstoneOrphans writes tombstones for the organizations and tokens in Redis that
// Postgres doesn't know. After an older backup was restored, these were created after it:
// no one could see or revoke such a token any more.
func (r *reconciliation) tombstoneOrphans(ctx context.Context) error {
	err := r.p.redis.ForEachOrganization(ctx, func(orgs []string) error {
		ids := make([]uuid.UUID, 0, len(orgs))
		for _, o := range orgs {
			if id, err := uuid.Parse(o); err == nil {
				ids = append(ids, id)
			}
		}
		unknown, err := r.p.store.UnknownOrganizations(ctx, ids)
		if err != nil {
			return err
		}
		for _, id := range unknown {
			_, err := r.p.redis.PublishDocument(ctx, &pubstore.Document{
				Organization: id.String(), Deleted: true, CommittedAt: time.Now(),
				Version: pubstore.Version{Epoch: r.inst.Epoch, Revision: 1, Edition: r.p.edition.Load()},
			}, r.rec)
			if err != nil {
				return err
			}
			r.orphanOrganizations++
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.p.redis.ForEachToken(ctx, func(hashes []token.Hash) error {
		unknown, err := r.p.store.UnknownTokens(ctx, hashes)
		if err != nil {
			return err
		}
		for _, h := range unknown {
			_, err := r.p.redis.PublishToken(ctx, &pubstore.Token{Hash: h, Revoked: true, Epoch: r.inst.Epoch, Version: 1}, r.rec)
			if err != nil {
				return err
			}
			r.orphanTokens++
		}
		return nil
	})
}
