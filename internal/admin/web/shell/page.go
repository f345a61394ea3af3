package shell

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/middleware"
	"orgmodes/internal/admin/web/assets"
	"orgmodes/internal/postgres"
)

//go:embed html
var htmlFiles embed.FS

// Page holds the content of a page, supplied by its handler. The shell adds the layout.
type Page struct {
	// Title is the heading. With the organization's name, it is also the document title.
	Title string
	// Lead is the line below the heading.
	Lead string
	// Mono is shown before Lead in a monospaced font, such as a slug.
	Mono string
	// Crumbs are the breadcrumbs: the pages between the organization and this one.
	Crumbs []Crumb
	// Actions are the buttons next to the heading. There is room for three.
	Actions []Action
	// Bare leaves out the sidebar, for visitors who are not signed in or not in an
	// organization.
	Bare bool
	// Data is passed to the page's template, as the field Data of a View.
	Data any
}

// Crumb is a breadcrumb: a link to an ancestor page.
type Crumb struct{ Name, Path string }

// Action is a button that links to a page, or that is disabled with a reason.
type Action struct {
	// Label is the text of the button, Path the address to which it links.
	Label, Path string
	// Primary marks the main action of the page.
	Primary bool
	// Key is the shortcut of the action, such as "n". It works if single-key shortcuts are
	// on.
	Key string
	// NeedsConfirmation reports whether Path is a page that asks for confirmation. Scripts
	// show it in a dialog.
	NeedsConfirmation bool
	// May is the result of Request.May for the action. If it isn't allowed, the button is
	// disabled with the reason.
	May access.Decision
}

// View is the data of all templates: the page and the shell around it.
type View struct {
	Page
	v *Request
	// Flash is the message about the previous request; nil if there is none.
	Flash *Flash
}

// Org returns the organization of the page. Its Slug is empty for pages outside of one.
func (s View) Org() postgres.Membership {
	return postgres.Membership{Organization: s.v.Org, Role: string(s.v.role)}
}

// Orgs returns the organizations of which the visitor is a member, to switch between them.
func (s View) Orgs() []postgres.Membership { return s.v.Orgs }

// Sidebar returns the groups of the sidebar.
func (s View) Sidebar() []SidebarGroup { return s.v.sidebar() }

// UserName returns the visitor's name, or the email address if there is none.
func (s View) UserName() string {
	if s.v.Principal.Name != "" {
		return s.v.Principal.Name
	}
	return s.v.Principal.Email
}

// Email returns the visitor's email address.
func (s View) Email() string { return s.v.Principal.Email }

// UserID returns the visitor's id. Forms carry it, so that another user who signs in doesn't
// send them.
func (s View) UserID() string { return s.v.Principal.UserID.String() }

// SignedIn reports whether the visitor is signed in.
func (s View) SignedIn() bool { return s.v.session != nil }

// Nonce returns the nonce for scripts and styles of this response.
func (s View) Nonce() string { return s.v.nonce }

// CSRF returns the token for requests that change something, "" if the visitor isn't signed
// in. It is masked differently in each response.
func (s View) CSRF() string {
	if s.v.masked == "" && s.v.session != nil {
		s.v.masked = mask(s.v.session.CSRF)
	}
	return s.v.masked
}

// RequestID returns the id of the request in the log.
func (s View) RequestID() string { return middleware.ID(s.v.Ctx) }

// Path returns the address of a page of the organization; see Request.Address.
func (s View) Path(page string) string { return s.v.Address(page) }

// Revision returns the revision of the organization.
func (s View) Revision() int64 { return s.v.Org.Revision }

// HasRoute reports whether a page is registered at path; see Request.HasRoute.
func (s View) HasRoute(path string) bool { return s.v.HasRoute(path) }

// May returns the decision on whether the visitor is allowed to perform an action, an
// access.Action such as "change_library". An unknown action is not allowed.
func (s View) May(action string) access.Decision {
	return s.v.May(access.Request{Action: access.Action(action)})
}

// Ago returns t relative to now, as the function Ago does, with the absolute time as a
// tooltip.
func (s View) Ago(t time.Time) template.HTML { return timeHTML(t, s.v.shell.Now()) }

// Clock returns the time of day to the second in UTC, with the date if that is not today.
// Scripts convert it to the user's time zone.
func (s View) Clock(t time.Time) template.HTML { return clockHTML(t, s.v.shell.Now()) }

