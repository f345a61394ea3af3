package simulation

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
	"orgmodes/internal/templates"
	"orgmodes/internal/token"
)

// database is a model of our Postgres as a Publisher uses it. Its commits take time, its
// calls fail before or after they are carried out, and its clock is off. It also records
// when each change was committed.
type database struct {
	mu   sync.Mutex
	skew time.Duration // how far the database's clock is ahead
	// failureRate is the probability that a call fails; half of the failed calls are carried
	// out.
	failureRate float64

	installation postgres.Installation
	edition      int64
	orgs         map[uuid.UUID]*orgRow
	tokens       map[uuid.UUID]*tokenRow
	leases       map[uuid.UUID]*leaseRow
	order        []uuid.UUID // organizations in order of creation
	tokenOrder   []uuid.UUID
}

type orgRow struct {
	id          uuid.UUID
	revision    int64
	changedAt   time.Time // database clock
	modes       []modes.OrganizationMode
	templates   []templates.OrganizationTemplate
	pending     time.Time // zero: nothing is pending
	changes     []change
	publication *postgres.Publication
}

// change is one committed change, with the true time of its commit.
type change struct {
	revision int64
	began    time.Time // database clock: the value of now() in the transaction
	commit   time.Time // true time
	epoch    int64
	// document is the document that changed: the path that editors request.
	document string
}

type tokenRow struct {
	id      uuid.UUID
	secret  string
	org     uuid.UUID
	version int64
	revoked time.Time // true time of the commit; zero if it isn't revoked
	pending time.Time
}

func newDatabase(skew time.Duration) *database {
	return &database{
		skew: skew, edition: 1, installation: postgres.Installation{Epoch: 1, Incarnation: 1},
		orgs: map[uuid.UUID]*orgRow{}, tokens: map[uuid.UUID]*tokenRow{}, leases: map[uuid.UUID]*leaseRow{},
	}
}

var errConnectionBroken = errors.New("database: the connection broke")

// now returns the time of the database's clock.
func (d *database) now() time.Time { return time.Now().Add(d.skew) }

// storeConn is one publisher's connection to the database; it implements worker.Store. Each
// connection and each kind of call has its own source of randomness.
type storeConn struct {
	*database
	newRand func(key string) *rand.Rand
	rands   map[string]*rand.Rand
}

// call is one round trip with a transaction: fn runs at its commit, with the time at which
// the transaction began.
func (d *storeConn) call(ctx context.Context, key string, fn func(began time.Time) error) error {
	d.mu.Lock()
	rng, ok := d.rands[key]
	if !ok {
		rng = d.newRand(key)
		d.rands[key] = rng
	}
	there := time.Duration(1 + rng.Int64N(int64(3*time.Millisecond)))
	back := time.Duration(1 + rng.Int64N(int64(3*time.Millisecond)))
	fails, carriedOut := rng.Float64() < d.failureRate, rng.IntN(2) == 0
	d.mu.Unlock()
	began := d.now()
	if err := sleep(ctx, there); err != nil {
		return err
	}
	if fails && !carriedOut {
		return errConnectionBroken
	}
	d.mu.Lock()
	err := fn(began)
	d.mu.Unlock()
	if err != nil {
		return err
	}
	if fails {
		return errConnectionBroken
	}
	return sleep(ctx, back)
}

func (d *database) org(id uuid.UUID) (*orgRow, error) {
	o, ok := d.orgs[id]
	if !ok {
		return nil, fault.New(fault.NotFound, "not_found", "no such organization")
	}
	return o, nil
}

func (d *database) token(id uuid.UUID) (*tokenRow, error) {
	t, ok := d.tokens[id]
	if !ok {
		return nil, fault.New(fault.NotFound, "not_found", "no such token")
	}
	return t, nil
}

// Installation implements worker.Store.
func (d *storeConn) Installation(ctx context.Context) (out postgres.Installation, err error) {
	err = d.call(ctx, "Installation", func(time.Time) error { out = d.installation; return nil })
	return out, err
}

// RaiseIncarnation implements worker.Store.
func (d *storeConn) RaiseIncarnation(ctx context.Context, found int64) (out postgres.Installation, err error) {
	err = d.call(ctx, "RaiseIncarnation", func(time.Time) error {
		d.installation.Incarnation = max(d.installation.Incarnation, found) + 1
		out = d.installation
		return nil
	})
	return out, err
}

