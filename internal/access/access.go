// Package access decides what a principal is allowed to do in an organization. A refusal
// carries a reason that can be shown. The package does no I/O: callers supply the
// principal and its role.
package access

import (
	"slices"

	"github.com/google/uuid"

	"orgmodes/internal/fault"
)

// Kind is the kind of a Principal, as authenticated.
type Kind string

// The kinds of principals.
const (
	// User is a user who signed in with a password.
	User Kind = "user"
	// Token is a user's access token. It grants what its user is allowed to do, limited
	// by its scopes.
	Token Kind = "token"
	// Operator runs the installation and is allowed to do everything.
	Operator Kind = "operator"
)

// Principal is the authenticated caller.
type Principal struct {
	Kind Kind
	// UserID, Name and Email identify the user; for a token, the user it acts for.
	UserID uuid.UUID
	Name   string
	Email  string
	// TokenID and Scopes are set for a token only.
	TokenID uuid.UUID
	Scopes  []string
}

// Role is a member's role in an organization.
type Role string

// The roles. None means not a member.
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

// Action is an operation in an organization that needs permission.
type Action string

// The actions.
const (
	// ReadLibrary allows viewing objects of any kind, their versions and publication status.
	ReadLibrary Action = "read_library"
	// ChangeLibrary allows creating, editing, importing, restoring and deleting objects of
	// any kind.
	ChangeLibrary Action = "change_library"
	ReadAudit     Action = "read_audit"
	ReadMembers   Action = "read_members"
	ManageMembers Action = "manage_members"
	// ReadTokens allows listing access tokens: the caller's own with Request.Own, all
	// without it.
	ReadTokens Action = "read_tokens"
	// CreateToken allows creating a token for oneself. No one can create a token that acts
	// for another user.
	CreateToken Action = "create_token"
	RevokeToken Action = "revoke_token"
)

// verbPhrase returns a verb phrase that completes "Only owners and admins can ...".
func (a Action) verbPhrase() string {
	return map[Action]string{
		ReadLibrary: "read the library", ChangeLibrary: "change the library", ReadAudit: "read the audit log",
		ReadMembers: "see the members", ManageMembers: "manage members",
		ReadTokens: "see access tokens", CreateToken: "create an access token", RevokeToken: "revoke an access token",
	}[a]
}

// Actions returns all actions, in the order in which they are explained.
func Actions() []Action {
	return []Action{
		ReadLibrary, ChangeLibrary, ReadAudit, ReadMembers, ManageMembers, ReadTokens, CreateToken, RevokeToken,
	}
}

// writes reports whether the action modifies anything, so that a token needs ScopeWrite.
func (a Action) writes() bool {
	return slices.Contains([]Action{ChangeLibrary, ManageMembers, CreateToken, RevokeToken}, a)
}

// Request is an action that a principal asks to perform.
type Request struct {
	Action Action
	// Own reports whether the token or the membership acted on is the principal's own.
	Own bool
	// Roles are the roles that a change of members removes or grants.
	Roles []Role
	// Scopes are the scopes of the token to be created.
	Scopes []string
}

// Decision is the decision on a Request.
type Decision struct {
	Allowed bool
	// Hidden means that the principal must not learn whether the organization exists.
	Hidden bool
	// Reason explains a refusal in words that can be shown; it is empty if Allowed.
	Reason string
}

// Err returns nil if the request is allowed, NotFound if the organization is hidden, and
// otherwise Forbidden with the reason.
func (v Decision) Err() error {
	switch {
	case v.Allowed:
		return nil
	case v.Hidden:
		return NoSuchOrganization()
	default:
		return fault.New(fault.Forbidden, "forbidden", "%s", v.Reason)
	}
}

// NoSuchOrganization returns the error for an organization that does not exist. It is the
// same for one that the caller is not a member of, so the two cannot be told apart.
func NoSuchOrganization() error {
	return fault.New(fault.NotFound, "organization_not_found", "There is no such organization, or you are not a member of it")
}

// Decide decides whether a principal is allowed to perform a request. No other code makes
// that decision. role is the principal's role in the organization; for a token that does
// not grant access to the organization, it is None.
func Decide(principal Principal, role Role, r Request) Decision {
	if principal.Kind == Operator {
		return Decision{Allowed: true}
	}
	if role == None {
		return Decision{Hidden: true}
	}
	if v := checkScopes(principal, r); !v.Allowed {
		return v
	}
	return checkRole(role, r)
}

func checkScopes(principal Principal, r Request) Decision {
	if principal.Kind != Token {
		return Decision{Allowed: true}
	}
	need := ScopeRead
	if r.Action.writes() {
		need = ScopeWrite
	}
	if !slices.Contains(principal.Scopes, need) {
		return deny("This access token does not have the scope " + need + ", which is required to " + r.Action.verbPhrase())
	}
	if !slices.Contains(principal.Scopes, ScopeRead) {
		// Responses to changes contain current content; so do responses to conflicts.
		return deny("This access token has the scope write without read, but responses to changes contain content; create one that has both")
	}
	for _, s := range r.Scopes {
		if !slices.Contains(principal.Scopes, s) {
			return deny("An access token can't create one with a scope that it doesn't have itself (" + s + ")")
		}
	}
	return Decision{Allowed: true}
}

func checkRole(role Role, r Request) Decision {
	isManager := role == Owner || role == Admin
	switch r.Action {
	case ReadLibrary, ReadMembers:
		return Decision{Allowed: true}
	case ChangeLibrary, ReadAudit:
		if isManager {
			return Decision{Allowed: true}
		}
		return deny("Only owners and admins can " + r.Action.verbPhrase() + "; ask one of them")
	case ManageMembers:
		return checkMembers(role, r)
	case ReadTokens, RevokeToken:
		if isManager || r.Own {
			return Decision{Allowed: true}
		}
		return deny("Members can do that with their own access tokens only; ask an owner or an admin")
	case CreateToken:
		if !isManager && slices.Contains(r.Scopes, ScopeWrite) {
			return deny("Members can create access tokens with the scope read; ask an owner or an admin for one with the scope write")
		}
		return Decision{Allowed: true}
	default:
		return deny("This action is not allowed")
	}
}

func checkMembers(role Role, r Request) Decision {
	leaves := r.Own && !slices.Contains(r.Roles, Owner) || r.Own && role == Owner
	switch {
	case role == Owner, leaves:
		return Decision{Allowed: true}
	case role != Admin:
		return deny("Only owners and admins can manage members; ask one of them")
	case slices.Contains(r.Roles, Owner):
		return deny("Only owners can make another member an owner, or change an owner's role")
	default:
		return Decision{Allowed: true}
	}
}

func deny(reason string) Decision { return Decision{Reason: reason} }
