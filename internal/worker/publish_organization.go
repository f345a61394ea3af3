package worker

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/document"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
	"orgmodes/internal/snapshot"
	"orgmodes/internal/templates"
)

// errNotNow means that a publication has to wait through no fault of its own:
// Redis is being reconciled, publishing is halted, this worker is superseded.
var errNotNow = errors.New("worker: can't be published now")

// effort selects how much of an organization's state a publication renders and sends.
type effort uint8

const (
	// whatChanged renders the collections that changed; the others stay in Redis as
	// planned before.
	whatChanged effort = iota
	// renderAll renders everything, and doesn't send what Redis already has.
	renderAll
	// sendAll renders and sends everything.
	sendAll
)

// errMore means that more effort is needed: Redis does not have what was to stay.
var errMore = errors.New("worker: Redis does not have what was to stay")

// publication is one attempt at an organization.
type publication struct {
	org uuid.UUID
	// rec is the reconciliation that it belongs to; the zero value for none.
	rec snapshot.Reconciliation
	// job is the River job that it is done for, 0 for none.
	job int64
	// noWait gives up with errNoRoom while too much else is being rendered.
	noWait bool
	effort effort
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
	if what.rec != (snapshot.Reconciliation{}) {
		what.effort = renderAll // who knows what the Redis that is filled has
	}
	for {
		err := p.attempt(ctx, what)
		if !errors.Is(err, errMore) {
			return err
		}
		if what.effort == sendAll {
			return errNotNow
		}
		what.effort++
	}
}

// attempt is publishOrganization with one effort; errMore asks for the next one.
func (p *Publisher) attempt(ctx context.Context, what publication) error {
	if p.isHalted() {
		return errNotNow
	}
	// What others write during a reconciliation is fenced off: waiting for them
	// would be in vain.
	force := what.rec != snapshot.Reconciliation{}
	asking, answered := context.WithTimeout(ctx, answerTime)
	there, err := p.ledger.AskToPublish(asking, what.org, postgres.Ask{Force: force, Whole: what.effort > whatChanged, Reads: p.reads})
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
	var stored snapshot.Stored
	if what.effort < sendAll {
		var err error
		if stored, err = p.redis.Stored(ctx, what.org.String(), p.many...); err != nil {
			return err
		}
	}
	var stays map[string][]snapshot.Representation
	lost := false
	lib, err := p.ledger.Library(ctx, what.org, p.named, func(lib postgres.Library) (kinds []string) {
		if what.effort == whatChanged {
			if stays, lost = p.unchanged(lib, edition, stored); lost {
				return nil
			}
		}
		for _, c := range p.collections {
			if _, stay := stays[c.Name]; !stay {
				kinds = append(kinds, c.Kinds()...)
			}
		}
		slices.Sort(kinds)
		return slices.Compact(kinds)
	})
	if err != nil {
		return err
	}
	if !lib.Pending {
		return nil
	}
	if lib.Edition > edition {
		return errNotNow // superseded: the workers of the newer edition do it
	}
	if lost {
		return errMore // with a budget for all of it
	}
	doc, err := p.render(ctx, lib, edition, stored, stays, l)
	var out snapshot.Outcome
	if err == nil {
		out, err = p.write(ctx, doc, what.rec, l)
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
	case snapshot.Fenced:
		return errNotNow
	case snapshot.Changed:
		return errMore
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

// write sends a document to Redis, without the representations that are stored there
// already.
func (p *Publisher) write(ctx context.Context, doc *snapshot.Document, rec snapshot.Reconciliation, l *lease) (snapshot.Outcome, error) {
	if err := l.held(ctx); err != nil {
		return snapshot.Outcome{}, err
	}
	return p.redis.PublishDocument(ctx, doc, rec)
}

// unchanged returns the representations of the collections that need not be rendered,
// as nothing that they are made of was changed since they were planned. It reports lost
// if Redis does not have them as they were.
func (p *Publisher) unchanged(lib postgres.Library, edition int64, stored snapshot.Stored) (stays map[string][]snapshot.Representation, lost bool) {
	planned := lib.Planned
	if planned.Epoch != lib.Installation.Epoch || planned.Edition != edition {
		return nil, false
	}
	if len(planned.Representations) == 0 {
		return nil, true // it was deleted then
	}
	stays = map[string][]snapshot.Representation{}
	for _, c := range p.collections {
		if !c.StaleAfter(lib.Changed, lib.Renamed) {
			stays[c.Name] = nil
		}
	}
	for _, was := range planned.Representations {
		name := document.CollectionOf(was.Name)
		if _, stay := stays[name]; !stay {
			continue
		}
		r := snapshot.Representation{Name: was.Name, Length: was.Length}
		sum, err := hex.DecodeString(was.SHA256)
		if copy(r.Sum[:], sum) != len(sum) || err != nil || !stored.Keep(&r, p.codings) {
			return nil, true
		}
		r.Tag.Hash = [8]byte(r.Sum[:8])
		stays[name] = append(stays[name], r)
	}
	return stays, false
}

// render makes the document and plans its publication, which settles its tags. One
// representation at a time is in memory uncompressed, and what Redis has already is
// not compressed again.
func (p *Publisher) render(
	ctx context.Context, lib postgres.Library, edition int64, stored snapshot.Stored, stays map[string][]snapshot.Representation, l *lease,
) (*snapshot.Document, error) {
	doc := &snapshot.Document{
		Organization: lib.Organization.ID.String(),
		Version:      snapshot.Version{Epoch: lib.Installation.Epoch, Revision: lib.Organization.Revision, Edition: edition},
		CommittedAt:  lib.ChangedAt,
		Deleted:      lib.Deleted,
		Basis:        stored,
	}
	source := document.Source{
		Organization: lib.Organization, Builtins: p.builtins, Deleted: lib.Deleted, Objects: lib.Objects,
		Modes: resource.Each(lib.Objects[modes.KindName], modes.FromObject), Templates: resource.Each(lib.Objects[templates.KindName], templates.FromObject),
	}
	for _, c := range p.collections {
		if unchanged, stay := stays[c.Name]; stay {
			doc.Representations = append(doc.Representations, unchanged...)
			continue
		}
		err := c.Each(source, func(r document.Representation) error {
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
			rep.ContentType = r.ContentType
			doc.Representations = append(doc.Representations, rep)
			return nil
		})
		if err != nil {
			return nil, err
		}
		p.metrics.Rendered.WithLabelValues(c.Name).Inc()
	}
	plan := postgres.Publication{Epoch: doc.Version.Epoch, Revision: doc.Version.Revision, Edition: edition}
	for _, r := range doc.Representations {
		plan.Representations = append(plan.Representations, postgres.PublishedRepresentation{
			Name: r.Name, SHA256: hex.EncodeToString(r.Sum[:]), Length: r.Length, Since: lib.ChangedAt,
		})
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
