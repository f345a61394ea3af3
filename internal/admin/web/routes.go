package web

import (
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/compress"

	"orgmodes/internal/access"
)

// Routes adds all pages. What somebody has to be allowed to do stands beside
// the path; menu also puts the page into the rail, in the order given here.
//
// A mode is named by its slug, or by its id where the slug is the name of one of
// the pages below /modes (see modeRef).
func (w *Web) Routes(app fiber.Router) {
	app.Get("/assets/:file", w.asset)

	app.Get("/", w.known(w.home))
	app.Get("/sign-in", w.open(w.signInForm))
	app.Post("/sign-in", w.open(w.signIn))
	app.Post("/sign-out", w.known(w.signOut))
	app.Get("/orgs", w.known(w.organizations))

	var (
		reads   = access.Request{Action: access.ReadLibrary}
		changes = access.Request{Action: access.ChangeLibrary}
	)
	w.streams(app)
	o := &organization{w, app.Group("/orgs/:org", compress.New(compress.Config{Level: compress.LevelBestSpeed}))}
	o.get("", reads, w.organizationHome)

	o.menu(library, "Modes", "modes", "/modes", reads, w.modesList)
	o.get("/modes/live", reads, w.modesLive)
	o.get("/modes/export", reads, w.modesExport)
	o.post("/modes/order", changes, w.modesOrder)
	o.get("/modes/deletions", changes, w.modesDeletionForm)
	o.post("/modes/deletions", changes, w.modesDelete)
	o.post("/modes/restorations", changes, w.modesRestore)
	o.get("/modes/import", changes, w.importForm)
	o.post("/modes/import", changes, w.importModes)
	o.get("/modes/new", changes, w.modeNew)
	o.post("/modes/new", changes, w.modeCreate)
	o.get("/modes/deleted", reads, w.modesDeleted)
	// One mode: after all pages below /modes with a name of their own.
	o.get("/modes/:mode", reads, w.modeGet)
	o.get("/modes/:mode/edit", reads, w.modeEdit)
	o.post("/modes/:mode/edit", changes, w.modeSave)
	o.get("/modes/:mode/history", reads, w.modeHistory)
	o.get("/modes/:mode/restorations", changes, w.modeRestorationForm)
	o.post("/modes/:mode/restorations", changes, w.modeRestore)

	audits := access.Request{Action: access.ReadAudit}
	o.menu(library, "Audit log", "audit", "/audit", audits, w.auditList)
	o.get("/audit/export", audits, w.auditExport)
	o.get("/audit/:entry", audits, w.auditEntry)

	o.menu(library, "Publication", "publication", "/publication", reads, w.publicationShow)
	o.post("/publication/again", changes, w.publicationAgain)
	o.post("/publication/retries", changes, w.publicationRetry)

	// Everybody has tokens of their own; whose else, and with which scopes, is
	// decided by the handlers.
	own := access.Request{Action: access.ReadTokens, Own: true}
	o.menu(administration, "Tokens", "tokens", "/tokens", own, w.tokensList)
	o.post("/tokens", own, w.tokensCreate)
	o.get("/tokens/revocations", own, w.tokensRevocationForm)
	o.post("/tokens/revocations", own, w.tokensRevoke)
	o.get("/connect", reads, w.connect)
}

// organization adds pages below /orgs/:org.
type organization struct {
	w   *Web
	app fiber.Router
}

// get adds a page for those who may do that.
func (o *organization) get(path string, r access.Request, handle func(*visit) error) {
	o.w.pages[path] = r
	o.app.Get(path, o.w.in(r, handle))
}

// post adds an action of those who may do that. It answers with a redirect
// (v.done), or with the form again (v.again).
func (o *organization) post(path string, r access.Request, handle func(*visit) error) {
	o.app.Post(path, o.w.in(r, handle))
}

// menu is get, with an entry in the rail. icon is one of html/icons.html.
func (o *organization) menu(g group, name, icon, path string, r access.Request, handle func(*visit) error) {
	o.w.rail = append(o.w.rail, entry{g, name, icon, path, r})
	o.get(path, r, handle)
}
