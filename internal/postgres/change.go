package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"orgmodes/internal/audit"
	"orgmodes/internal/jobs"
	"orgmodes/internal/postgres/sqlcgen"
)

// change is the only way to change the content of an organization's library. It is ONE
// transaction:
//
//	revision + 1        takes the organization's row lock: its writers queue
//	the rows            guarded by the version that the caller expects
//	record, per object  one version (full content), one audit row (before, after)
//	the publish job
//	commit
//
// So a change without its audit row can't exist, and neither can one that is never
// published.
type change struct {
	tx       pgx.Tx
	q        *sqlcgen.Queries
	db       *DB
	by       audit.Attribution
	org      sqlcgen.Organization // as bumped: Revision is this change's
	recorded int
	// batch is set for several operations, and by resource.Options.Batch or Plan.
	batch bool
	// grown holds the kinds whose limits have to be checked.
	grown []*kind
}

// errNothingChanged rolls the transaction back: a change that records nothing takes no
// revision and leaves no trace.
var errNothingChanged = errors.New("postgres: nothing changed")

// withChange runs fn as one change. It returns the organization's revision, which is a new one
// if fn recorded anything.
func (db *DB) withChange(ctx context.Context, by audit.Attribution, org uuid.UUID, fn func(*change) error) (revision int64, err error) {
	err = db.transact(ctx, func(tx pgx.Tx) error {
		c := &change{tx: tx, q: db.q.WithTx(tx), db: db, by: by}
		if c.org, err = c.q.BumpRevision(ctx, org); err != nil {
			return orNotFound(err, "organization")
		}
		revision = c.org.Revision
		if err := fn(c); err != nil {
			return err
		}
		if c.recorded == 0 {
			revision--
			return errNothingChanged
		}
		return db.enqueueAfterChange(ctx, tx, org, revision)
	})
	if errors.Is(err, errNothingChanged) {
		err = nil
	}
	return revision, translateError(err)
}

// enqueueAfterChange inserts the jobs that a worker does after a change.
func (db *DB) enqueueAfterChange(ctx context.Context, tx pgx.Tx, org uuid.UUID, revision int64) error {
	todo := []river.InsertManyParams{{Args: jobs.PublishOrganization{OrganizationID: org, Revision: revision}}}
	if db.HasStatus() {
		todo = append(todo, river.InsertManyParams{Args: jobs.EvaluateStatus{OrganizationID: org, Revision: revision}})
	}
	_, err := db.river.InsertManyTx(ctx, tx, todo)
	return err
}

// maxTransactionAttempts is how many times a transaction is tried if Postgres ends it in
// favor of another one.
const maxTransactionAttempts = 4

// transact runs fn in a transaction, and retries if Postgres ended that one in favor of
// another. Nothing remains of the ended transaction. fn may run several times, so it must
// set all of its results each time.
func (db *DB) transact(ctx context.Context, fn func(pgx.Tx) error) error {
	for n := 1; ; n++ {
		err := pgx.BeginFunc(ctx, db.pool, fn)
		if n == maxTransactionAttempts || !isRetryable(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(rand.N(time.Duration(n) * 20 * time.Millisecond)):
		}
	}
}

// objectChange describes how a change affected one object.
type objectChange struct {
	kind    audit.SubjectKind
	id      uuid.UUID
	name    string
	version int64
	action  audit.Action
	// before and after hold the whole content; nil if there is none.
	before, after any
}

// record writes an object's version row and its audit row.
func (c *change) record(ctx context.Context, o objectChange) error {
	before, err := encodeJSON(o.before)
	if err != nil {
		return err
	}
	after, err := encodeJSON(o.after)
	if err != nil {
		return err
	}
	stored := after
	if stored == nil { // a deletion: history has the deleted content
		stored = before
	}
	err = c.q.InsertVersion(ctx, sqlcgen.InsertVersionParams{
		SubjectKind: string(o.kind), SubjectID: o.id, Version: o.version,
		OrganizationID: c.org.ID, Revision: c.org.Revision, Action: string(o.action), Content: stored,
		ActorKind: string(c.by.Actor.Kind), ActorID: c.by.Actor.ID, ActorName: c.by.Actor.Name,
	})
	if err != nil {
		return fmt.Errorf("record version: %w", err)
	}
	c.recorded++
	return insertAudit(ctx, c.q, c.by, auditEntry{
		organization: &c.org.ID, revision: &c.org.Revision, action: o.action,
		subject: audit.Subject{Kind: o.kind, ID: o.id.String(), Name: o.name}, before: before, after: after,
	})
}

// auditEntry is an audit row about to be written.
type auditEntry struct {
	organization  *uuid.UUID
	revision      *int64
	action        audit.Action
	subject       audit.Subject
	before, after json.RawMessage
}

func insertAudit(ctx context.Context, q *sqlcgen.Queries, by audit.Attribution, e auditEntry) error {
	_, err := q.InsertAudit(ctx, sqlcgen.InsertAuditParams{
		OrganizationID: e.organization, Revision: e.revision,
		ActorKind: string(by.Actor.Kind), ActorID: by.Actor.ID, ActorName: by.Actor.Name,
		Action:      e.action.FullName(e.subject.Kind),
		SubjectKind: string(e.subject.Kind), SubjectID: e.subject.ID, SubjectName: e.subject.Name,
		Before: e.before, After: e.after, RequestID: by.RequestID, Source: by.Source,
	})
	if err != nil {
		return fmt.Errorf("record audit: %w", err)
	}
	return nil
}

// withAudit runs fn in a transaction that changes users or tokens rather than the content of
// a library. It takes no revision. fn writes its own audit rows.
func (db *DB) withAudit(ctx context.Context, fn func(pgx.Tx, *sqlcgen.Queries) error) error {
	return translateError(db.transact(ctx, func(tx pgx.Tx) error { return fn(tx, db.q.WithTx(tx)) }))
}

func encodeJSON(v any) (json.RawMessage, error) {
	if v == nil {
		return nil, nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("record content: %w", err)
	}
	return b, nil
}
