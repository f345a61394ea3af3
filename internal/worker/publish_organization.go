package worker

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/document"
	"orgmodes/internal/postgres"
	"orgmodes/internal/snapshot"
)

// errNotNow means that a publication has to wait through no fault of its own:
// Redis is being reconciled, publishing is halted, this worker is superseded.
var errNotNow = errors.New("worker: can't be published now")

// publication is one attempt at an organization.
type publication struct {
	org uuid.UUID
	// rec is the reconciliation that it belongs to; the zero value for none.
	rec snapshot.Reconciliation
	// job is the River job that it is done for, 0 for none.
	job int64
	// noWait gives up with errNoRoom while too much else is being rendered.
	noWait bool
	// large takes a large library elsewhere, if it is set.
	large func(context.Context) error
}

// PublishOrganization brings an organization's current state to Redis, and what is
// changed while it does; nothing is done where nothing is pending, or where another
// publication of it is under way. An error means that it has to be tried again.
func (p *Publisher) PublishOrganization(ctx context.Context, org uuid.UUID) error {
	return p.publishFully(ctx, publication{org: org})
}

// publishFully publishes once more for as long as changes come in the meantime.
func (p *Publisher) publishFully(ctx context.Context, what publication) error {
	for {
		if err := p.publishOrganization(ctx, what); !errors.Is(err, errAgain) {
			return err
		}
	}
}

// publishOrganization brings an organization's current state to Redis, whatever
// revision it was asked for: nothing is done where nothing is pending. It returns
// errAgain where changes came while it was at work.
func (p *Publisher) publishOrganization(ctx context.Context, what publication) error {
	if p.isHalted() {
		return errNotNow
	}
	// What others write during a reconciliation is fenced off: waiting for them
	// would be in vain.
	force := what.rec != snapshot.Reconciliation{}
	asking, answered := context.WithTimeout(ctx, answerTime)
	there, err := p.ledger.AskToPublish(asking, what.org, force)
	answered()
	switch {
	case err != nil:
		return err
	case there.Held:
		p.metrics.Publications.WithLabelValues("document", "coalesced").Inc()
		return nil
	case !there.Pending:
		return nil
	case what.large != nil && isLarge(there.Bytes):
		return what.large(ctx)
	}
	leave, err := p.budget.enter(ctx, there.Bytes, !what.noWait)
	if err != nil {
		return err
	}
	defer leave()
	wanted := postgres.PublicationLease{Organization: what.org, JobID: what.job, Force: force}
	return p.underLease(ctx, wanted, func(ctx context.Context, l *lease) error { return p.publishOnce(ctx, what, l) })
}

// publishOnce reads, renders, plans and writes an organization's state, and writes
// back that it is there.
func (p *Publisher) publishOnce(ctx context.Context, what publication, l *lease) error {
	edition := p.edition.Load()
	began := time.Now()
	lib, err := p.ledger.Library(ctx, what.org)
	if err != nil {
		return err
	}
	if !lib.Pending {
		return nil
	}
	if lib.Edition > edition {
		return errNotNow // superseded: the workers of the newer edition do it
	}
	stored, err := p.redis.Stored(ctx, what.org.String())
	if err != nil {
		return err
	}
	out, doc, err := p.write(ctx, lib, edition, stored, what.rec, l)
	if err == nil && out.Status == snapshot.Changed {
		// Redis has lost, or got from elsewhere, what was to stay: it gets all of it.
		out, doc, err = p.write(ctx, lib, edition, snapshot.Stored{}, what.rec, l)
	}
	if errors.Is(err, postgres.ErrNewerPlanned) {
		// Another worker is past us with a newer state. Its write will be seen by
		// the sweep if it dies on the way.
		p.metrics.Publications.WithLabelValues("document", "outrun").Inc()
		return nil
	}
	if errors.Is(err, snapshot.ErrConflict) {
		p.metrics.Publications.WithLabelValues("document", "conflict").Inc()
	}
	if err != nil {
		return err
	}
	p.metrics.Publications.WithLabelValues("document", string(out.Status)).Inc()
	switch out.Status {
	case snapshot.Fenced, snapshot.Changed:
		return errNotNow
	case snapshot.Older:
		return p.olderThanRedis(ctx, lib, out)
	case snapshot.Published, snapshot.Retried:
	}
	ok, err := p.ledger.Published(ctx, what.org, doc.Version.Epoch, doc.Version.Revision, doc.Version.Edition, out.Incarnation)
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

// write renders a library and writes it to Redis, without the representations that
// are stored there already.
func (p *Publisher) write(
	ctx context.Context, lib postgres.Library, edition int64, stored snapshot.Stored, rec snapshot.Reconciliation, l *lease,
) (snapshot.Outcome, *snapshot.Document, error) {
	doc, err := p.render(ctx, lib, edition, stored, l)
	if err != nil {
		return snapshot.Outcome{}, nil, err
	}
	if err := l.held(ctx); err != nil {
		return snapshot.Outcome{}, nil, err
	}
	out, err := p.redis.PublishDocument(ctx, doc, rec)
	return out, doc, err
}

// render makes the document and plans its publication, which settles its tags. One
// representation at a time is in memory uncompressed, and what Redis has already is
// not compressed again.
func (p *Publisher) render(ctx context.Context, lib postgres.Library, edition int64, stored snapshot.Stored, l *lease) (*snapshot.Document, error) {
	doc := &snapshot.Document{
		Organization: lib.Organization.ID.String(),
		Version:      snapshot.Version{Epoch: lib.Installation.Epoch, Revision: lib.Organization.Revision, Edition: edition},
		CommittedAt:  lib.ChangedAt,
		Deleted:      lib.Deleted,
		Basis:        stored,
	}
	plan := postgres.Publication{Epoch: doc.Version.Epoch, Revision: doc.Version.Revision, Edition: edition}
	source := document.Source{
		Organization: lib.Organization, Modes: lib.Modes, Templates: lib.Templates, Builtins: p.builtins, Deleted: lib.Deleted,
	}
	err := document.Each(source, func(r document.Representation) error {
		if err := l.held(ctx); err != nil {
			return err
		}
		rep := snapshot.Representation{Name: r.Name, ContentType: r.ContentType, Length: len(r.Body)}
		rep.Sum, rep.Tag.Hash = snapshot.SumOf(r.Body)
		if !stored.Keep(&rep, p.codings) {
			var err error
			if rep.Encoded, err = p.encode(ctx, r.Body); err != nil {
				return err
			}
		}
		doc.Representations = append(doc.Representations, rep)
		plan.Representations = append(plan.Representations, postgres.PublishedRepresentation{
			Name: r.Name, SHA256: hex.EncodeToString(rep.Sum[:]), Length: len(r.Body), Since: lib.ChangedAt,
		})
		return nil
	})
	if err != nil {
		return nil, err
	}
	plan, err = p.ledger.PlanPublication(ctx, lib.Organization.ID, plan)
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
