// Package access decides who may do what in an organization, and says why not in
// words. It is pure: who somebody is, and what role they have, is found out by
// who asks.
package access

import (
	"slices"

	"github.com/google/uuid"

	"orgmodes/internal/fault"
)

// Kind says what a Principal proved to be.
type Kind string

// The kinds of principals.
const (
	// User signed in with a password.
	User Kind = "user"
	// Token is a user's access token: what its user may, as far as its scopes go.
	Token Kind = "token"
	// Operator runs the installation, and may everything.
	Operator Kind = "operator"
)

// Principal is who asks.
type Principal struct {
	Kind Kind
	// UserID, Name and Email are the user's; a token has those of its user.
	UserID uuid.UUID
	Name   string
	Email  string
	// TokenID and Scopes are a token's.
	TokenID uuid.UUID
	Scopes  []string
}

// Role is what a member is in an organization.
type Role string

// The roles. None is somebody who is no member.
const (
	None   Role = ""
	Member Role = "member"
	Admin  Role = "admin"
	Owner  Role = "owner"
)

// The scopes of a token.
const (
	ScopeRead  = "read"
	ScopeWrite = "write"
)

// Action is something that can be done in an organization.
type Action string

// The actions.
const (
	// ReadLibrary is to see modes, their versions and how they are published.
	ReadLibrary Action = "read_library"
	// ChangeLibrary is to create, edit, import, restore and delete modes.
	ChangeLibrary Action = "change_library"
	ReadAudit     Action = "read_audit"
	ReadMembers   Action = "read_members"
	ManageMembers Action = "manage_members"
	// ReadTokens is to list access tokens: one's own with Request.Own, all without.
	ReadTokens Action = "read_tokens"
	// CreateToken makes a token for oneself: nobody makes one that acts for
	// somebody else.
	CreateToken Action = "create_token"
	RevokeToken Action = "revoke_token"
)

// words complete "only owners and admins can ...".
func (a Action) words() string {
	return map[Action]string{
		ReadLibrary: "read the library", ChangeLibrary: "change the library", ReadAudit: "read the audit log",
		ReadMembers: "see the members", ManageMembers: "manage members",
		ReadTokens: "see access tokens", CreateToken: "create an access token", RevokeToken: "revoke an access token",
	}[a]
}

// Actions lists all actions, in the order in which they are explained.
func Actions() []Action {
	return []Action{
		ReadLibrary, ChangeLibrary, ReadAudit, ReadMembers, ManageMembers, ReadTokens, CreateToken, RevokeToken,
	}
}

// changes says whether an action changes something.
func (a Action) changes() bool {
	return slices.Contains([]Action{ChangeLibrary, ManageMembers, CreateToken, RevokeToken}, a)
}

// Request is what somebody wants to do.
type Request struct {
	Action Action
	// Own says that the token or the membership acted on is one's own.
	Own bool
	// Roles are those that a change of members takes away or gives.
	Roles []Role
	// Scopes are those of the token to be created.
	Scopes []string
}

// Verdict is the answer to a Request.
type Verdict struct {
	Allowed bool
	// Hidden means that the organization doesn't exist as far as this principal
	// is to know.
	Hidden bool
	// Reason says why not, in words that can be shown; empty where Allowed.
	Reason string
}

// Err is nil where it is allowed, NotFound where the organization is hidden, and
// Forbidden with the reason otherwise.
func (v Verdict) Err() error {
	switch {
	case v.Allowed:
		return nil
	case v.Hidden:
		return NoSuchOrganization()
	default:
		return fault.New(fault.Forbidden, "forbidden", "%s", v.Reason)
	}
}

// NoSuchOrganization is the answer for an organization that isn't there and for
// one that isn't yours: nobody learns which.
func NoSuchOrganization() error {
	return fault.New(fault.NotFound, "organization_not_found", "There is no such organization, or you are not a member of it")
}

// Decide is the one place where it is decided who may do what. role is the
// principal's in the organization; for a token, None also where the token
// doesn't open it.
func Decide(who Principal, role Role, r Request) Verdict {
	if who.Kind == Operator {
		return Verdict{Allowed: true}
	}
	if role == None {
		return Verdict{Hidden: true}
	}
	if v := byScopes(who, r); !v.Allowed {
		return v
	}
	return byRole(role, r)
}

func byScopes(who Principal, r Request) Verdict {
	if who.Kind != Token {
		return Verdict{Allowed: true}
	}
	need := ScopeRead
	if r.Action.changes() {
		need = ScopeWrite
	}
	if !slices.Contains(who.Scopes, need) {
		return refused("This access token does not have the scope " + need + ", which it takes to " + r.Action.words())
	}
	if !slices.Contains(who.Scopes, ScopeRead) {
		// Answers to changes have what is there in them, those to conflicts too.
		return refused("This access token has the scope write without read, and answers to changes let one read; create one that has both")
	}
	for _, s := range r.Scopes {
		if !slices.Contains(who.Scopes, s) {
			return refused("An access token can't create one with a scope that it doesn't have itself (" + s + ")")
		}
	}
	return Verdict{Allowed: true}
}

func byRole(role Role, r Request) Verdict {
	manages := role == Owner || role == Admin
	switch r.Action {
	case ReadLibrary, ReadMembers:
		return Verdict{Allowed: true}
	case ChangeLibrary, ReadAudit:
		if manages {
			return Verdict{Allowed: true}
		}
		return refused("Only owners and admins can " + r.Action.words() + "; ask one of them")
	case ManageMembers:
		return members(role, r)
	case ReadTokens, RevokeToken:
		if manages || r.Own {
			return Verdict{Allowed: true}
		}
		return refused("Members can do that with their own access tokens only; ask an owner or an admin")
	case CreateToken:
		if !manages && slices.Contains(r.Scopes, ScopeWrite) {
			return refused("Members can create access tokens that read; one that writes takes an owner or an admin")
		}
		return Verdict{Allowed: true}
	default:
		return refused("Nobody can do that")
	}
}

func members(role Role, r Request) Verdict {
	leaves := r.Own && !slices.Contains(r.Roles, Owner) || r.Own && role == Owner
	switch {
	case role == Owner, leaves:
		return Verdict{Allowed: true}
	case role != Admin:
		return refused("Only owners and admins can manage members; ask one of them")
	case slices.Contains(r.Roles, Owner):
		return refused("Only owners can make somebody an owner, or change an owner's role")
	default:
		return Verdict{Allowed: true}
	}
}

func refused(reason string) Verdict { return Verdict{Reason: reason} }
