package shell

import (
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/compress"

	"orgmodes/internal/access"
)

// Routes adds pages and actions below /orgs/:org; see Shell.OrganizationRoutes. Paths are
// Fiber patterns relative to that, such as "/modes/:mode".
type Routes struct {
	shell *Shell
	app   fiber.Router
}

// Get adds a page for visitors who are allowed to perform r. Others get a page with the
// reason.
func (o *Routes) Get(path string, r access.Request, handle func(*Request) error) Route {
	o.shell.pages[path] = r
	o.app.Get(path, o.shell.requireMember(r, handle))
	return Route{o.shell, path, r}
}

// Post adds an action for visitors who are allowed to perform r. handle responds with a
// redirect (Request.RedirectWithFlash), or with the form again.
func (o *Routes) Post(path string, r access.Request, handle func(*Request) error) Route {
	o.shell.actions[path] = r
	o.app.Post(path, o.shell.requireMember(r, handle))
	return Route{o.shell, path, r}
}

// Nav is like Get, and adds an entry called name to a group of the sidebar. icon is the name
// of one of the icons of the shell's templates, such as "modes".
func (o *Routes) Nav(g Group, name, icon, path string, r access.Request, handle func(*Request) error) Route {
	o.shell.sidebar = append(o.shell.sidebar, sidebarPage{group: g, name: name, icon: icon, path: path, requires: r})
	return o.Get(path, r, handle)
}

// Route is a page or an action with the permission that it requires.
type Route struct {
	shell    *Shell
	path     string
	requires access.Request
}

// InPalette lists the route in the palette as an action with the given name. keywords are
// additional search keywords.
func (g Route) InPalette(name, keywords string) { g.InPaletteAt(g.path, name, keywords) }

// InPaletteAt is like InPalette, but links to the page at path, below the organization. It
// is for an action that is performed on that page, such as a Post.
func (g Route) InPaletteAt(path, name, keywords string) {
	g.shell.paletteActions = append(g.shell.paletteActions, paletteAction{name, keywords, path, g.requires})
}

// WithCount shows the result of count next to the route's entry in the sidebar, if ok is
// true and the visitor is allowed to see the page. The route must be one added by Nav.
func (g Route) WithCount(count func(*Request) (n int, ok bool)) {
	for i := range g.shell.sidebar {
		if g.shell.sidebar[i].path == g.path {
			g.shell.sidebar[i].count = count
		}
	}
}

// AddPaletteSource adds the group that find returns for a request to the palette. If find
// returns an error, the palette fails with it.
func (o *Routes) AddPaletteSource(find func(*Request) (PaletteGroup, error)) {
	o.shell.paletteSources = append(o.shell.paletteSources, find)
}

// OrganizationRoutes returns a new Routes that adds pages below /orgs/:org to app.
func (s *Shell) OrganizationRoutes(app fiber.Router) *Routes {
	return &Routes{s, app.Group("/orgs/:org", compress.New())}
}

// PagePermission returns the permission required to view the page at path, the pattern
// passed to Routes.Get or Routes.Nav. It is zero if there is no such page.
func (s *Shell) PagePermission(path string) access.Request { return s.pages[path] }

// ActionPermission returns the permission required for the action at path, the pattern
// passed to Routes.Post. It is zero if there is no such action.
func (s *Shell) ActionPermission(path string) access.Request { return s.actions[path] }
