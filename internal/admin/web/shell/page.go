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

// Page holds the content of a page, which a handler passes to Request.Show. The shell adds
// the layout.
type Page struct {
	// Title is the heading. With the organization's name, it is also the document title.
	Title string
	// Lead is the text below the heading; it can be empty.
	Lead string
	// Mono is a text such as a slug, shown before Lead in a monospaced font; it can be empty.
	Mono string
	// Crumbs are the breadcrumbs: the pages between the organization and this one.
	Crumbs []Crumb
	// Actions are the buttons next to the heading. There is room for three.
	Actions []Action
	// Bare leaves out the sidebar and the palette. It is for pages outside of an
	// organization, such as the sign-in form.
	Bare bool
	// Data is the data for the page's template, which reads it as .Data of the View.
	Data any
}

// Crumb is a breadcrumb: a link to an ancestor page, with its Name and its address.
type Crumb struct{ Name, Path string }

// Action is a button that links to a page, or that is disabled with a reason.
type Action struct {
	// Label is the text of the button, Path the address to which it links.
	Label, Path string
	// Primary marks the main action of the page.
	Primary bool
	// Key is the key that works like a click on the button, such as "n"; "" for none. A user
	// can turn such single-key shortcuts off.
	Key string
	// NeedsConfirmation reports whether Path is a page that asks for confirmation. Scripts
	// show it in a dialog.
	NeedsConfirmation bool
	// May is the result of Request.May for the action. If it isn't allowed, as in the zero
	// value, the button is disabled with the reason.
	May access.Decision
}

// View is the data of all templates: the page, and methods for the shell around it. A
// template calls them as .Org, .Ago and so on.
type View struct {
	Page
	v *Request
	// Flash is the message about the previous action; nil if there is none.
	Flash *Flash
}

// Org returns the organization of the page, with the visitor's role in it. It is zero for
// pages outside of an organization.
func (s View) Org() postgres.Membership {
	return postgres.Membership{Organization: s.v.Org, Role: string(s.v.role)}
}

// Orgs returns the organizations that the visitor is a member of, by name. The sidebar links
// to each.
func (s View) Orgs() []postgres.Membership { return s.v.Orgs }

// Sidebar returns the groups of the sidebar. Pages that the visitor is not allowed to see are
// included.
func (s View) Sidebar() []SidebarGroup { return s.v.sidebar() }

// UserName returns the visitor's name, or the email address if the name is empty.
func (s View) UserName() string {
	if s.v.Principal.Name != "" {
		return s.v.Principal.Name
	}
	return s.v.Principal.Email
}

// Email returns the visitor's email address.
func (s View) Email() string { return s.v.Principal.Email }

// UserID returns the id of the signed-in visitor. The template "csrf", which every form that
// changes something includes, puts it into a hidden field. If the session ends before the form
// is submitted, only that user can submit it again after signing in. It is the zero UUID if
// SignedIn is false; the sign-in form doesn't include it.
func (s View) UserID() string { return s.v.Principal.UserID.String() }

// SignedIn reports whether the visitor is signed in. It is false on the sign-in form, because
// AllowAnonymous does not look for a session.
func (s View) SignedIn() bool { return s.v.session != nil }

// Nonce returns the value of the nonce attribute of this response's scripts and styles. The
// Content-Security-Policy allows no others.
func (s View) Nonce() string { return s.v.nonce }

// CSRF returns the CSRF token of the session, for the form field CSRFField or the header
// auth.HeaderCSRF of requests to actions. It is "" if the visitor isn't signed in. The token
// is masked differently in each response, because compression could otherwise reveal it. The
// API accepts only the token itself.
func (s View) CSRF() string {
	if s.v.masked == "" && s.v.session != nil {
		s.v.masked = mask(s.v.session.CSRF)
	}
	return s.v.masked
}

// RequestID returns the id that identifies the request in the log.
func (s View) RequestID() string { return middleware.ID(s.v.Ctx) }

// Path returns the address of a page of the organization: "/orgs/acme/modes" for the page
// "/modes". It is Request.Address, not the path of the request.
func (s View) Path(page string) string { return s.v.Address(page) }

// Revision returns the revision of the organization that the page shows; see
// organization.Organization.
func (s View) Revision() int64 { return s.v.Org.Revision }

// HasRoute reports whether a page is registered for the pattern path; see Request.HasRoute.
func (s View) HasRoute(path string) bool { return s.v.HasRoute(path) }

// May returns the decision on whether the visitor is allowed to perform an action, an
// access.Action such as "change_library". An unknown action is not allowed.
func (s View) May(action string) access.Decision {
	return s.v.May(access.Request{Action: access.Action(action)})
}

// Ago returns a time element with the result of the function Ago for t and Shell.Now. The
// absolute time is its tooltip.
func (s View) Ago(t time.Time) template.HTML { return timeHTML(t, s.v.shell.Now()) }

// Clock returns a time element with the time of day to the second in UTC, preceded by the
// date if that is not today. Scripts convert it to the user's time zone.
func (s View) Clock(t time.Time) template.HTML { return clockHTML(t, s.v.shell.Now()) }

// With returns a copy of the view with the given Data, for a partial that also needs methods
// of the view.
func (s View) With(data any) View { s.Data = data; return s }

// Render returns the output of the template called block, with the view as its data. block
// is defined in html/NAME.html, where NAME is the given name, or in a partial. The error is
// that of the template.
func (s View) Render(name, block string) (template.HTML, error) {
	var b strings.Builder
	err := s.v.shell.templates[name].ExecuteTemplate(&b, block, s)
	return template.HTML(b.String()), err // executed by html/template for the same context
}

// Show responds with a page: the template "content" in html/NAME.html, where NAME is the
// given name, within the layout. The status is the one set before, or 200. Show displays the
// message of RedirectWithFlash, if any. If a template fails, Show sends nothing and returns
// the error.
func (v *Request) Show(name string, p Page) error {
	return v.shell.write(v.Ctx, v.Response().StatusCode(), name, "layout", View{Page: p, v: v, Flash: v.takeFlash()})
}

// Part responds with a part of a page, which a script inserts. It renders the template called
// block with a View that has data as its Data. block is defined in html/NAME.html, where
// NAME is the given name, or in a partial. The status and the error are as for Show.
func (v *Request) Part(name, block string, data any) error {
	return v.shell.write(v.Ctx, v.Response().StatusCode(), name, block, View{Page: Page{Data: data}, v: v})
}

// RedirectWithFlash is the response of a completed action: a redirect (303) to the address
// path, where the page shows the message f.
func (v *Request) RedirectWithFlash(path string, f Flash) error {
	v.flash(f)
	return v.Redirect(path, fiber.StatusSeeOther)
}

// Templates maps the name of each page, such as "modes" for html/modes.html, to its template
// with all partials.
type Templates map[string]*template.Template

// Parse parses the templates of the shell and of groups of pages. Each group has a folder
// html with one file per page, and the partials that its pages share in html/parts. Parse
// fails if a template is invalid, if two pages have the same name, or if the embedded assets
// are damaged. The result is safe for concurrent use by several shells.
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

// Initial returns the first character of a name in upper case, shown in place of a picture.
// It ignores leading white space, and returns "?" for an empty name.
func Initial(name string) string {
	for _, r := range strings.TrimSpace(name) {
		return strings.ToUpper(string(r))
	}
	return "?"
}
