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
	// Mono is shown before Lead in a monospaced font: a slug.
	Mono string
	// Crumbs are the breadcrumbs: the pages between the organization and this one.
	Crumbs []Crumb
	// Actions are the actions offered on the page, at most three.
	Actions []Action
	// Bare leaves out the sidebar, for visitors who are not signed in or not in an
	// organization.
	Bare bool
	// Data is the data of the page's template.
	Data any
}

// Crumb is a breadcrumb: a page above another one.
type Crumb struct{ Name, Path string }

// Action is a button that links to a page, or that is disabled with a reason.
type Action struct {
	Label, Path string
	Primary     bool
	// Key is the shortcut of the action, if single-key shortcuts are on.
	Key string
	// NeedsConfirmation reports whether the action needs confirmation; with scripts, in a
	// dialog.
	NeedsConfirmation bool
	// May is the result of Request.May for the action.
	May access.Decision
}

// View is the data of all templates: the page and the shell around it.
type View struct {
	Page
	v *Request
	// Flash is the message about the previous request, if any.
	Flash *Flash
}

// Org returns the organization of the page. Its Slug is empty for pages outside of one.
func (s View) Org() postgres.Membership {
	return postgres.Membership{Organization: s.v.Org, Role: string(s.v.role)}
}

// Orgs returns the organizations that the visitor can switch to.
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

// UserID returns the visitor's id, which forms carry.
func (s View) UserID() string { return s.v.Principal.UserID.String() }

// SignedIn reports whether the visitor is signed in.
func (s View) SignedIn() bool { return s.v.session != nil }

// Nonce returns the nonce for scripts and styles of this response.
func (s View) Nonce() string { return s.v.nonce }

// CSRF returns the token for requests that change something. It is masked differently in
// each response.
func (s View) CSRF() string {
	if s.v.masked == "" && s.v.session != nil {
		s.v.masked = mask(s.v.session.CSRF)
	}
	return s.v.masked
}

// RequestID returns the id of the request in the log.
func (s View) RequestID() string { return middleware.ID(s.v.Ctx) }

// Path returns the path of a page of the organization.
func (s View) Path(page string) string { return s.v.Address(page) }

// Revision returns the revision of the organization.
func (s View) Revision() int64 { return s.v.Org.Revision }

// HasRoute reports whether a page exists at path; see Request.HasRoute.
func (s View) HasRoute(path string) bool { return s.v.HasRoute(path) }

// May returns whether the visitor is allowed to perform an action, such as
// "change_library".
func (s View) May(action string) access.Decision {
	return s.v.May(access.Request{Action: access.Action(action)})
}

// Ago returns a relative time, with the absolute time as its title.
func (s View) Ago(t time.Time) template.HTML { return timeHTML(t, s.v.shell.Now()) }

// Clock returns the time of day to the second, with the date if that is not today.
func (s View) Clock(t time.Time) template.HTML { return clockHTML(t, s.v.shell.Now()) }

// With returns the view with other data, for a partial that needs the shell too.
func (s View) With(data any) View { s.Data = data; return s }

// Render renders a template that is defined in html/NAME.html or in a partial.
func (s View) Render(name, block string) (template.HTML, error) {
	var b strings.Builder
	err := s.v.shell.templates[name].ExecuteTemplate(&b, block, s)
	return template.HTML(b.String()), err // executed by html/template for the same context
}

// Show responds with the page html/NAME.html, which defines the template "content". The
// status is the one set before, or 200.
func (v *Request) Show(name string, p Page) error {
	return v.shell.write(v.Ctx, v.Response().StatusCode(), name, "layout", View{Page: p, v: v, Flash: v.takeFlash()})
}

// Part responds with a part of a page: a template that is defined in html/NAME.html or in a
// partial.
func (v *Request) Part(name, block string, data any) error {
	return v.shell.write(v.Ctx, v.Response().StatusCode(), name, block, View{Page: Page{Data: data}, v: v})
}

// RedirectWithFlash ends an action: it redirects to path, which shows the message f.
func (v *Request) RedirectWithFlash(path string, f Flash) error {
	v.flash(f)
	return v.Redirect(path, fiber.StatusSeeOther)
}

// Templates maps the names of pages to their templates.
type Templates map[string]*template.Template

// Parse parses the templates of the shell and of groups of pages. Each group has a folder
// html with one file per page, and its shared partials in html/parts. The result is safe
// for concurrent use by several shells.
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

// Initial returns the first letter of a name, shown in place of a picture.
func Initial(name string) string {
	for _, r := range strings.TrimSpace(name) {
		return strings.ToUpper(string(r))
	}
	return "?"
}
