package worker

import (
	"context"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"orgmodes/internal/jobs"
	"orgmodes/internal/pubstore"
)

type tokenJob struct {
	river.WorkerDefaults[jobs.PublishToken]
	p *Publisher
}

// Work implements river.Worker.
func (j *tokenJob) Work(ctx context.Context, job *river.Job[jobs.PublishToken]) error {
	return j.p.jobResult(j.p.PublishToken(ctx, job.Args.TokenID),
		"token", job.Args.TokenID, "version", job.Args.Version, "attempt", job.Attempt)
}

// PublishToken publishes a token's record as PublishOrganization does an organization.
func (p *Publisher) PublishToken(ctx context.Context, id uuid.UUID) error {
	return p.publishToken(ctx, id, pubstore.Reconciliation{})
}

// publishToken publishes a token's current record to Redis. It does nothing if nothing is
// pending.
func (p *Publisher) publishToken(ctx context.Context, id uuid.UUID, rec pubstore.Reconciliation) error {
	if p.isHalted() {
		return errDeferred
	}
	t, err := p.store.TokenRecord(ctx, id)
	if err != nil {
		return err
	}
	if !t.Pending {
		return nil
	}
	record := &pubstore.Token{
		Hash: t.Hash, ID: t.ID.String(), User: t.User.String(), Scopes: t.Scopes, Revoked: t.Revoked,
		Epoch: t.Installation.Epoch, Version: t.Version, ChangedAt: t.ChangedAt,
	}
	for _, org := range t.Organizations {
		record.Organizations = append(record.Organizations, org.String())
	}
	if t.ExpiresAt != nil {
		record.ExpiresAt = *t.ExpiresAt
	}
	out, err := p.redis.PublishToken(ctx, record, rec)
	if err != nil {
		return err
	}
	p.metrics.Publications.WithLabelValues("token", string(out.Status)).Inc()
	switch out.Status {
	case pubstore.Fenced, pubstore.Older:
		// Older: a newer version was published since, whose worker records that.
		return errDeferred
	case pubstore.Published, pubstore.Unchanged:
	}
	written := t.Installation
	written.Incarnation = out.Incarnation
	ok, err := p.store.MarkTokenPublished(ctx, id, t.Version, written)
	if err == nil && !ok {
		err = errDeferred
	}
	return err
}
