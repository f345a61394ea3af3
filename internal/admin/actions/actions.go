// Package actions defines the actions on objects of the API. One table defines the
// routes, the actions listed with each object, and what pages offer. So nothing is
// offered that would be refused.
package actions

import (
	"net/http"
	"strings"

	"orgmodes/internal/access"
	"orgmodes/internal/resource"
)

// Definition defines an action: its request, and the permissions it needs.
type Definition struct {
	// ID identifies the action among those of an object, such as "delete".
	ID string
	// Method and Path are the request's. Path is relative to the address of the object,
	// and can have parameters as routes do: "/versions/:version/restore".
	Method, Path string
	// Needs is the permission that the action needs on every object.
	Needs access.Request
	// with is the additional permission that it needs on one object, if any.
	with *access.Request
}

func define(id, method, path string, needs access.Request) Definition {
	return Definition{ID: id, Method: method, Path: path, Needs: needs}
}

var (
	reads   = access.Request{Action: access.ReadLibrary}
	changes = access.Request{Action: access.ChangeLibrary}
)

// Actions on a library object of any kind.
var (
	Update  = define("update", http.MethodPut, "", changes)
	Delete  = define("delete", http.MethodDelete, "", changes)
	History = define("history", http.MethodGet, "/versions", reads)
	// Restore is an action on a version, too.
	Restore = define("restore", http.MethodPost, "/versions/:version/restore", changes)
)

// Additional actions on a mode. Their paths are relative to the organization.
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

// Actions on an organization, other than those for one kind.
var (
	Apply       = define("apply", http.MethodPost, "/apply", changes)
	Watch       = define("watch", http.MethodGet, "/watch", reads)
	ReadAudit   = define("read_audit", http.MethodGet, "/audit", access.Request{Action: access.ReadAudit})
	ExportAudit = define("export_audit", http.MethodGet, "/audit/export", access.Request{Action: access.ReadAudit})
	ReadMembers = define("read_members", http.MethodGet, "/members", access.Request{Action: access.ReadMembers})
	Invite      = define("invite", http.MethodPost, "/invitations", access.Request{Action: access.ManageMembers})
	CreateToken = define("create_token", http.MethodPost, "/tokens", access.Request{Action: access.CreateToken})
)

// Actions on a member, a token and an invitation. Needs is the minimum for the request;
// see On for the additional permission on one of them.
var (
	ChangeRole = define("change_role", http.MethodPut, "", access.Request{Action: access.ManageMembers})
	Remove     = define("remove", http.MethodDelete, "", access.Request{Action: access.ManageMembers, Own: true})
	Revoke     = define("revoke", http.MethodDelete, "", access.Request{Action: access.RevokeToken, Own: true})
	Withdraw   = define("withdraw", http.MethodDelete, "", access.Request{Action: access.ManageMembers})
)

// Actions of the user who is invited, on the invitation.
var (
	Accept  = Definition{ID: "accept", Method: http.MethodPost, Path: "/accept"}
	Decline = Definition{ID: "decline", Method: http.MethodDelete}
)

// On returns the action with the additional permission needed on one object.
func (d Definition) On(needs access.Request) Definition {
	d.with = &needs
	return d
}

// Decide reports whether the action is allowed, according to may.
func (d Definition) Decide(may func(access.Request) access.Verdict) access.Verdict {
	if v := may(d.Needs); !v.Allowed || d.with == nil {
		return v
	}
	return may(*d.with)
}

// Verdicts holds the decisions on the actions on objects of one kind, for pages.
type Verdicts struct {
	Create, Import, Export, Update, Delete, Restore, Move access.Verdict
}

// VerdictsOn returns the decisions of may about objects of a kind.
func VerdictsOn(of resource.Names, may func(access.Request) access.Verdict) Verdicts {
	return Verdicts{
		Create: Create(of).Decide(may), Import: Import(of).Decide(may), Export: Export(of).Decide(may),
		Update: Update.Decide(may), Delete: Delete.Decide(may), Restore: Restore.Decide(may), Move: Move.Decide(may),
	}
}

// Action is an action listed with an object: its request, and whether the sender is
// allowed to send it. An enabled action can still fail because of the library's state.
type Action struct {
	ID      string `json:"id"`
	Enabled bool   `json:"enabled"`
	// Reason explains why the action isn't enabled.
	Reason string `json:"reason,omitempty"`
	Method string `json:"method"`
	Href   string `json:"href"`
}

// List is the list of actions on an object.
type List []Action

// Of lists actions on the object at an address, as decided by may. parameters are
// alternating names and values of the parameters in the actions' paths.
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
