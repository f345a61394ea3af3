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
	// alsoNeeds is the additional permission that it needs on one object, if any.
	alsoNeeds *access.Request
}

func define(id, method, path string, needs access.Request) Definition {
	return Definition{ID: id, Method: method, Path: path, Needs: needs}
}

var (
	readLibrary   = access.Request{Action: access.ReadLibrary}
	changeLibrary = access.Request{Action: access.ChangeLibrary}
)

// Actions on a library object of any kind.
var (
	Update  = define("update", http.MethodPut, "", changeLibrary)
	Delete  = define("delete", http.MethodDelete, "", changeLibrary)
	History = define("history", http.MethodGet, "/versions", readLibrary)
	// Restore is an action on a version, too.
	Restore = define("restore", http.MethodPost, "/versions/:version/restore", changeLibrary)
)

// Additional actions on a mode. Their paths are relative to the organization.
var (
	Move = define("move", http.MethodPut, "/modes/order", changeLibrary)
	// Override creates a mode that replaces a built-in one.
	Override = define("override", http.MethodPost, "/modes", changeLibrary)
)

// Resolve is an action on a permission template.
var Resolve = define("resolve", http.MethodPost, "/resolve", readLibrary)

// Create returns the action on an organization that creates an object of a kind.
func Create(names resource.Names) Definition {
	return define("create_"+names.Singular, http.MethodPost, "/"+names.Plural, changeLibrary)
}

// Import returns the action on an organization that imports objects of a kind from files.
func Import(names resource.Names) Definition {
	return define("import_"+names.Plural, http.MethodPost, "/"+names.Plural+"/import", changeLibrary)
}

// Export returns the action on an organization that exports all objects of a kind.
func Export(names resource.Names) Definition {
	return define("export_"+names.Plural, http.MethodGet, "/"+names.Plural+"/export", readLibrary)
}

// Actions on an organization, other than those for one kind.
var (
	Apply       = define("apply", http.MethodPost, "/apply", changeLibrary)
	Watch       = define("watch", http.MethodGet, "/watch", readLibrary)
	ReadAudit   = define("read_audit", http.MethodGet, "/audit", access.Request{Action: access.ReadAudit})
	ExportAudit = define("export_audit", http.MethodGet, "/audit/export", access.Request{Action: access.ReadAudit})
	ReadMembers = define("read_members", http.MethodGet, "/members", access.Request{Action: access.ReadMembers})
	Invite      = define("invite", http.MethodPost, "/invitations", access.Request{Action: access.ManageMembers})
	CreateToken = define("create_token", http.MethodPost, "/tokens", access.Request{Action: access.CreateToken})
)

// Actions on a member, a token and an invitation. Needs is the minimum for the request;
// see AlsoNeeds for the additional permission on one of them.
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

// AlsoNeeds returns the action with the additional permission needed on one object.
func (d Definition) AlsoNeeds(needs access.Request) Definition {
	d.alsoNeeds = &needs
	return d
}

// Decide reports whether the action is allowed, according to decide.
func (d Definition) Decide(decide func(access.Request) access.Decision) access.Decision {
	if v := decide(d.Needs); !v.Allowed || d.alsoNeeds == nil {
		return v
	}
	return decide(*d.alsoNeeds)
}

// Verdicts holds the decisions on the actions on objects of one kind, for pages.
type Verdicts struct {
	Create, Import, Export, Update, Delete, Restore, Move access.Decision
}

// NewVerdicts returns what decide decides about the actions on objects of a kind.
func NewVerdicts(names resource.Names, decide func(access.Request) access.Decision) Verdicts {
	return Verdicts{
		Create: Create(names).Decide(decide), Import: Import(names).Decide(decide), Export: Export(names).Decide(decide),
		Update: Update.Decide(decide), Delete: Delete.Decide(decide), Restore: Restore.Decide(decide), Move: Move.Decide(decide),
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

// NewList lists actions on the object at an address, as decided by decide. parameters are
// alternating names and values of the parameters in the actions' paths.
func NewList(decide func(access.Request) access.Decision, address string, definitions []Definition, parameters ...string) List {
	list := make(List, len(definitions))
	for i, d := range definitions {
		verdict := d.Decide(decide)
		path := d.Path
		for p := 0; p+1 < len(parameters); p += 2 {
			path = strings.ReplaceAll(path, ":"+parameters[p], parameters[p+1])
		}
		list[i] = Action{d.ID, verdict.Allowed, verdict.Reason, d.Method, address + path}
	}
	return list
}