// Library implements worker.Store.
func (d *storeConn) Library(ctx context.Context, id uuid.UUID, _ []string, choose func(postgres.Library) []string) (out postgres.Library, err error) {
	err = d.call(ctx, "Library "+id.String(), func(time.Time) error {
		o, err := d.org(id)
		if err != nil {
			return err
		}
		out = postgres.Library{
			Organization: organization.Organization{ID: o.id, Slug: "org", Name: "Org", Revision: o.revision},
			ChangedAt:    o.changedAt, Pending: !o.pending.IsZero(), Installation: d.installation, Edition: d.edition,
			Objects: map[string][]resource.Object{},
		}
		if !out.Pending {
			return nil
		}
		if o.publication != nil {
			out.Planned = *o.publication
		}
		for _, c := range o.changes {
			if kind := kindOf[c.document]; c.revision > out.Planned.Revision && !slices.Contains(out.Changed, kind) {
				out.Changed = append(out.Changed, kind)
			}
		}
		for _, kind := range choose(out) {
			out.Objects[kind] = o.objects(kind)
		}
		return nil
	})
	return out, err
}

// kindOf maps each document to the kind of object it contains.
var kindOf = map[string]string{"modes.yaml": modes.KindName, "templates": templates.KindName}

func (o *orgRow) objects(kind string) (all []resource.Object) {
	if kind == modes.KindName {
		for _, m := range o.modes {
			all = append(all, m.Object())
		}
		return all
	}
	for _, t := range o.templates {
		all = append(all, t.Object())
	}
	return all
}

// Revision implements worker.Store.
func (d *storeConn) Revision(ctx context.Context, id uuid.UUID) (out int64, err error) {
	err = d.call(ctx, "Revision "+id.String(), func(time.Time) error {
		o, err := d.org(id)
		if err == nil {
			out = o.revision
		}
		return err
	})
	return out, err
}

