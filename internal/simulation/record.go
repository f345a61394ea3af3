package simulation

import (
	"context"
	"maps"
	"time"

	"github.com/google/uuid"
)

// The actions of users. Each returns when the change is committed.

func (l *ledger) createOrg(id uuid.UUID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.orgs[id] = &orgRow{id: id}
	l.order = append(l.order, id)
	l.commit(l.orgs[id], l.now(), "")
}

func (l *ledger) createToken(id, org uuid.UUID, whole string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokens[id] = &tokenRow{id: id, whole: whole, org: org, version: 1, pending: l.now()}
	l.tokenOrder = append(l.tokenOrder, id)
}

// changeOrg changes one of an organization's documents in a transaction that began some
// time ago. edit receives the new revision.
func (l *ledger) changeOrg(ctx context.Context, id uuid.UUID, takes time.Duration, form string, edit func(o *orgRow, revision int64)) (int64, error) {
	began := l.now()
	if err := sleep(ctx, takes); err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	o := l.orgs[id]
	edit(o, o.revision+1)
	l.commit(o, began, form)
	return o.revision, nil
}

func (l *ledger) commit(o *orgRow, began time.Time, form string) {
	o.revision++
	o.changedAt = began
	if o.pending.IsZero() || began.Before(o.pending) {
		o.pending = began
	}
	o.changes = append(o.changes, change{o.revision, began, time.Now(), l.installation.Epoch, form})
}

func (l *ledger) revoke(id uuid.UUID) (version int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.tokens[id]
	if t.revoked.IsZero() {
		t.revoked = time.Now()
		t.version++
		if t.pending.IsZero() {
			t.pending = l.now()
		}
	}
	return t.version
}

// The queries of the checks.

// owed returns the newest revision of a document that was committed by the given true time.
func (l *ledger) owed(id uuid.UUID, form string, at time.Time) int64 {
	return l.newest(id, form, func(c change) bool { return !c.commit.After(at) })
}

// upTo returns the newest revision of a document that is not above the given one.
func (l *ledger) upTo(id uuid.UUID, form string, revision int64) int64 {
	return l.newest(id, form, func(c change) bool { return c.revision <= revision })
}

// newest returns the newest revision of a document for which counts is true. It is 1, the
// revision of the creation, if only other documents were changed.
func (l *ledger) newest(id uuid.UUID, form string, counts func(change) bool) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	revision := int64(1)
	for _, c := range l.orgs[id].changes {
		if c.form == form && counts(c) {
			revision = max(revision, c.revision)
		}
	}
	return revision
}

func (l *ledger) revokedAt(id uuid.UUID) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tokens[id].revoked
}

func (l *ledger) everythingIsPublished() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for o := range maps.Values(l.orgs) {
		if !o.pending.IsZero() {
			return false
		}
	}
	for t := range maps.Values(l.tokens) {
		if !t.pending.IsZero() {
			return false
		}
	}
	return true
}
