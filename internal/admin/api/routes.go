package api

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/actions"
	"orgmodes/internal/admin/openapi"
	"orgmodes/internal/resource"
)

// Routes registers the handlers of all requests below /api/v1, /api/templates and /mcp with
// app. It is called once. A handler returns an error instead of responding to a request that
// fails; the error handler of app must pass it to Fail.
//
// Each route authenticates the sender, except for the sign-in, the schemas and the OpenAPI
// description. A route of an organization requires a permission: the access.Request next to
// its path or, for an action listed in an object's representation, the one in package
// actions. Without it, the request fails with status 403, or 404 if the sender is not a
// member.
//
// In paths, modes and organizations are identified by id or slug, other objects by id or
// name. Fixed paths take precedence: an object called "deleted" can be read only by its id,
// because GET /modes/deleted lists deleted modes.
//
// A GET whose response has an ETag evaluates If-Match and If-None-Match.
//
// A request with a query parameter that its route doesn't have is refused with status 400.
// The routes below /api/templates and /mcp ignore query parameters, because we can't change
// their clients.
func (a *API) Routes(app fiber.Router) {
	const limit, after = "limit", "cursor"
	auditFilters := []string{"action...", "actor", "subject", "since", "until"}
	v1 := app.Group("/api/v1", noStore, conditional)

	registered := a.registered()
	kinds := mapSlice(registered, func(r *objects) resource.Kind { return r.kind })
	v1.Get("/openapi.yaml", openAPI("application/yaml; charset=utf-8", openapi.YAML, kinds))
	v1.Get("/openapi.json", openAPI(fiber.MIMEApplicationJSONCharsetUTF8, openapi.JSON, kinds))
	v1.Get("/schemas/:kind", withParams(a.schemaGet))

	v1.Post("/session", withParams(a.sessionCreate))
	v1.Get("/session", a.requireUser(a.sessionGet))
	v1.Delete("/session", a.requireUser(a.sessionDelete))

	v1.Get("/organizations", a.requireUser(a.organizationList, limit, after))

	v1.Get("/invitations", a.requireSession(a.receivedInvitationList))
	const invitationPath = "/invitations/:invitation"
	addRoute(v1, actions.Accept, invitationPath, a.requireSession(a.receivedInvitationAccept))
	addRoute(v1, actions.Decline, invitationPath, a.requireSession(a.receivedInvitationDecline))

	v1.Post("/advice", a.requireUser(a.adviceCheck, "client..."))
	v1.Get("/advice/rules", a.requireUser(a.adviceRuleList))
	v1.Get("/clients", a.requireUser(a.clientList))
	v1.Post("/views", a.requireUser(a.viewDraft, "client..."))

	var (
		reads    = access.Request{Action: access.ReadLibrary}
		changes  = access.Request{Action: access.ChangeLibrary}
		manages  = access.Request{Action: access.ManageMembers}
		readsOwn = access.Request{Action: access.ReadTokens, Own: true}
	)
	org := v1.Group("/organizations/:org")
	org.Get("", a.requireMember(reads, a.organizationGet))
	org.Get("/publication", a.requireMember(reads, a.publicationGet))

	a.addAction(org, actions.Move, "", a.modeOrderReplace)
	addKindRoutes(org, a.modes(), reads, changes)
	org.Get("/modes/:mode/advice", a.requireMember(reads, a.modeAdvice, "client..."))
	org.Get("/modes/:mode/clients", a.requireMember(reads, a.viewList))
	org.Get("/modes/:mode/clients/:client", a.requireMember(reads, a.viewGet))

	org.Get("/templates/tools", a.requireMember(reads, a.templateTools))
	org.Post("/templates/defaults", a.requireMember(changes, a.templateDefaultsRestore))
	addKindRoutes(org, a.templates(), reads, changes)
	a.addAction(org, actions.Resolve, "/templates/:template", a.templateResolve)

	for _, r := range registered {
		addKindRoutes(org, r, reads, changes)
	}
	a.addAction(org, actions.Apply, "", a.apply, "dry_run")
	a.addAction(org, actions.Watch, "", a.watch(reads), "kinds")

	a.addAction(org, actions.ReadAudit, "", a.auditList, slices.Concat(auditFilters, []string{limit, after})...)
	a.addAction(org, actions.ExportAudit, "", a.auditExport, slices.Concat(auditFilters, []string{"format", "bom"})...)

	a.addAction(org, actions.ReadMembers, "", a.memberList, limit, after)
	a.addAction(org, actions.ChangeRole, "/members/:user", a.memberChange)
	a.addAction(org, actions.Remove, "/members/:user", a.memberRemove)

	org.Get("/invitations", a.requireMember(manages, a.invitationList, limit, after))
	a.addAction(org, actions.Invite, "", a.invitationCreate)
	a.addAction(org, actions.Withdraw, "/invitations/:invitation", a.invitationWithdraw)

	org.Get("/tokens", a.requireMember(readsOwn, a.tokenList, limit, after))
	a.addAction(org, actions.CreateToken, "", a.tokenCreate)
	a.addAction(org, actions.Revoke, "/tokens/:token", a.tokenRevoke)

	// For existing clients: the access token determines the organization.
	legacy := app.Group("/api/templates", noStore, conditional)
	legacy.Get("", a.requireToken(reads, a.legacyList))
	legacy.Post("", a.requireToken(changes, a.legacyCreate))
	legacy.Get("/:template", a.requireToken(reads, a.legacyGet))
	legacy.Put("/:template", a.requireToken(changes, a.legacyUpdate))
	legacy.Delete("/:template", a.requireToken(changes, a.legacyDelete))

	// The same for agents, over MCP.
	app.Post("/mcp", noStore, a.serveMCP(reads))
}

