package shell

import (
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/compress"

	"orgmodes/internal/access"
)

// Routes adds pages and actions below /orgs/:org.
type Routes struct {
	shell *Shell
	app   fiber.Router
}

// Get adds a page for visitors who are allowed to perform r.
func (o *Routes) Get(path string, r access.Request, handle func(*Visit) error) Route {
	o.shell.pages[path] = r
	o.app.Get(path, o.shell.in(r, handle))
	return Route{o.shell, path, r}
}

// Post adds an action for visitors who are allowed to perform r. handle responds with a
// redirect (Visit.Done), or with the form again.
func (o *Routes) Post(path string, r access.Request, handle func(*Visit) error) Route {
	o.shell.actions[path] = r
	o.app.Post(path, o.shell.in(r, handle))
	return Route{o.shell, path, r}
}

// Menu is like Get, and adds an entry to the sidebar. icon is the name of an icon in
// html/parts/icons.html.
func (o *Routes) Menu(g Group, name, icon, path string, r access.Request, handle func(*Visit) error) Route {
	o.shell.rail = append(o.shell.rail, entry{group: g, name: name, icon: icon, path: path, needs: r})
	return o.Get(path, r, handle)
}

// Route is a page or an action with the permission that it requires.
type Route struct {
	shell *Shell
	path  string
	needs access.Request
}

// Listed lists the route in the palette as an action with the given name. words are
// additional search keywords.
func (g Route) Listed(name, words string) { g.ListedAt(g.path, name, words) }

// ListedAt is like Listed, for an action that is done on the page at path.
func (g Route) ListedAt(path, name, words string) {
	g.shell.deeds = append(g.shell.deeds, deed{name, words, path, g.needs})
}

// Counted shows a count next to the page's entry in the sidebar, if count returns ok.
func (g Route) Counted(count func(*Visit) (n int, ok bool)) {
	for i := range g.shell.rail {
		if g.shell.rail[i].path == g.path {
			g.shell.rail[i].count = count
		}
	}
}

// FindBy adds the places that find returns for a visit to the palette.
func (o *Routes) FindBy(find func(*Visit) (Places, error)) {
	o.shell.finds = append(o.shell.finds, find)
}

// Below returns a new Routes that adds pages below /orgs/:org to app.
func (s *Shell) Below(app fiber.Router) *Routes {
	return &Routes{s, app.Group("/orgs/:org", compress.New())}
}

// ToSee returns the permission required to view the page at a path, given as in routes.go.
func (s *Shell) ToSee(path string) access.Request { return s.pages[path] }

// ToDo returns the permission required for the action at a path, given as in routes.go.
func (s *Shell) ToDo(path string) access.Request { return s.actions[path] }
