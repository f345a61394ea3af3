// Package audit describes who did what to which subject, and the subject before and after.
// It is pure: package postgres stores it.
package audit

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// ActorKind is a kind of actor.
type ActorKind string

// The kinds of actors.
const (
	// User is a user who was signed in and acted on a page.
	User ActorKind = "user"
	// Token is an access token that acted through the API; the actor's id is its user's.
	Token ActorKind = "token"
	// Operator is an operator on the command line of the installation.
	Operator ActorKind = "operator"
	// System is the system itself.
	System ActorKind = "system"
)

// Actor is the user, token, operator or system that acted.
type Actor struct {
	Kind ActorKind
	// ID is the user's id, or the account name of an operator.
	ID string
	// Name is the actor's display name at that time.
	Name string
}

// Attribution is the actor of a change, and the channel.
type Attribution struct {
	Actor Actor
	// RequestID links the entry to the log.
	RequestID string
	// Source is the origin of the change: an address, or "command line".
	Source string
}

// SubjectKind is a kind of subject.
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

// Subject is the thing that was changed.
type Subject struct {
	Kind SubjectKind
	ID   string
	// Name is the subject's display name at that time.
	Name string
}

// Action is a kind of change to a subject.
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
	// Reorder is an action on an organization: its modes were put into another order.
	Reorder Action = "reorder"
)

// FullName returns the full name of an action on a kind of subject, such as "mode.update".
func (a Action) FullName(k SubjectKind) string { return string(k) + "." + string(a) }

// actionsByKind lists the actions on each kind of subject.
var actionsByKind = []struct {
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
	for _, kindActions := range actionsByKind {
		for _, a := range kindActions.actions {
			all = append(all, a.FullName(kindActions.kind))
		}
	}
	return all
}

// Entry is one line of the audit log.
type Entry struct {
	ID         int64
	OccurredAt time.Time
	// Organization is nil for an entry about the installation.
	Organization *uuid.UUID
	// Revision is the revision that the change made, nil if it made none.
	Revision *int64
	By       Attribution
	// Action is the full name, such as "mode.update".
	Action  string
	Subject Subject
	// Before and After hold the whole content; nil if there was none.
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