// ForEachOrganization implements worker.Store.
func (d *storeConn) ForEachOrganization(ctx context.Context, _ int, fn func([]postgres.PendingOrganization) error) error {
	var page []postgres.PendingOrganization
	err := d.call(ctx, "EachRevision", func(time.Time) error {
		for _, id := range d.order {
			page = append(page, postgres.PendingOrganization{ID: id, Revision: d.orgs[id].revision})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return fn(page)
}

// PlanPublication implements worker.Store. Its rules are those of postgres.PlanPublication,
// which are tested there.
func (d *storeConn) PlanPublication(ctx context.Context, id uuid.UUID, next postgres.Publication) (postgres.Publication, error) {
	err := d.call(ctx, "PlanPublication "+id.String(), func(time.Time) error {
		o, err := d.org(id)
		if err != nil {
			return err
		}
		var before postgres.Publication
		if o.publication != nil {
			before = *o.publication
			if slices.Compare([]int64{next.Epoch, next.Revision, next.Edition}, []int64{before.Epoch, before.Revision, before.Edition}) < 0 {
				return postgres.ErrNewerPlanned
			}
		}
		next.CarryTags(before)
		stored := next
		stored.Representations = slices.Clone(next.Representations)
		o.publication = &stored
		return nil
	})
	return next, err
}

// MarkPublished implements worker.Store.
func (d *storeConn) MarkPublished(ctx context.Context, id uuid.UUID, epoch, revision, _, incarnation int64) (ok bool, err error) {
	err = d.call(ctx, "Published "+id.String(), func(time.Time) error {
		o, err := d.org(id)
		if err != nil {
			return err
		}
		ok = d.installation == postgres.Installation{Epoch: epoch, Incarnation: incarnation}
		if ok {
			o.pending = o.outdatedSince(revision)
		}
		return nil
	})
	return ok, err
}

// outdatedSince returns the time since which a revision is outdated, or zero if it is current.
func (o *orgRow) outdatedSince(revision int64) time.Time {
	var first time.Time
	for _, c := range o.changes {
		if c.revision > revision && (first.IsZero() || c.began.Before(first)) {
			first = c.began
		}
	}
	return first
}

// MarkUnpublished implements worker.Store.
func (d *storeConn) MarkUnpublished(ctx context.Context, id uuid.UUID, found int64) error {
	return d.call(ctx, "Unpublish "+id.String(), func(time.Time) error {
		o, err := d.org(id)
		if err != nil {
			return err
		}
		if o.pending = o.outdatedSince(found); o.pending.IsZero() {
			o.pending = o.changes[0].began
		}
		return nil
	})
}

// TokenRecord implements worker.Store.
func (d *storeConn) TokenRecord(ctx context.Context, id uuid.UUID) (out postgres.TokenRecord, err error) {
	err = d.call(ctx, "TokenRecord "+id.String(), func(time.Time) error {
		t, err := d.token(id)
		if err != nil {
			return err
		}
		out = postgres.TokenRecord{
			ID: id, Hash: token.HashOf([]byte(t.secret)), Organizations: []uuid.UUID{t.org}, Scopes: []string{"read"},
			Revoked: !t.revoked.IsZero(), Version: t.version, Pending: !t.pending.IsZero(), Installation: d.installation,
		}
		return nil
	})
	return out, err
}

// ForEachToken implements worker.Store.
func (d *storeConn) ForEachToken(ctx context.Context, _ int, fn func([]postgres.TokenKey) error) error {
	var page []postgres.TokenKey
	err := d.call(ctx, "EachToken", func(time.Time) error {
		for _, id := range d.tokenOrder {
			t := d.tokens[id]
			page = append(page, postgres.TokenKey{ID: id, Hash: token.HashOf([]byte(t.secret)), Version: t.version})
		}
		return nil
	})
	if err != nil || len(page) == 0 {
		return err
	}
	return fn(page)
}

// MarkTokenPublished implements worker.Store.
func (d *storeConn) MarkTokenPublished(ctx context.Context, id uuid.UUID, version int64, in postgres.Installation) (ok bool, err error) {
	err = d.call(ctx, "TokenPublished "+id.String(), func(time.Time) error {
		t, err := d.token(id)
		if err != nil {
			return err
		}
		if ok = d.installation == in; ok && t.version <= version {
			t.pending = time.Time{}
		}
		return nil
	})
	return ok, err
}

// MarkTokensUnpublished implements worker.Store.
func (d *storeConn) MarkTokensUnpublished(ctx context.Context, ids []uuid.UUID) error {
	return d.call(ctx, "UnpublishTokens", func(began time.Time) error {
		for _, id := range ids {
			if t := d.tokens[id]; t.pending.IsZero() {
				t.pending = began.Add(-time.Hour)
			}
		}
		return nil
	})
}

// UnknownOrganizations implements worker.Store: the database never loses anything.
func (d *storeConn) UnknownOrganizations(context.Context, []uuid.UUID) ([]uuid.UUID, error) {
	return nil, nil
}

// UnknownTokens implements worker.Store.
func (d *storeConn) UnknownTokens(context.Context, []token.Hash) ([]token.Hash, error) {
	return nil, nil
}

// PendingOrganizations implements worker.Store.
func (d *storeConn) PendingOrganizations(ctx context.Context, longer time.Duration, _ int) (out []postgres.PendingOrganization, err error) {
	err = d.call(ctx, "PendingOrganizations", func(began time.Time) error {
		for _, id := range d.order {
			if o := d.orgs[id]; !o.pending.IsZero() && !o.pending.After(began.Add(-longer)) && !d.leased(id) {
				out = append(out, postgres.PendingOrganization{ID: id, Revision: o.revision})
			}
		}
		return nil
	})
	return out, err
}

// PendingTokens implements worker.Store.
func (d *storeConn) PendingTokens(ctx context.Context, longer time.Duration, _ int) (out []postgres.PendingToken, err error) {
	err = d.call(ctx, "PendingTokens", func(began time.Time) error {
		for _, id := range d.tokenOrder {
			if t := d.tokens[id]; !t.pending.IsZero() && !t.pending.After(began.Add(-longer)) {
				out = append(out, postgres.PendingToken{ID: id, Version: t.version})
			}
		}
		return nil
	})
	return out, err
}

// CountPending implements worker.Store.
func (d *storeConn) CountPending(context.Context) (postgres.Pending, error) {
	return postgres.Pending{}, nil
}

// Unpublished implements worker.Store. The time is the transaction's start; the snapshot is
// taken later.
func (d *storeConn) Unpublished(ctx context.Context, _ int) (out postgres.Unpublished, err error) {
	err = d.call(ctx, "Unpublished", func(began time.Time) error {
		out = postgres.Unpublished{
			At: began, Installation: d.installation, Organizations: map[uuid.UUID]time.Time{}, Tokens: map[token.Hash]time.Time{},
		}
		for id, o := range d.orgs {
			if !o.pending.IsZero() {
				out.Organizations[id] = o.pending
			}
		}
		for _, t := range d.tokens {
			if !t.pending.IsZero() {
				out.Tokens[token.HashOf([]byte(t.secret))] = t.pending
			}
		}
		return nil
	})
	return out, err
}
