package worker

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/render"
	"orgmodes/internal/resource"
	"orgmodes/internal/templates"
)

// errDeferred means that a publication has to wait for a reason other than its own: Redis is
// being reconciled, publishing is halted, or this worker is superseded.
var errDeferred = errors.New("worker: can't be published now")

// effort selects how much of an organization's state a publication renders and sends.
type effort uint8

const (
	// renderChanged renders the collections that changed; the others stay in Redis as
	// planned before.
	renderChanged effort = iota
	// renderAll renders everything, and doesn't send what Redis already has.
	renderAll
	// sendAll renders and sends everything.
	sendAll
)

// errMissingContent means that more effort is needed, because Redis lacks representations
// that were to be kept.
var errMissingContent = errors.New("worker: Redis lacks content that was to be kept")

// publication is one attempt to publish an organization.
type publication struct {
	org uuid.UUID
	// rec is the reconciliation that the publication belongs to; the zero value for none.
	rec pubstore.Reconciliation
	// job is the River job that the publication belongs to, 0 for none.
	job int64
	// noWait gives up with errNoCapacity while too much else is being rendered.
	noWait bool
	effort effort
	// requeueLarge, if set, moves a large library to another queue.
	requeueLarge func(context.Context) error
}

// PublishOrganization publishes an organization's current state to Redis, and the changes
// made while it does. It does nothing if nothing is pending, or if another publication of
// the organization is under way. After an error it has to be called again.
func (p *Publisher) PublishOrganization(ctx context.Context, org uuid.UUID) error {
	return p.publishUntilUnchanged(ctx, publication{org: org})
}

// publishUntilUnchanged publishes once more for as long as changes are made during the publication.
func (p *Publisher) publishUntilUnchanged(ctx context.Context, pub publication) error {
	for {
		if err := p.publishOrganization(ctx, pub); !errors.Is(err, errRepublish) {
			return err
		}
	}
}

// publishOrganization publishes an organization's current state to Redis, whatever revision
// was requested. It does nothing if nothing is pending. It returns errRepublish if changes
// were made during that.
func (p *Publisher) publishOrganization(ctx context.Context, pub publication) error {
	if pub.rec != (pubstore.Reconciliation{}) {
		pub.effort = renderAll // the contents of a Redis being filled are unknown
	}
	for {
		err := p.publishWithEffort(ctx, pub)
		if !errors.Is(err, errMissingContent) {
			return err
		}
		if pub.effort == sendAll {
			return errDeferred
		}
		pub.effort++
	}
}

// publishWithEffort is publishOrganization with one effort. It returns errMissingContent if
// that is not enough.
func (p *Publisher) publishWithEffort(ctx context.Context, pub publication) error {
	if p.isHalted() {
		return errDeferred
	}
	// Others' writes during a reconciliation are fenced off: waiting for them would be in
	// vain.
	force := pub.rec != pubstore.Reconciliation{}
	queryCtx, cancel := context.WithTimeout(ctx, statementTimeout)
	state, err := p.store.RequestPublication(queryCtx, pub.org, postgres.PublicationRequest{Force: force, Whole: pub.effort > renderChanged, Dependencies: p.dependencies})
	cancel()
	switch {
	case err != nil:
		return err
	case state.Held:
		p.metrics.Publications.WithLabelValues("document", "coalesced").Inc()
		return nil
	case !state.Pending:
		return nil
	case pub.requeueLarge != nil && isLarge(state.Bytes):
		return pub.requeueLarge(ctx)
	}
	release, err := p.budget.acquire(ctx, state.Bytes, !pub.noWait)
	if err != nil {
		return err
	}
	defer release()
	want := postgres.PublicationLease{Organization: pub.org, JobID: pub.job, Force: force}
	return p.withLease(ctx, want, func(ctx context.Context, l *lease) error { return p.publishOnce(ctx, pub, l) })
}

