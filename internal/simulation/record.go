package simulation

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/modes"
)

// What people do. Each returns when the change is committed.

func (l *ledger) createOrg(id uuid.UUID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.orgs[id] = &orgRow{id: id}
	l.order = append(l.order, id)
	l.commit(l.orgs[id], l.now())
}

func (l *ledger) createToken(id, org uuid.UUID, whole string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokens[id] = &tokenRow{id: id, whole: whole, org: org, version: 1, pending: l.now()}
	l.tokenOrder = append(l.tokenOrder, id)
}

// changeOrg changes an organization in a transaction that began some time ago.
func (l *ledger) changeOrg(ctx context.Context, id uuid.UUID, takes time.Duration, edit func([]modes.OrganizationMode) []modes.OrganizationMode) (int64, error) {
	began := l.now()
	if err := sleep(ctx, takes); err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	o := l.orgs[id]
	o.modes = edit(slices.Clone(o.modes))
	l.commit(o, began)
	return o.revision, nil
}

func (l *ledger) commit(o *orgRow, began time.Time) {
	o.revision++
	o.changedAt = began
	if o.pending.IsZero() || began.Before(o.pending) {
		o.pending = began
	}
	o.changes = append(o.changes, change{o.revision, began, time.Now(), l.installation.Epoch})
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

// What the checks ask.

// owed is the newest revision that had been committed at a true time.
func (l *ledger) owed(id uuid.UUID, at time.Time) (revision int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.orgs[id].changes {
		if !c.commit.After(at) {
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
