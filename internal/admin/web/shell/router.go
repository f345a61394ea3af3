package shell

import (
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/compress"

	"orgmodes/internal/access"
)

// Routes adds pages below /orgs/:org.
type Routes struct {
	shell *Shell
	app   fiber.Router
}

// Get adds a page for those who may do that.
func (o *Routes) Get(path string, r access.Request, handle func(*Visit) error) Route {
	o.shell.pages[path] = r
	o.app.Get(path, o.shell.in(r, handle))
	return Route{o.shell, path, r}
}

// Post adds an action of those who may do that. It answers with a redirect
// (Visit.Done), or with the form again.
func (o *Routes) Post(path string, r access.Request, handle func(*Visit) error) Route {
	o.shell.actions[path] = r
	o.app.Post(path, o.shell.in(r, handle))
	return Route{o.shell, path, r}
}

// Menu is Get, with an entry in the rail. icon is one of html/icons.html.
func (o *Routes) Menu(g Group, name, icon, path string, r access.Request, handle func(*Visit) error) Route {
	o.shell.rail = append(o.shell.rail, entry{group: g, name: name, icon: icon, path: path, needs: r})
	return o.Get(path, r, handle)
}

// Route is a page or an action with what it takes.
type Route struct {
	shell *Shell
	path  string
	needs access.Request
}

// Listed lists the page in the palette, as something to be done. It is found by
// the other words too.
func (g Route) Listed(name, words string) { g.ListedAt(g.path, name, words) }

// ListedAt is listed for what is done on another page.
func (g Route) ListedAt(path, name, words string) {
	g.shell.deeds = append(g.shell.deeds, deed{name, words, path, g.needs})
}

// Counted shows beside the page's entry in the rail how many things are behind it, where
// ok.
func (g Route) Counted(count func(*Visit) (n int, ok bool)) {
	for i := range g.shell.rail {
		if g.shell.rail[i].path == g.path {
			g.shell.rail[i].count = count
		}
	}
}

// FindBy has the palette list what find finds in the library of a visit.
func (o *Routes) FindBy(find func(*Visit) (Places, error)) {
	o.shell.finds = append(o.shell.finds, find)
}

// Below adds pages below /orgs/:org to an app.
func (s *Shell) Below(app fiber.Router) *Routes {
	return &Routes{s, app.Group("/orgs/:org", compress.New())}
}

// ToSee is what it takes to see a page at a path as in routes.go.
func (s *Shell) ToSee(path string) access.Request { return s.pages[path] }

// ToDo is what it takes to send something to a path as in routes.go.
func (s *Shell) ToDo(path string) access.Request { return s.actions[path] }