// publishOnce reads, renders, plans and writes an organization's state, and records in
// Postgres that it is published.
func (p *Publisher) publishOnce(ctx context.Context, pub publication, l *lease) error {
	edition := p.edition.Load()
	began := time.Now()
	var stored pubstore.Stored
	if pub.effort < sendAll {
		var err error
		if stored, err = p.redis.Stored(ctx, pub.org.String(), p.manyNamed...); err != nil {
			return err
		}
	}
	var unchanged map[string][]pubstore.Representation
	lost := false
	lib, err := p.store.Library(ctx, pub.org, p.named, func(lib postgres.Library) (kinds []string) {
		if pub.effort == renderChanged {
			if unchanged, lost = p.unchangedRepresentations(lib, edition, stored); lost {
				return nil
			}
		}
		for _, c := range p.collections {
			if _, stay := unchanged[c.Name]; !stay {
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
		return errDeferred // superseded: the workers of the newer edition publish it
	}
	if lost {
		return errMissingContent // retry with a budget for all of it
	}
	doc, err := p.render(ctx, lib, edition, stored, unchanged, l)
	var out pubstore.Outcome
	if err == nil {
		out, err = p.writeDocument(ctx, doc, pub.rec, l)
	}
	if errors.Is(err, postgres.ErrNewerPlanned) {
		// Another worker is ahead of this one with a newer state. If it dies before its
		// write, the sweep publishes that state.
		p.metrics.Publications.WithLabelValues("document", "outrun").Inc()
		return nil
	}
	if errors.Is(err, pubstore.ErrConflict) {
		p.metrics.Publications.WithLabelValues("document", "conflict").Inc()
	}
	if err != nil {
		return err
	}
	p.metrics.Publications.WithLabelValues("document", string(out.Status)).Inc()
	switch out.Status {
	case pubstore.Fenced:
		return errDeferred
	case pubstore.Changed:
		return errMissingContent
	case pubstore.Older:
		return p.handleNewerInRedis(ctx, lib, out)
	case pubstore.Published, pubstore.Unchanged:
	}
	ok, err := p.store.MarkPublished(ctx, pub.org, doc.Version.Epoch, doc.Version.Revision, doc.Version.Edition, out.Incarnation)
	if err != nil {
		return err
	}
	if !ok {
		return errDeferred // Redis was replaced since: it is published again
	}
	p.resume()
	if out.Status == pubstore.Published {
		p.metrics.Duration.Observe(time.Since(began).Seconds())
		p.metrics.Propagation.Observe(time.Since(lib.ChangedAt).Seconds())
	}
	return nil
}

// writeDocument sends a document to Redis, without the representations that are stored there
// already.
func (p *Publisher) writeDocument(ctx context.Context, doc *pubstore.Document, rec pubstore.Reconciliation, l *lease) (pubstore.Outcome, error) {
	if err := l.ensureHeld(ctx); err != nil {
		return pubstore.Outcome{}, err
	}
	return p.redis.PublishDocument(ctx, doc, rec)
}

// unchangedRepresentations returns the representations of the collections that need not be
// rendered, because none of their sources changed since they were planned. It reports lost
// if Redis does not have them as planned.
func (p *Publisher) unchangedRepresentations(lib postgres.Library, edition int64, stored pubstore.Stored) (unchanged map[string][]pubstore.Representation, lost bool) {
	planned := lib.Planned
	if planned.Epoch != lib.Installation.Epoch || planned.Edition != edition {
		return nil, false
	}
	if len(planned.Representations) == 0 {
		return nil, true // the organization was deleted then
	}
	unchanged = map[string][]pubstore.Representation{}
	for _, c := range p.collections {
		if !c.StaleAfter(lib.Changed, lib.Renamed) {
			unchanged[c.Name] = nil
		}
	}
	for _, was := range planned.Representations {
		name := render.CollectionName(was.Name)
		if _, stay := unchanged[name]; !stay {
			continue
		}
		r := pubstore.Representation{Name: was.Name, Length: was.Length}
		sum, err := hex.DecodeString(was.SHA256)
		if copy(r.Sum[:], sum) != len(sum) || err != nil || !stored.Keep(&r, p.codings) {
			return nil, true
		}
		r.Tag.Hash = [8]byte(r.Sum[:8])
		unchanged[name] = append(unchanged[name], r)
	}
	return unchanged, false
}

// render builds the document and plans its publication, which sets its tags. Only one
// representation at a time is in memory uncompressed. A representation that Redis already
// has is not compressed again.
func (p *Publisher) render(
	ctx context.Context, lib postgres.Library, edition int64, stored pubstore.Stored, unchanged map[string][]pubstore.Representation, l *lease,
) (*pubstore.Document, error) {
	doc := &pubstore.Document{
		Organization: lib.Organization.ID.String(),
		Version:      pubstore.Version{Epoch: lib.Installation.Epoch, Revision: lib.Organization.Revision, Edition: edition},
		CommittedAt:  lib.ChangedAt,
		Deleted:      lib.Deleted,
		Basis:        stored,
	}
	source := render.Source{
		Organization: lib.Organization, Builtins: p.builtins, Deleted: lib.Deleted, Objects: lib.Objects,
		Modes: resource.MapObjects(lib.Objects[modes.KindName], modes.FromObject), Templates: resource.MapObjects(lib.Objects[templates.KindName], templates.FromObject),
	}
	for _, c := range p.collections {
		if kept, ok := unchanged[c.Name]; ok {
			doc.Representations = append(doc.Representations, kept...)
			continue
		}
		err := c.Each(source, func(r render.Representation) error {
			if err := l.ensureHeld(ctx); err != nil {
				return err
			}
			rep := pubstore.Representation{Name: r.Name, ContentType: r.ContentType, Length: len(r.Body)}
			rep.Sum, rep.Tag.Hash = pubstore.SumOf(r.Body)
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
	plan, err := p.store.PlanPublication(ctx, lib.Organization.ID, plan)
	if err != nil {
		return nil, err
	}
	for i, r := range plan.Representations {
		doc.Representations[i].Tag.Epoch, doc.Representations[i].Tag.Revision = r.Epoch, r.Revision
	}
	return doc, nil
}

// handleNewerInRedis handles a state that Redis refused as older. Either another worker has
// published a newer state since, or Redis knows of changes that Postgres doesn't.
func (p *Publisher) handleNewerInRedis(ctx context.Context, lib postgres.Library, out pubstore.Outcome) error {
	have, err := pubstore.ParseVersion(out.Before)
	if err != nil {
		return err
	}
	now, err := p.store.Revision(ctx, lib.Organization.ID)
	if err != nil {
		return err
	}
	inst, err := p.store.Installation(ctx)
	if err != nil {
		return err
	}
	if have.Epoch > inst.Epoch || have.Epoch == inst.Epoch && have.Revision > now {
		p.halt(staleDatabaseMessage(lib.Organization.ID.String(), have, inst.Epoch, now))
		return errDeferred
	}
	// Redis has a newer state that Postgres knows. The worker that wrote it records that, or
	// the sweep does.
	return errDeferred
}

func staleDatabaseMessage(org string, have pubstore.Version, epoch, revision int64) string {
	return fmt.Sprintf("Redis has revision %d of organization %s under epoch %d, Postgres knows revision %d under epoch %d: "+
		"was an older backup restored? Then run: admin epoch raise", have.Revision, org, have.Epoch, revision, epoch)
}