// addKindRoutes adds the routes that all kinds of objects have. Fixed names below the
// collection come before the parameter that matches any name.
func addKindRoutes(org fiber.Router, r *objects, reads, changes access.Request) {
	const limit, after = "limit", "cursor"
	names, own := r.store.Names(), r.parameters()
	all, one := "/"+names.Plural, "/"+names.Plural+"/:"+names.Singular
	org.Get(all, r.requireMember(reads, r.listAll, slices.Concat(own.list, []string{limit, after})...))
	r.addAction(org, actions.Create(names), "", r.postOne)
	r.addAction(org, actions.Import(names), "", r.importAll, append([]string{"dry_run"}, own.imports...)...)
	r.addAction(org, actions.Export(names), "", r.export, own.export...)
	org.Get(all+"/deleted", r.requireMember(reads, r.listDeleted, limit, after))
	org.Post(all+"/deletions", r.requireMember(changes, r.deleteBatch))
	org.Post(all+"/restorations", r.requireMember(changes, r.restoreBatch))
	org.Get(one, r.requireMember(reads, r.getOne))
	r.addAction(org, actions.Update, one, r.putOne)
	org.Patch(one, r.requireMember(actions.Update.Needs, r.patchOne))
	r.addAction(org, actions.Delete, one, r.deleteOne)

	r.addAction(org, actions.History, one, r.listVersions, limit, after)
	org.Get(one+"/versions/:version", r.requireMember(reads, r.getVersion))
	r.addAction(org, actions.Restore, one, r.restoreVersion)
	org.Get(one+"/diff", r.requireMember(reads, r.diffVersions, "from", "to"))
}

// addAction adds the route of an action on the resource at a path.
func (a *API) addAction(org fiber.Router, action actions.Definition, path string, handle func(*request) error, t ...string) {
	addRoute(org, action, path, a.requireMember(action.Needs, handle, t...))
}

// addAction is like API.addAction, but calls requireMember of objects.
func (r *objects) addAction(org fiber.Router, action actions.Definition, path string, handle func(*request) error, t ...string) {
	addRoute(org, action, path, r.requireMember(action.Needs, handle, t...))
}

// addRoute adds a route. Like Fiber's Get, it handles HEAD together with GET.
func addRoute(to fiber.Router, action actions.Definition, path string, handle fiber.Handler) {
	if action.Method == fiber.MethodGet {
		to.Get(path+action.Path, handle)
		return
	}
	to.Add(action.Method, path+action.Path, handle)
}

// noStore keeps responses out of every cache, because they are private.
func noStore(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Next()
}