// With returns a copy of the view with other data, for a partial that needs the shell too.
func (s View) With(data any) View { s.Data = data; return s }

// Render renders the template called block with the view as its data. block is defined in
// html/NAME.html, where NAME is the given name, or in a partial.
func (s View) Render(name, block string) (template.HTML, error) {
	var b strings.Builder
	err := s.v.shell.templates[name].ExecuteTemplate(&b, block, s)
	return template.HTML(b.String()), err // executed by html/template for the same context
}

// Show responds with the page html/NAME.html, where NAME is the given name. The file defines
// the template "content". The status is the one set before, or 200.
func (v *Request) Show(name string, p Page) error {
	return v.shell.write(v.Ctx, v.Response().StatusCode(), name, "layout", View{Page: p, v: v, Flash: v.takeFlash()})
}

// Part responds with a part of a page: the template called block, rendered with a View of
// data. block is defined in html/NAME.html, where NAME is the given name, or in a partial.
func (v *Request) Part(name, block string, data any) error {
	return v.shell.write(v.Ctx, v.Response().StatusCode(), name, block, View{Page: Page{Data: data}, v: v})
}

// RedirectWithFlash ends an action: it redirects (303) to the address path, which shows the
// message f.
func (v *Request) RedirectWithFlash(path string, f Flash) error {
	v.flash(f)
	return v.Redirect(path, fiber.StatusSeeOther)
}

// Templates maps the names of pages to their templates.
type Templates map[string]*template.Template

// Parse parses the templates of the shell and of groups of pages. Each group has a folder
// html with one file per page, and its shared partials in html/parts. It fails if a template
// is invalid, or if two pages have the same name. The result is safe for concurrent use by
// several shells.
func Parse(groups ...fs.FS) (Templates, error) {
	bundles, err := assets.Read()
	if err != nil {
		return nil, err
	}
	shared, err := template.New("").Funcs(templateFuncs(bundles)).ParseFS(htmlFiles, "html/parts/*.html")
	if err != nil {
		return nil, err
	}
	t := Templates{}
	for _, group := range append([]fs.FS{htmlFiles}, groups...) {
		if err := t.parse(shared, group); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// parse parses the templates of a group: each page with the partials of the shell and of
// the group.
func (t Templates) parse(shared *template.Template, group fs.FS) error {
	base, err := shared.Clone()
	if err != nil {
		return err
	}
	if parts, err := fs.Glob(group, "html/parts/*.html"); err != nil {
		return err
	} else if len(parts) > 0 {
		if base, err = base.ParseFS(group, parts...); err != nil {
			return err
		}
	}
	files, err := fs.Glob(group, "html/*.html")
	if err != nil {
		return err
	}
	for _, file := range files {
		pageTemplate, err := base.Clone()
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(path.Base(file), ".html")
		if t[name] != nil {
			return fmt.Errorf("two pages are called %s", name)
		}
		if t[name], err = pageTemplate.ParseFS(group, file); err != nil {
			return err
		}
	}
	return nil
}

// templateFuncs returns the template functions. Functions that need the request are methods
// of View.
func templateFuncs(a assets.Assets) template.FuncMap {
	return template.FuncMap{
		"asset": a.URL,
		"exact": formatAbsolute,
		"count": Pluralize,
		"bytes": FormatBytes,
		// field returns the data of the template "field": the name and label, then pairs of
		// an option (hint, aside, kind, complete, required) and its value.
		"field": func(f Form, name, label string, more ...string) Input {
			i := Input{Name: name, Label: label, Value: f.Get(name), Error: f.Errors[name]}
			for j := 0; j+1 < len(more); j += 2 {
				switch value := more[j+1]; more[j] {
				case "hint":
					i.Hint = value
				case "aside":
					i.Aside = value
				case "kind":
					i.Kind = value
				case "complete":
					i.Autocomplete = value
				case "required":
					i.Required = true
				}
			}
			return i
		},
		"initial":    Initial,
		"paletteRow": func(p PaletteItem, kind string) paletteRow { return paletteRow{p, kind} },
		"fieldID":    func(name string) string { return Input{Name: name}.ID() },
	}
}

// Initial returns the first letter of a name in upper case, shown in place of a picture. It
// returns "?" for an empty name.
func Initial(name string) string {
	for _, r := range strings.TrimSpace(name) {
		return strings.ToUpper(string(r))
	}
	return "?"
}
