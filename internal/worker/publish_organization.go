package worker

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"orgmodes/internal/document"
	"orgmodes/internal/fault"
	"orgmodes/internal/jobs"
	"orgmodes/internal/postgres"
	"orgmodes/internal/snapshot"
)

// errNotNow means that a publication has to wait through no fault of its own:
// Redis is being reconciled, publishing is halted, this worker is superseded.
var errNotNow = errors.New("worker: can't be published now")

type organizationJob struct {
	river.WorkerDefaults[jobs.PublishOrganization]
	p *Publisher
}

// Work implements river.Worker.
func (j *organizationJob) Work(ctx context.Context, job *river.Job[jobs.PublishOrganization]) error {
	return j.p.result(j.p.PublishOrganization(ctx, job.Args.OrganizationID),
		"organization", job.Args.OrganizationID, "revision", job.Args.Revision, "attempt", job.Attempt)
}

// result tells River what to do about a publication's outcome.
func (p *Publisher) result(err error, about ...any) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errNotNow):
		return river.JobSnooze(snooze)
	case fault.Is(err, fault.NotFound):
		return river.JobCancel(err)
	}
	p.log.Error("publishing failed, will be tried again", append(about, "error", err)...)
	return err
}

// PublishOrganization brings an organization's current state to Redis; nothing
// is done where nothing is pending. An error means that it has to be tried again.
func (p *Publisher) PublishOrganization(ctx context.Context, org uuid.UUID) error {
	return p.publishOrganization(ctx, org, snapshot.Reconciliation{})
}

// publishOrganization brings an organization's current state to Redis, whatever
// revision it was asked for: nothing is done where nothing is pending.
func (p *Publisher) publishOrganization(ctx context.Context, org uuid.UUID, rec snapshot.Reconciliation) error {
	edition := p.edition.Load()
	if p.isHalted() {
		return errNotNow
	}
	began := time.Now()
	lib, err := p.ledger.Library(ctx, org)
	if err != nil {
		return err
	}
	if !lib.Pending {
		return nil
	}
	if lib.Edition > edition {
		return errNotNow // superseded: the workers of the newer edition do it
	}
	doc, err := p.render(ctx, lib, edition)
	if errors.Is(err, postgres.ErrNewerPlanned) {
		// Another worker is past us with a newer state. Its write will be seen by
		// the sweep if it dies on the way.
		p.metrics.Publications.WithLabelValues("document", "outrun").Inc()
		return nil
	}
	if err != nil {
		return err
	}
	out, err := p.redis.PublishDocument(ctx, doc, rec)
	if errors.Is(err, snapshot.ErrConflict) {
		p.metrics.Publications.WithLabelValues("document", "conflict").Inc()
	}
	if err != nil {
		return err
	}
	p.metrics.Publications.WithLabelValues("document", string(out.Status)).Inc()
	switch out.Status {
	case snapshot.Fenced:
		return errNotNow
	case snapshot.Older:
		return p.olderThanRedis(ctx, lib, out)
	case snapshot.Published, snapshot.Retried:
	}
	ok, err := p.ledger.Published(ctx, org, doc.Version.Epoch, doc.Version.Revision, doc.Version.Edition, out.Incarnation)
	if err != nil {
		return err
	}
	if !ok {
		return errNotNow // Redis was replaced meanwhile: it is published again
	}
	p.resume()
	if out.Status == snapshot.Published {
		p.metrics.Duration.Observe(time.Since(began).Seconds())
		p.metrics.Propagation.Observe(time.Since(lib.ChangedAt).Seconds())
	}
	return nil
}

// render makes the document and plans its publication, which settles its tags.
func (p *Publisher) render(ctx context.Context, lib postgres.Library, edition int64) (*snapshot.Document, error) {
	doc := &snapshot.Document{
		Organization: lib.Organization.ID.String(),
		Version:      snapshot.Version{Epoch: lib.Installation.Epoch, Revision: lib.Organization.Revision, Edition: edition},
		CommittedAt:  lib.ChangedAt,
		Deleted:      lib.Deleted,
	}
	plan := postgres.Publication{Epoch: doc.Version.Epoch, Revision: doc.Version.Revision, Edition: edition}
	if !lib.Deleted {
		for _, r := range document.Render(document.Source{Organization: lib.Organization, Modes: lib.Modes, Templates: lib.Templates, Builtins: p.builtins}) {
			rep := snapshot.Representation{Name: r.Name, ContentType: r.ContentType, Length: len(r.Body)}
			rep.Sum, rep.Tag.Hash = snapshot.SumOf(r.Body)
			var err error
			if rep.Encoded, err = p.encode(r.Body); err != nil {
				return nil, err
			}
			doc.Representations = append(doc.Representations, rep)
			plan.Representations = append(plan.Representations, postgres.PublishedRepresentation{
				Name: r.Name, SHA256: hex.EncodeToString(rep.Sum[:]), Length: len(r.Body), Since: lib.ChangedAt,
			})
		}
	}
	plan, err := p.ledger.PlanPublication(ctx, lib.Organization.ID, plan)
	if err != nil {
		return nil, err
	}
	for i, r := range plan.Representations {
		doc.Representations[i].Tag.Epoch, doc.Representations[i].Tag.Revision = r.Epoch, r.Revision
	}
	return doc, nil
}

// olderThanRedis judges a refusal: either another worker has published a newer
// state meanwhile, or Redis knows of changes that Postgres doesn't.
func (p *Publisher) olderThanRedis(ctx context.Context, lib postgres.Library, out snapshot.Outcome) error {
	have, err := snapshot.ParseVersion(out.Before)
	if err != nil {
		return err
	}
	now, err := p.ledger.Revision(ctx, lib.Organization.ID)
	if err != nil {
		return err
	}
	inst, err := p.ledger.Installation(ctx)
	if err != nil {
		return err
	}
	if have.Epoch > inst.Epoch || have.Epoch == inst.Epoch && have.Revision > now {
		p.halt(ahead(lib.Organization.ID.String(), have, inst.Epoch, now))
		return errNotNow
	}
	// What is there is newer and known to Postgres; whoever wrote it writes that
	// back, or the sweep does.
	return errNotNow
}

func ahead(org string, have snapshot.Version, epoch, revision int64) string {
	return fmt.Sprintf("Redis has revision %d of organization %s under epoch %d, Postgres knows revision %d under epoch %d: "+
		"was an older backup restored? Then run: admin epoch raise", have.Revision, org, have.Epoch, revision, epoch)
}
