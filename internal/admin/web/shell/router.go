package shell

import (
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/compress"

	"orgmodes/internal/access"
)

// Routes registers pages and actions below /orgs/:org; see Shell.OrganizationRoutes. Paths
// are Fiber patterns relative to that, such as "/modes/:mode".
type Routes struct {
	shell *Shell
	app   fiber.Router
}

// Get registers a page: handle serves GET requests of visitors who are allowed to perform r
// in the organization; see RequireUser for visitors who are not signed in. A request of any
// other member fails with a Forbidden fault that has the reason. For other users it fails
// with the NotFound fault of an organization that does not exist.
func (o *Routes) Get(path string, r access.Request, handle func(*Request) error) Route {
	o.shell.pages[path] = r
	o.app.Get(path, o.shell.requireMember(r, handle))
	return Route{o.shell, path, r}
}

// Post registers an action: handle serves POST requests, with the same checks as for Get. It
// responds with a redirect (Request.RedirectWithFlash), or with the form again.
func (o *Routes) Post(path string, r access.Request, handle func(*Request) error) Route {
	o.shell.actions[path] = r
	o.app.Post(path, o.shell.requireMember(r, handle))
	return Route{o.shell, path, r}
}

// Nav registers a page as Get does, and adds an entry called name to the group g of the
// sidebar, below the entries added before. The palette lists the page too. icon is the name
// of one of the icons of the shell's templates, such as "modes".
func (o *Routes) Nav(g Group, name, icon, path string, r access.Request, handle func(*Request) error) Route {
	o.shell.sidebar = append(o.shell.sidebar, sidebarPage{group: g, name: name, icon: icon, path: path, requires: r})
	return o.Get(path, r, handle)
}

// Route is a registered page or action, with the permission that it requires.
type Route struct {
	shell    *Shell
	path     string
	requires access.Request
}

// InPalette lists the route among the actions of the palette. name is the text of the item.
// keywords are further words to search, separated by spaces. The route must be a page,
// because choosing the item opens its path. The path must have no parameters.
func (g Route) InPalette(name, keywords string) { g.InPaletteAt(g.path, name, keywords) }

// InPaletteAt is like InPalette, but the item opens the page at path, relative to the
// organization. It is for a route added by Post: path is the page with the form of that
// action, and the permission is that of the action.
func (g Route) InPaletteAt(path, name, keywords string) {
	g.shell.paletteActions = append(g.shell.paletteActions, paletteAction{name, keywords, path, g.requires})
}

// WithCount shows a number next to the route's entry in the sidebar. count returns it for a
// request; if ok is false, no number is shown. It is called only if the visitor is allowed
// to see the page. WithCount does nothing for a route that Nav did not add.
func (g Route) WithCount(count func(*Request) (n int, ok bool)) {
	for i := range g.shell.sidebar {
		if g.shell.sidebar[i].path == g.path {
			g.shell.sidebar[i].count = count
		}
	}
}

// AddPaletteSource adds a group of items to the palette, below those added before. find
// returns it for a request, such as all modes of the organization. If find fails,
// Shell.Palette returns its error.
func (o *Routes) AddPaletteSource(find func(*Request) (PaletteGroup, error)) {
	o.shell.paletteSources = append(o.shell.paletteSources, find)
}

// OrganizationRoutes returns a Routes that registers pages and actions below /orgs/:org with
// app. Their responses are compressed. It must be called once, after RouteEvents.
func (s *Shell) OrganizationRoutes(app fiber.Router) *Routes {
	return &Routes{s, app.Group("/orgs/:org", compress.New())}
}

// PagePermission returns the permission that a page requires, to be passed to Request.May.
// path is the pattern passed to Routes.Get or Routes.Nav. For a page that is not registered,
// it is zero, which no role is allowed to perform.
func (s *Shell) PagePermission(path string) access.Request { return s.pages[path] }

// ActionPermission returns the permission that an action, a POST route, requires, to be
// passed to Request.May. path is the pattern passed to Routes.Post. For an action that is
// not registered, it is zero, which no role is allowed to perform.
func (s *Shell) ActionPermission(path string) access.Request { return s.actions[path] }
