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
	"orgmodes/internal/admin/request"
	"orgmodes/internal/admin/web/assets"
	"orgmodes/internal/postgres"
)

//go:embed html
var htmlFiles embed.FS

// Page is what a handler says about its page; the shell around it is found here.
type Page struct {
	// Title is the heading, and with the organization's name the title.
	Title string
	// Lead is the line under the heading.
	Lead string
	// Mono stands before Lead: a slug.
	Mono string
	// Crumbs are the pages above this one, below the organization.
	Crumbs []Crumb
	// Actions are what can be done here, at most three.
	Actions []Action
	// Bare is for pages without the rail: for those who aren't signed in, or not
	// in an organization.
	Bare bool
	// Data is the page's own.
	Data any
}

// Crumb is a page above another one.
type Crumb struct{ Name, Path string }

// Action is a button that leads somewhere, or says why it doesn't.
type Action struct {
	Label, Path string
	Primary     bool
	// Key is the key that does the same, where single keys are on.
	Key string
	// Asks says that it is asked about first, in a dialog where there are scripts.
	Asks bool
	// May is whether the visitor may do that: from Visit.May.
	May access.Verdict
}

// View is what templates see: the page and the shell.
type View struct {
	Page
	v *Visit
	// Said is what was done by the request before.
	Said *Said
}

// Org is the organization of the page; its Slug is empty for pages outside of one.
func (s View) Org() postgres.Membership {
	return postgres.Membership{Organization: s.v.Org, Role: string(s.v.role)}
}

// Orgs are those that the visitor can switch to.
func (s View) Orgs() []postgres.Membership { return s.v.Orgs }

// Rail is the navigation.
func (s View) Rail() []RailGroup { return s.v.rail() }

// Who is the visitor: the name, or the address where there is none.
func (s View) Who() string {
	if s.v.Visitor.Name != "" {
		return s.v.Visitor.Name
	}
	return s.v.Visitor.Email
}

// Email is the visitor's address.
func (s View) Email() string { return s.v.Visitor.Email }

// UserID is the id of the visitor, who sent a form.
func (s View) UserID() string { return s.v.Visitor.UserID.String() }

// SignedIn says whether somebody is.
func (s View) SignedIn() bool { return s.v.session != nil }

// Nonce is what scripts and styles of this answer carry.
func (s View) Nonce() string { return s.v.nonce }

// CSRF is the token that goes with requests that change something. It looks
// different in each answer.
func (s View) CSRF() string {
	if s.v.masked == "" && s.v.session != nil {
		s.v.masked = mask(s.v.session.CSRF)
	}
	return s.v.masked
}

// RequestID is what the log knows the request by.
func (s View) RequestID() string { return request.ID(s.v.Ctx) }

// Path is that of a page of the organization.
func (s View) Path(page string) string { return s.v.Address(page) }

// Revision is the organization's.
func (s View) Revision() int64 { return s.v.Org.Revision }

// Leads says whether there is such a page, as leadsTo does.
func (s View) Leads(path string) bool { return s.v.LeadsTo(path) }

// May says whether the visitor may do something: "change_library" and the like.
func (s View) May(what string) access.Verdict {
	return s.v.May(access.Request{Action: access.Action(what)})
}

// Ago is a time in words with the exact one behind it.
func (s View) Ago(t time.Time) template.HTML { return timeHTML(t, s.v.shell.Now()) }

// Clock is the time of the day to the second, and the day where it isn't today.
func (s View) Clock(t time.Time) template.HTML { return clockHTML(t, s.v.shell.Now()) }

// With is the view with other data: for a partial that needs the shell too.
func (s View) With(data any) View { s.Data = data; return s }

// Render makes a part of a page: a template that is defined in html/NAME.html or in a
// partial.
func (s View) Render(name, block string) (template.HTML, error) {
	var b strings.Builder
	err := s.v.shell.templates[name].ExecuteTemplate(&b, block, s)
	return template.HTML(b.String()), err //nolint:gosec // by a template, for the same place
}

// Show answers with a page of html/NAME.html, which defines "content". The
// status is what was set before, or 200.
func (v *Visit) Show(name string, p Page) error {
	return v.shell.write(v.Ctx, v.Response().StatusCode(), name, "layout", View{Page: p, v: v, Said: v.takeFlash()})
}

// Part answers with a part of a page: a template that is defined in html/NAME.html
// or in a partial.
func (v *Visit) Part(name, block string, data any) error {
	return v.shell.write(v.Ctx, v.Response().StatusCode(), name, block, View{Page: Page{Data: data}, v: v})
}

// Done ends an action: the page at path comes next and says what was done.
func (v *Visit) Done(path string, s Said) error {
	v.flash(s)
	return v.Redirect(path, fiber.StatusSeeOther)
}

// Templates are those of pages, by the name of the page.
type Templates map[string]*template.Template

// Parse reads the templates of the shell and of groups of pages: of each, a folder html
// with a file per page and, in html/parts, what several of its pages show. They are safe
// for use by several shells at once.
func Parse(groups ...fs.FS) (Templates, error) {
	made, err := assets.Read()
	if err != nil {
		return nil, err
	}
	shared, err := template.New("").Funcs(functions(made)).ParseFS(htmlFiles, "html/parts/*.html")
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

// parse reads the templates of a group: each page with what all pages share, and with
// the group's own parts.
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
		one, err := base.Clone()
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(path.Base(file), ".html")
		if t[name] != nil {
			return fmt.Errorf("two pages are called %s", name)
		}
		if t[name], err = one.ParseFS(group, file); err != nil {
			return err
		}
	}
	return nil
}

// functions are what templates can call; what needs the visit is a method of view.
func functions(a assets.Assets) template.FuncMap {
	return template.FuncMap{
		"asset": a.URL,
		"exact": exact,
		"count": Count,
		"bytes": BytesInWords,
		// field is an input of a form for the template "field": its name and label,
		// then pairs of what else there is to say (hint, aside, kind, complete).
		"field": func(f Form, name, label string, more ...string) Input {
			i := Input{Name: name, Label: label, Value: f.Get(name), Wrong: f.Wrong[name]}
			for j := 0; j+1 < len(more); j += 2 {
				switch value := more[j+1]; more[j] {
				case "hint":
					i.Hint = value
				case "aside":
					i.Aside = value
				case "kind":
					i.Kind = value
				case "complete":
					i.Complete = value
				case "required":
					i.Required = true
				}
			}
			return i
		},
		"initial": Initial,
		"placeIn": func(p Place, kind string) placed { return placed{p, kind} },
		"fieldID": func(name string) string { return Input{Name: name}.ID() },
	}
}

// Initial stands for a name where there is no picture.
func Initial(name string) string {
	for _, r := range strings.TrimSpace(name) {
		return strings.ToUpper(string(r))
	}
	return "?"
}
