// Package jobs defines the jobs that admin inserts and the worker works: their arguments and
// queues, but not how they are done.
package jobs

import (
	"github.com/google/uuid"
	"github.com/riverqueue/river"
)

// The queues. Tokens have a dedicated queue, so that a revocation never waits behind
// documents. Large documents have one, so that small ones never wait behind them. Jobs begin
// in QueueDocuments; a worker moves the ones that turn out to be large. QueueStatus needs no
// Redis, so its jobs don't wait for the jobs that do.
const (
	QueueDocuments = "documents"
	QueueLarge     = "large_documents"
	QueueTokens    = "tokens"
	QueueStatus    = "status"
)

// maxAttempts is generous: the sweep finds whatever still fails then.
const maxAttempts = 25

// PublishOrganization is a job to publish an organization's current state. It is not unique
// per organization on purpose: a running job may have read the state before the change that
// this one is for. A job that finds another one running leaves a request with it and is
// done; the other one then publishes once more.
type PublishOrganization struct {
	OrganizationID uuid.UUID `json:"organization_id"`
	// Revision is the revision of the change. Once that or a later one is published, there
	// is nothing to do.
	Revision int64 `json:"revision"`
}

// Kind returns the name of the job in the database.
func (PublishOrganization) Kind() string { return "publish_organization" }

// InsertOpts returns the job's queue and maximum number of attempts.
func (PublishOrganization) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueDocuments, MaxAttempts: maxAttempts}
}

// PublishToken is a job to publish a token's current record.
type PublishToken struct {
	TokenID uuid.UUID `json:"token_id"`
	Version int64     `json:"version"`
}

// Kind returns the name of the job in the database.
func (PublishToken) Kind() string { return "publish_token" }

// InsertOpts returns the job's queue and maximum number of attempts.
func (PublishToken) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueTokens, MaxAttempts: maxAttempts}
}

// EvaluateStatus is a job to evaluate the conditions of an organization's objects. Like
// PublishOrganization it is not unique; a late one has nothing to do.
type EvaluateStatus struct {
	OrganizationID uuid.UUID `json:"organization_id"`
	// Revision is the revision of the change.
	Revision int64 `json:"revision"`
}

// Kind returns the name of the job in the database.
func (EvaluateStatus) Kind() string { return "evaluate_status" }

// InsertOpts returns the job's queue and maximum number of attempts.
func (EvaluateStatus) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueStatus, MaxAttempts: maxAttempts}
}
