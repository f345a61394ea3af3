// Package audit knows who did what to which thing, and what the thing was before
// and after. It is pure: how it is kept is postgres' business.
package audit

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// ActorKind says what kind of somebody acted.
type ActorKind string

// The kinds of actors.
const (
	// User acted on a page, signed in.
	User ActorKind = "user"
	// Token acted through the API; the actor's id is its user's.
	Token ActorKind = "token"
	// Operator acted on the command line of the installation.
	Operator ActorKind = "operator"
	// System acted by itself.
	System ActorKind = "system"
)

// Actor is who acted.
type Actor struct {
	Kind ActorKind
	// ID is the user's id, or the account name of an operator.
	ID string
	// Name is how people know the actor, as it was then.
	Name string
}

// By is who acted, and through what.
type By struct {
	Actor Actor
	// RequestID ties the entry to the log.
	RequestID string
	// Source is where it came from: an address, or "command line".
	Source string
}

// SubjectKind says what kind of thing was changed.
type SubjectKind string

// The kinds of subjects.
const (
	Mode         SubjectKind = "mode"
	Template     SubjectKind = "template"
	Organization SubjectKind = "organization"
	Member       SubjectKind = "member"
	Invitation   SubjectKind = "invitation"
	AccessToken  SubjectKind = "token"
	Account      SubjectKind = "user"
	Installation SubjectKind = "installation"
)

// Subject is what was changed.
type Subject struct {
	Kind SubjectKind
	ID   string
	// Name is how people know it, as it was then.
	Name string
}

// Action is what was done to the subject.
type Action string

// The actions. An entry's full name is "<subject kind>.<action>".
const (
	Create  Action = "create"
	Update  Action = "update"
	Delete  Action = "delete"
	Restore Action = "restore"
	Import  Action = "import"
	Revoke  Action = "revoke"
	Raise   Action = "raise"
	Accept  Action = "accept"
	Decline Action = "decline"
	// Reorder is of an organization: its modes were put into another order.
	Reorder Action = "reorder"
)

// Of is the full name of an action on a kind of subject, such as "mode.update".
func (a Action) Of(k SubjectKind) string { return string(k) + "." + string(a) }

// actionsOf are what can be done to each kind of subject.
var actionsOf = []struct {
	kind    SubjectKind
	actions []Action
}{
	{Mode, []Action{Create, Update, Delete, Restore, Import}},
	{Template, []Action{Create, Update, Delete, Restore, Import}},
	{Organization, []Action{Create, Delete, Reorder}},
	{Member, []Action{Create, Update, Delete}},
	{Invitation, []Action{Create, Delete, Accept, Decline}},
	{AccessToken, []Action{Create, Revoke}},
	{Account, []Action{Create, Update}},
	{Installation, []Action{Raise}},
}

// Actions returns the full names of all actions that an entry can have.
func Actions() []string {
	var all []string
	for _, of := range actionsOf {
		for _, a := range of.actions {
			all = append(all, a.Of(of.kind))
		}
	}
	return all
}

// Entry is one line of the audit log.
type Entry struct {
	ID         int64
	OccurredAt time.Time
	// Organization is nil for what concerns the installation.
	Organization *uuid.UUID
	// Revision is the one that the change made, nil where it made none.
	Revision *int64
	By       By
	// Action is the full name, such as "mode.update".
	Action  string
	Subject Subject
	// Before and After are the whole content; nil where there was none.
	Before, After json.RawMessage
}

// Version is one version of a subject with its whole content.
type Version struct {
	Subject  Subject
	Version  int64
	Revision int64
	Action   Action
	Content  json.RawMessage
	Actor    Actor
	// OccurredAt is when the change was made.
	OccurredAt time.Time
}
