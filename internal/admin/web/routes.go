package web

import (
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/compress"

	"orgmodes/internal/access"
)

// Routes adds all pages. What somebody has to be allowed to do stands beside
// the path; menu also puts the page into the rail, in the order given here, and
// listed what can be done into the palette.
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
	o := &organizationRoutes{w, app.Group("/orgs/:org", compress.New())}
	o.get("", reads, w.organizationHome)
	o.get("/rail", reads, w.railCounts)
	o.get("/palette", reads, w.paletteShow)

	o.menu(library, "Modes", "modes", "/modes", reads, w.modesList)
	o.get("/modes/live", reads, w.modesLive)
	o.get("/modes/export", reads, w.modesExport).listed("Export modes", "download save file yaml")
	o.post("/modes/order", changes, w.modesOrder)
	o.get("/modes/deletions", changes, w.modesDeletionForm)
	o.post("/modes/deletions", changes, w.modesDelete)
	o.post("/modes/restorations", changes, w.modesRestore)
	o.get("/modes/import", changes, w.importForm).listed("Import modes", "upload file folder roomodes kilocodemodes")
	o.post("/modes/import", changes, w.importModes)
	o.get("/modes/new", changes, w.modeNew).listed("New mode", "create add write")
	o.post("/modes/new", changes, w.modeCreate)
	o.get("/modes/deleted", reads, w.modesDeleted).listed("Restore a deleted mode", "bring back undelete trash")
	// One mode: after all pages below /modes with a name of their own.
	o.get("/modes/:mode", reads, w.modeGet)
	o.get("/modes/:mode/edit", reads, w.modeEdit)
	o.post("/modes/:mode/edit", changes, w.modeSave)
	o.get("/modes/:mode/newer", reads, w.modeNewerShow)
	o.get("/modes/:mode/history", reads, w.modeHistory)
	o.get("/modes/:mode/restorations", changes, w.modeRestorationForm)
	o.post("/modes/:mode/restorations", changes, w.modeRestore)

	o.menu(library, "History", "history", "/history", reads, w.modesHistory)

	audits := access.Request{Action: access.ReadAudit}
	o.menu(library, "Audit log", "audit", "/audit", audits, w.auditList)
	o.get("/audit/export", audits, w.auditExport)
	o.get("/audit/:entry", audits, w.auditEntry)

	o.menu(library, "Publication", "publication", "/publication", reads, w.publicationShow)
	o.post("/publication/again", changes, w.publicationAgain).listedAt("/publication#again", "Publish everything again", "republish readers refresh")
	o.post("/publication/retries", changes, w.publicationRetry)

	// Everybody has tokens of their own; whose else, and with which scopes, is
	// decided by the handlers.
	own := access.Request{Action: access.ReadTokens, Own: true}
	o.menu(administration, "Tokens", "tokens", "/tokens", own, w.tokensList)
	o.post("/tokens", own, w.tokensCreate).listedAt("/tokens#new-title", "New token", "create access token key secret")
	o.get("/tokens/revocations", own, w.tokensRevocationForm)
	o.post("/tokens/revocations", own, w.tokensRevoke)
	o.get("/connect", reads, w.connect).listed("Connect an editor", "kilo roo install set up curl")
}

// organizationRoutes adds pages below /orgs/:org.
type organizationRoutes struct {
	w   *Web
	app fiber.Router
}

// get adds a page for those who may do that.
func (o *organizationRoutes) get(path string, r access.Request, handle func(*visit) error) guarded {
	o.w.pages[path] = r
	o.app.Get(path, o.w.in(r, handle))
	return guarded{o.w, path, r}
}

// post adds an action of those who may do that. It answers with a redirect
// (v.done), or with the form again (v.again).
func (o *organizationRoutes) post(path string, r access.Request, handle func(*visit) error) guarded {
	o.w.actions[path] = r
	o.app.Post(path, o.w.in(r, handle))
	return guarded{o.w, path, r}
}

// menu is get, with an entry in the rail. icon is one of html/icons.html.
func (o *organizationRoutes) menu(g group, name, icon, path string, r access.Request, handle func(*visit) error) {
	o.w.rail = append(o.w.rail, entry{g, name, icon, path, r})
	o.get(path, r, handle)
}

// guarded is a page or an action with what it takes.
type guarded struct {
	w     *Web
	path  string
	needs access.Request
}

// listed lists the page in the palette, as something to be done. It is found by
// the other words too.
func (g guarded) listed(name, words string) { g.listedAt(g.path, name, words) }

// listedAt is listed for what is done on another page.
func (g guarded) listedAt(path, name, words string) {
	g.w.deeds = append(g.w.deeds, deed{name, words, path, g.needs})
}
