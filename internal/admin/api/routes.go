package api

import (
	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
)

// Routes adds all routes of the API. What somebody has to be allowed to do
// stands beside the path; a handler asks once more only where the answer
// depends on what was sent.
//
// Modes and organizations are named by id or slug. Modes whose slug is "import",
// "export" or "deleted" are read by their id.
func (a *API) Routes(app fiber.Router) {
	v1 := app.Group("/api/v1", noStore)

	v1.Get("/openapi.yaml", descriptionYAML)
	v1.Get("/openapi.json", descriptionJSON)

	v1.Post("/session", a.sessionCreate)
	v1.Get("/session", a.known(a.sessionGet))
	v1.Delete("/session", a.known(a.sessionDelete))

	v1.Get("/organizations", a.known(a.organizationList))

	v1.Post("/advice", a.known(a.adviceGive))
	v1.Get("/advice/rules", a.known(a.adviceRuleList))
	v1.Get("/clients", a.known(a.clientList))
	v1.Post("/views", a.known(a.viewDraft))

	var (
		reads      = access.Request{Action: access.ReadLibrary}
		changes    = access.Request{Action: access.ChangeLibrary}
		audits     = access.Request{Action: access.ReadAudit}
		members    = access.Request{Action: access.ReadMembers}
		manages    = access.Request{Action: access.ManageMembers}
		leaves     = access.Request{Action: access.ManageMembers, Own: true}
		readsOwn   = access.Request{Action: access.ReadTokens, Own: true}
		creates    = access.Request{Action: access.CreateToken}
		revokesOwn = access.Request{Action: access.RevokeToken, Own: true}
	)
	org := v1.Group("/organizations/:org")
	org.Get("", a.in(reads, a.organizationGet))
	org.Get("/publication", a.in(reads, a.publicationGet))

	org.Get("/modes", a.in(reads, a.modeList))
	org.Post("/modes", a.in(changes, a.modeCreate))
	org.Post("/modes/import", a.in(changes, a.modeImport))
	org.Get("/modes/export", a.in(reads, a.modeExport))
	org.Get("/modes/deleted", a.in(reads, a.modeDeletedList))
	org.Get("/modes/:mode", a.in(reads, a.modeGet))
	org.Put("/modes/:mode", a.in(changes, a.modeReplace))
	org.Patch("/modes/:mode", a.in(changes, a.modePatch))
	org.Delete("/modes/:mode", a.in(changes, a.modeDelete))

	org.Get("/modes/:mode/versions", a.in(reads, a.versionList))
	org.Get("/modes/:mode/versions/:version", a.in(reads, a.versionGet))
	org.Post("/modes/:mode/versions/:version/restore", a.in(changes, a.versionRestore))
	org.Get("/modes/:mode/diff", a.in(reads, a.versionDiff))

	org.Get("/modes/:mode/advice", a.in(reads, a.modeAdvice))
	org.Get("/modes/:mode/clients", a.in(reads, a.viewList))
	org.Get("/modes/:mode/clients/:client", a.in(reads, a.viewGet))

	org.Get("/audit", a.in(audits, a.auditList))
	org.Get("/audit/export", a.in(audits, a.auditExport))

	org.Get("/members", a.in(members, a.memberList))
	org.Post("/members", a.in(manages, a.memberAdd))
	org.Put("/members/:user", a.in(manages, a.memberChange))
	org.Delete("/members/:user", a.in(leaves, a.memberRemove))

	org.Get("/tokens", a.in(readsOwn, a.tokenList))
	org.Post("/tokens", a.in(creates, a.tokenCreate))
	org.Delete("/tokens/:token", a.in(revokesOwn, a.tokenRevoke))
}

// noStore keeps answers out of every cache: they are somebody's.
func noStore(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Next()
}
