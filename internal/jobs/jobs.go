// Package jobs knows what work there is to be done, not how it is done: the
// arguments and queues that admin inserts and the worker works.
package jobs

import (
	"github.com/google/uuid"
	"github.com/riverqueue/river"
)

// The queues. Tokens have their own, so that a revocation never waits behind
// documents, and large documents have, so that small ones never wait behind those.
// Jobs begin in QueueDocuments: a worker moves those that turn out to be large.
// QueueStatus needs no Redis, so it doesn't wait for what does.
const (
	QueueDocuments = "documents"
	QueueLarge     = "large_documents"
	QueueTokens    = "tokens"
	QueueStatus    = "status"
)

// maxAttempts is generous: what still fails then is found by the sweep.
const maxAttempts = 25

// PublishOrganization asks for the organization's current state to be
// published. It is not unique per organization on purpose: a job that is
// running may have read the state before the change that this one is for. A job
// that finds another at work leaves it word and is done: the other one publishes
// once more.
type PublishOrganization struct {
	OrganizationID uuid.UUID `json:"organization_id"`
	// Revision is the one that the change made: once it is published, or a later
	// one, there is nothing to do.
	Revision int64 `json:"revision"`
}

// Kind names the job in the database.
func (PublishOrganization) Kind() string { return "publish_organization" }

// InsertOpts are its queue and attempts.
func (PublishOrganization) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueDocuments, MaxAttempts: maxAttempts}
}

// PublishToken asks for the token's current record to be published.
type PublishToken struct {
	TokenID uuid.UUID `json:"token_id"`
	Version int64     `json:"version"`
}

// Kind names the job in the database.
func (PublishToken) Kind() string { return "publish_token" }

// InsertOpts are its queue and attempts.
func (PublishToken) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueTokens, MaxAttempts: maxAttempts}
}

// EvaluateStatus asks for the conditions of an organization's objects to be found out. Like
// PublishOrganization it is not unique; one that comes late has nothing to do.
type EvaluateStatus struct {
	OrganizationID uuid.UUID `json:"organization_id"`
	// Revision is the one that the change made.
	Revision int64 `json:"revision"`
}

// Kind names the job in the database.
func (EvaluateStatus) Kind() string { return "evaluate_status" }

// InsertOpts are its queue and attempts.
func (EvaluateStatus) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueStatus, MaxAttempts: maxAttempts}
}
