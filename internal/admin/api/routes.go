package api

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/actions"
	"orgmodes/internal/admin/openapi"
	"orgmodes/internal/resource"
)

// Routes adds all routes of the API. The permission that a route needs is next to its
// path, or in package actions for the actions that objects list. A handler checks again
// only if the decision depends on the request's content.
//
// Modes and organizations are identified by id or slug, permission templates by id or
// name. An object whose name is also a path below its collection ("import", "order")
// can be read only by its id.
//
// The query parameters of a route follow its handler; all others are refused. Only the
// compatible routes ignore unknown parameters: we can't fix their clients.
func (a *API) Routes(app fiber.Router) {
	const limit, after = "limit", "cursor"
	narrowed := []string{"action...", "actor", "subject", "since", "until"}
	v1 := app.Group("/api/v1", noStore)

	registered := a.registered()
	kinds := eachOf(registered, func(r *objects) resource.Kind { return r.kind })
	v1.Get("/openapi.yaml", description("application/yaml; charset=utf-8", openapi.YAML, kinds))
	v1.Get("/openapi.json", description(fiber.MIMEApplicationJSONCharsetUTF8, openapi.JSON, kinds))
	v1.Get("/schemas/:kind", only(a.schemaGet))

	v1.Post("/session", only(a.sessionCreate))
	v1.Get("/session", a.known(a.sessionGet))
	v1.Delete("/session", a.known(a.sessionDelete))

	v1.Get("/organizations", a.known(a.organizationList, limit, after))

	v1.Get("/invitations", a.signedIn(a.invitedList))
	const mine = "/invitations/:invitation"
	add(v1, actions.Accept, mine, a.signedIn(a.invitedAccept))
	add(v1, actions.Decline, mine, a.signedIn(a.invitedDecline))

	v1.Post("/advice", a.known(a.adviceGive, "client..."))
	v1.Get("/advice/rules", a.known(a.adviceRuleList))
	v1.Get("/clients", a.known(a.clientList))
	v1.Post("/views", a.known(a.viewDraft, "client..."))

	var (
		reads    = access.Request{Action: access.ReadLibrary}
		changes  = access.Request{Action: access.ChangeLibrary}
		manages  = access.Request{Action: access.ManageMembers}
		readsOwn = access.Request{Action: access.ReadTokens, Own: true}
	)
	org := v1.Group("/organizations/:org")
	org.Get("", a.in(reads, a.organizationGet))
	org.Get("/publication", a.in(reads, a.publicationGet))

	a.does(org, actions.Move, "", a.modesOrder)
	library(org, a.modes(), reads, changes)
	org.Get("/modes/:mode/advice", a.in(reads, a.modeAdvice, "client..."))
	org.Get("/modes/:mode/clients", a.in(reads, a.viewList))
	org.Get("/modes/:mode/clients/:client", a.in(reads, a.viewGet))

	org.Get("/templates/tools", a.in(reads, a.templateTools))
	org.Post("/templates/defaults", a.in(changes, a.templateDefaultsRestore))
	library(org, a.templates(), reads, changes)
	a.does(org, actions.Resolve, "/templates/:template", a.templateResolve)

	for _, r := range registered {
		library(org, r, reads, changes)
	}
	a.does(org, actions.Apply, "", a.apply, "dry_run")
	a.does(org, actions.Watch, "", a.watch(reads), "kinds")

	a.does(org, actions.ReadAudit, "", a.auditList, slices.Concat(narrowed, []string{limit, after})...)
	a.does(org, actions.ExportAudit, "", a.auditExport, slices.Concat(narrowed, []string{"format"})...)

	a.does(org, actions.ReadMembers, "", a.memberList, limit, after)
	a.does(org, actions.ChangeRole, "/members/:user", a.memberChange)
	a.does(org, actions.Remove, "/members/:user", a.memberRemove)

	org.Get("/invitations", a.in(manages, a.invitationList, limit, after))
	a.does(org, actions.Invite, "", a.invitationCreate)
	a.does(org, actions.Withdraw, "/invitations/:invitation", a.invitationWithdraw)

	org.Get("/tokens", a.in(readsOwn, a.tokenList, limit, after))
	a.does(org, actions.CreateToken, "", a.tokenCreate)
	a.does(org, actions.Revoke, "/tokens/:token", a.tokenRevoke)

	// For existing clients: the access token determines the organization.
	compatible := app.Group("/api/templates", noStore)
	compatible.Get("", a.ofToken(reads, a.compatibleList))
	compatible.Post("", a.ofToken(changes, a.compatibleCreate))
	compatible.Get("/:template", a.ofToken(reads, a.compatibleGet))
	compatible.Put("/:template", a.ofToken(changes, a.compatibleUpdate))
	compatible.Delete("/:template", a.ofToken(changes, a.compatibleDelete))

	// The same for agents, over MCP.
	app.Post("/mcp", noStore, a.agents(reads))
}

// library adds the routes that all kinds of objects have. Fixed names below the
// collection come before the parameter that matches any name.
func library(org fiber.Router, r *objects, reads, changes access.Request) {
	const limit, after = "limit", "cursor"
	names, own := r.store.Names(), r.parameters()
	all, one := "/"+names.Plural, "/"+names.Plural+"/:"+names.Singular
	org.Get(all, r.in(reads, r.listAll, slices.Concat(own.list, []string{limit, after})...))
	r.does(org, actions.Create(names), "", r.postOne)
	r.does(org, actions.Import(names), "", r.importAll, append([]string{"dry_run"}, own.imports...)...)
	r.does(org, actions.Export(names), "", r.export, own.export...)
	org.Get(all+"/deleted", r.in(reads, r.listDeleted, limit, after))
	org.Post(all+"/deletions", r.in(changes, r.deleteSeveral))
	org.Post(all+"/restorations", r.in(changes, r.restoreSeveral))
	org.Get(one, r.in(reads, r.getOne))
	r.does(org, actions.Update, one, r.putOne)
	org.Patch(one, r.in(actions.Update.Needs, r.patchOne))
	r.does(org, actions.Delete, one, r.deleteOne)

	r.does(org, actions.History, one, r.listVersions, limit, after)
	org.Get(one+"/versions/:version", r.in(reads, r.getVersion))
	r.does(org, actions.Restore, one, r.restoreVersion)
	org.Get(one+"/diff", r.in(reads, r.diffVersions, "from", "to"))
}

// does adds the route of an action on the resource at a path.
func (a *API) does(org fiber.Router, action actions.Definition, at string, handle func(*visit) error, t ...string) {
	add(org, action, at, a.in(action.Needs, handle, t...))
}

// does is API.does, with in instead of API.in.
func (r *objects) does(org fiber.Router, action actions.Definition, at string, handle func(*visit) error, t ...string) {
	add(org, action, at, r.in(action.Needs, handle, t...))
}

// add adds a route. Like Fiber's Get, it handles HEAD together with GET.
func add(to fiber.Router, action actions.Definition, at string, handle fiber.Handler) {
	if action.Method == fiber.MethodGet {
		to.Get(at+action.Path, handle)
		return
	}
	to.Add(action.Method, at+action.Path, handle)
}

// noStore keeps responses out of every cache, because they are private.
func noStore(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Next()
}
