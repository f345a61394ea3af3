package web

import (
	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/web/shell"
)

// Routes adds all pages. The permission that a route requires is next to its path. Nav
// also adds the page to the sidebar, in the order given here. InPalette adds an action to
// the palette.
//
// A mode is addressed by its slug. If the slug is the name of a page below /modes, the mode
// is addressed by its id (see paths.Mode).
func (w *Web) Routes(app fiber.Router) {
	app.Get("/assets/:file", w.shell.Asset)

	app.Get("/", w.shell.RequireUser(w.shell.Home))
	app.Get("/sign-in", w.shell.AllowAnonymous(w.shell.SignInForm))
	app.Post("/sign-in", w.shell.AllowAnonymous(w.shell.SignIn))
	app.Post("/sign-out", w.shell.RequireUser(w.shell.SignOut))
	app.Get("/orgs", w.shell.RequireUser(w.shell.Organizations))

	var (
		reads   = access.Request{Action: access.ReadLibrary}
		changes = access.Request{Action: access.ChangeLibrary}
	)
	w.shell.RouteEvents(app)
	o := w.shell.OrganizationRoutes(app)
	o.Get("", reads, w.shell.OrganizationHome)
	o.Get("/rail", reads, w.shell.SidebarCounts)
	o.Get("/palette", reads, w.shell.Palette)

	o.Nav(shell.Library, "Modes", "modes", "/modes", reads, w.modes.List).WithCount(w.modes.Count)
	o.AddPaletteSource(w.modes.PaletteGroup)
	o.Get("/modes/live", reads, w.publication.PublicationLine)
	o.Get("/modes/export", reads, w.modes.Export).InPalette("Export modes", "download save file yaml")
	o.Post("/modes/order", changes, w.modes.Order)
	o.Get("/modes/deletions", changes, w.modes.DeletionForm)
	o.Post("/modes/deletions", changes, w.modes.Delete)
	o.Post("/modes/restorations", changes, w.modes.Restore)
	o.Get("/modes/import", changes, w.importer.Form).InPalette("Import modes", "upload file folder roomodes kilocodemodes")
	o.Post("/modes/import", changes, w.importer.Import)
	o.Get("/modes/new", changes, w.modes.New).InPalette("New mode", "create add write")
	o.Post("/modes/new", changes, w.modes.Create)
	o.Get("/modes/deleted", reads, w.modes.Deleted).InPalette("Restore a deleted mode", "bring back undelete trash")
	o.Post("/modes/drafts/:subject", changes, w.modes.Drafts.Store)
	o.Post("/modes/drafts/:subject/discard", changes, w.modes.Drafts.Discard)
	o.Post("/modes/drafts/:subject/restore", changes, w.modes.Drafts.Restore)
	// One mode: after all pages below /modes with a fixed name.
	o.Get("/modes/:mode", reads, w.modes.Get)
	o.Get("/modes/:mode/edit", reads, w.modes.Edit)
	o.Post("/modes/:mode/edit", changes, w.modes.Save)
	o.Get("/modes/:mode/newer", reads, w.modes.ShowNewer)
	o.Get("/modes/:mode/history", reads, w.modes.Versions)
	o.Get("/modes/:mode/restorations", changes, w.modes.RestorationForm)
	o.Post("/modes/:mode/restorations", changes, w.modes.RestoreVersion)

	for _, k := range w.objects {
		at := "/" + k.Name()
		o.Nav(shell.Library, k.Title(), k.Name(), at, reads, k.List).WithCount(k.Count)
		o.AddPaletteSource(k.PaletteGroup)
		o.Get(at+"/new", changes, k.New).InPalette("New "+k.Noun(), "create add write manifest")
		o.Post(at+"/new", changes, k.Create)
		o.Get(at+"/deleted", reads, k.Deleted).InPalette("Restore a deleted "+k.Noun(), "bring back undelete trash")
		o.Get(at+"/deletions", changes, k.DeletionForm)
		o.Post(at+"/deletions", changes, k.Delete)
		o.Post(at+"/restorations", changes, k.Restore)
		o.Post(at+"/drafts/:subject", changes, k.Drafts.Store)
		o.Post(at+"/drafts/:subject/discard", changes, k.Drafts.Discard)
		o.Post(at+"/drafts/:subject/restore", changes, k.Drafts.Restore)
		// One object: after all pages below the kind with a fixed name.
		o.Get(at+"/:object", reads, k.Get)
		o.Post(at+"/:object", changes, k.Save)
		o.Get(at+"/:object/history", reads, k.Versions)
		o.Get(at+"/:object/restorations", changes, k.RestorationForm)
		o.Post(at+"/:object/restorations", changes, k.RestoreVersion)
	}

	o.Nav(shell.Library, "History", "history", "/history", reads, w.modes.History)

	audits := access.Request{Action: access.ReadAudit}
	o.Nav(shell.Library, "Audit log", "audit", "/audit", audits, w.auditlog.List)
	o.Get("/audit/export", audits, w.auditlog.Export)
	o.Get("/audit/:entry", audits, w.auditlog.Entry)

	o.Nav(shell.Library, "Publication", "publication", "/publication", reads, w.publication.Show)
	o.Post("/publication/again", changes, w.publication.Republish).InPaletteAt("/publication#again", "Republish everything", "republish readers refresh")
	o.Post("/publication/retries", changes, w.publication.Retry)

	// Every user can have tokens. The handlers decide on other users' tokens and on scopes.
	own := access.Request{Action: access.ReadTokens, Own: true}
	o.Nav(shell.Administration, "Tokens", "tokens", "/tokens", own, w.tokens.List)
	o.Post("/tokens", own, w.tokens.Create).InPaletteAt("/tokens#new-title", "New token", "create access token key secret")
	o.Get("/tokens/revocations", own, w.tokens.RevocationForm)
	o.Post("/tokens/revocations", own, w.tokens.Revoke)
	o.Get("/connect", reads, w.tokens.Connect).InPalette("Connect an editor", "kilo roo install set up curl")
}
