// Package actions defines what can be done with the objects of the API. One table makes
// the routes that do it, the actions that each object lists, and what pages offer, so
// that nothing is offered that would be refused.
package actions

import (
	"net/http"
	"strings"

	"orgmodes/internal/access"
	"orgmodes/internal/resource"
)

// Definition defines an action: the request that does it, and what that takes.
type Definition struct {
	// ID names it among the actions of an object: "delete".
	ID string
	// Method and Path are the request's. Path begins where the address of the object ends,
	// and can have parameters as routes do: "/versions/:version/restore".
	Method, Path string
	// Needs is what the sender has to be allowed to do with any object.
	Needs access.Request
	// with is what it takes besides, with one object.
	with *access.Request
}

func define(id, method, path string, needs access.Request) Definition {
	return Definition{ID: id, Method: method, Path: path, Needs: needs}
}

var (
	reads   = access.Request{Action: access.ReadLibrary}
	changes = access.Request{Action: access.ChangeLibrary}
)

// Actions on an object of a library, whatever its kind.
var (
	Update  = define("update", http.MethodPut, "", changes)
	Delete  = define("delete", http.MethodDelete, "", changes)
	History = define("history", http.MethodGet, "/versions", reads)
	// Restore is one of a version, too.
	Restore = define("restore", http.MethodPost, "/versions/:version/restore", changes)
)

// Actions on a mode, besides. Their addresses begin with the organization's.
var (
	Move = define("move", http.MethodPut, "/modes/order", changes)
	// Override creates a mode that replaces a built-in one.
	Override = define("override", http.MethodPost, "/modes", changes)
)

// Resolve is an action on a permission template.
var Resolve = define("resolve", http.MethodPost, "/resolve", reads)

// Create returns the action on an organization that creates an object of a kind.
func Create(of resource.Names) Definition {
	return define("create_"+of.Singular, http.MethodPost, "/"+of.Plural, changes)
}

// Import returns the action on an organization that imports objects of a kind from files.
func Import(of resource.Names) Definition {
	return define("import_"+of.Plural, http.MethodPost, "/"+of.Plural+"/import", changes)
}

// Export returns the action on an organization that exports all objects of a kind.
func Export(of resource.Names) Definition {
	return define("export_"+of.Plural, http.MethodGet, "/"+of.Plural+"/export", reads)
}

// Actions on an organization, besides those that concern a kind.
var (
	Apply       = define("apply", http.MethodPost, "/apply", changes)
	Watch       = define("watch", http.MethodGet, "/watch", reads)
	ReadAudit   = define("read_audit", http.MethodGet, "/audit", access.Request{Action: access.ReadAudit})
	ExportAudit = define("export_audit", http.MethodGet, "/audit/export", access.Request{Action: access.ReadAudit})
	ReadMembers = define("read_members", http.MethodGet, "/members", access.Request{Action: access.ReadMembers})
	Invite      = define("invite", http.MethodPost, "/invitations", access.Request{Action: access.ManageMembers})
	CreateToken = define("create_token", http.MethodPost, "/tokens", access.Request{Action: access.CreateToken})
)

// Actions on a member, a token and an invitation. Needs is the least that the request
// takes; see On for what it takes with one of them.
var (
	ChangeRole = define("change_role", http.MethodPut, "", access.Request{Action: access.ManageMembers})
	Remove     = define("remove", http.MethodDelete, "", access.Request{Action: access.ManageMembers, Own: true})
	Revoke     = define("revoke", http.MethodDelete, "", access.Request{Action: access.RevokeToken, Own: true})
	Withdraw   = define("withdraw", http.MethodDelete, "", access.Request{Action: access.ManageMembers})
)

// Actions of whom an invitation invites.
var (
	Accept  = Definition{ID: "accept", Method: http.MethodPost, Path: "/accept"}
	Decline = Definition{ID: "decline", Method: http.MethodDelete}
)

// On returns the action with what it takes besides to do it with one object.
func (d Definition) On(needs access.Request) Definition {
	d.with = &needs
	return d
}

// Decide returns whether the action is allowed, as may decides about what it takes.
func (d Definition) Decide(may func(access.Request) access.Verdict) access.Verdict {
	if v := may(d.Needs); !v.Allowed || d.with == nil {
		return v
	}
	return may(*d.with)
}

// Verdicts is what somebody may do with objects of one kind, for pages.
type Verdicts struct {
	Create, Import, Export, Update, Delete, Restore, Move access.Verdict
}

// VerdictsOn returns what may decides about objects of a kind.
func VerdictsOn(of resource.Names, may func(access.Request) access.Verdict) Verdicts {
	return Verdicts{
		Create: Create(of).Decide(may), Import: Import(of).Decide(may), Export: Export(of).Decide(may),
		Update: Update.Decide(may), Delete: Delete.Decide(may), Restore: Restore.Decide(may), Move: Move.Decide(may),
	}
}

// Action is an action that an object lists: the request that does it, and whether the
// sender may send that. An enabled one can still fail by the state of the library.
type Action struct {
	ID      string `json:"id"`
	Enabled bool   `json:"enabled"`
	// Reason says in words why the action isn't enabled.
	Reason string `json:"reason,omitempty"`
	Method string `json:"method"`
	Href   string `json:"href"`
}

// List is the actions of an object.
type List []Action

// Of lists actions on the object at an address, as may decides about them. parameters are
// names and values of the parameters in their paths.
func Of(may func(access.Request) access.Verdict, address string, definitions []Definition, parameters ...string) List {
	list := make(List, len(definitions))
	for i, d := range definitions {
		verdict := d.Decide(may)
		path := d.Path
		for p := 0; p+1 < len(parameters); p += 2 {
			path = strings.ReplaceAll(path, ":"+parameters[p], parameters[p+1])
		}
		list[i] = Action{d.ID, verdict.Allowed, verdict.Reason, d.Method, address + path}
	}
	return list
}
