package simulation

import (
	"context"
	"maps"
	"time"

	"github.com/google/uuid"
)

// The actions of users. Each returns when the change is committed.

func (l *database) createOrg(id uuid.UUID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.orgs[id] = &orgRow{id: id}
	l.order = append(l.order, id)
	l.commit(l.orgs[id], l.now(), "")
}

func (l *database) createToken(id, org uuid.UUID, secret string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokens[id] = &tokenRow{id: id, secret: secret, org: org, version: 1, pending: l.now()}
	l.tokenOrder = append(l.tokenOrder, id)
}

// changeOrg changes one of an organization's documents in a transaction that began some
// time ago. edit receives the new revision.
func (l *database) changeOrg(ctx context.Context, id uuid.UUID, takes time.Duration, document string, edit func(o *orgRow, revision int64)) (int64, error) {
	began := l.now()
	if err := sleep(ctx, takes); err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	o := l.orgs[id]
	edit(o, o.revision+1)
	l.commit(o, began, document)
	return o.revision, nil
}

func (l *database) commit(o *orgRow, began time.Time, document string) {
	o.revision++
	o.changedAt = began
	if o.pending.IsZero() || began.Before(o.pending) {
		o.pending = began
	}
	o.changes = append(o.changes, change{o.revision, began, time.Now(), l.installation.Epoch, document})
}

func (l *database) revoke(id uuid.UUID) (version int64) {
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

// revisionCommittedBy returns the newest revision of a document that was committed by the given true time.
func (l *database) revisionCommittedBy(id uuid.UUID, document string, at time.Time) int64 {
	return l.newestRevision(id, document, func(c change) bool { return !c.commit.After(at) })
}

// lastChangeUpTo returns the newest revision of a document that is not above the given one.
func (l *database) lastChangeUpTo(id uuid.UUID, document string, revision int64) int64 {
	return l.newestRevision(id, document, func(c change) bool { return c.revision <= revision })
}

// newestRevision returns the newest revision of a document for which counts is true. It is 1, the
// revision of the creation, if only other documents were changed.
func (l *database) newestRevision(id uuid.UUID, document string, counts func(change) bool) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	revision := int64(1)
	for _, c := range l.orgs[id].changes {
		if c.document == document && counts(c) {
			revision = max(revision, c.revision)
		}
	}
	return revision
}

func (l *database) revokedAt(id uuid.UUID) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tokens[id].revoked
}

func (l *database) allPublished() bool {
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
