package simulation

import (
	"context"
	"maps"
	"time"

	"github.com/google/uuid"
)

// The actions of users. Each returns when the change is committed.

func (d *database) createOrg(id uuid.UUID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.orgs[id] = &orgRow{id: id}
	d.order = append(d.order, id)
	d.commit(d.orgs[id], d.now(), "")
}

func (d *database) createToken(id, org uuid.UUID, secret string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tokens[id] = &tokenRow{id: id, secret: secret, org: org, version: 1, pending: d.now()}
	d.tokenOrder = append(d.tokenOrder, id)
}

// changeOrg changes one of an organization's documents in a transaction that began some
// time ago. edit receives the new revision.
func (d *database) changeOrg(ctx context.Context, id uuid.UUID, takes time.Duration, document string, edit func(o *orgRow, revision int64)) (int64, error) {
	began := d.now()
	if err := sleep(ctx, takes); err != nil {
		return 0, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	o := d.orgs[id]
	edit(o, o.revision+1)
	d.commit(o, began, document)
	return o.revision, nil
}

func (d *database) commit(o *orgRow, began time.Time, document string) {
	o.revision++
	o.changedAt = began
	if o.pending.IsZero() || began.Before(o.pending) {
		o.pending = began
	}
	o.changes = append(o.changes, change{o.revision, began, time.Now(), d.installation.Epoch, document})
}

func (d *database) revoke(id uuid.UUID) (version int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.tokens[id]
	if t.revoked.IsZero() {
		t.revoked = time.Now()
		t.version++
		if t.pending.IsZero() {
			t.pending = d.now()
		}
	}
	return t.version
}

// The queries of the checks.

// revisionCommittedBy returns the newest revision of a document that was committed by the
// given true time.
func (d *database) revisionCommittedBy(id uuid.UUID, document string, at time.Time) int64 {
	return d.newestRevision(id, document, func(c change) bool { return !c.commit.After(at) })
}

// lastChangeUpTo returns the newest revision of a document that is not above the given one.
func (d *database) lastChangeUpTo(id uuid.UUID, document string, revision int64) int64 {
	return d.newestRevision(id, document, func(c change) bool { return c.revision <= revision })
}

// newestRevision returns the newest revision of a document for which counts is true. It is 1, the
// revision of the creation, if only other documents were changed.
func (d *database) newestRevision(id uuid.UUID, document string, counts func(change) bool) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	revision := int64(1)
	for _, c := range d.orgs[id].changes {
		if c.document == document && counts(c) {
			revision = max(revision, c.revision)
		}
	}
	return revision
}

func (d *database) revokedAt(id uuid.UUID) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.tokens[id].revoked
}

func (d *database) allPublished() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for o := range maps.Values(d.orgs) {
		if !o.pending.IsZero() {
			return false
		}
	}
	for t := range maps.Values(d.tokens) {
		if !t.pending.IsZero() {
			return false
		}
	}
	return true
}
