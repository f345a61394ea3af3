package web

import (
	"embed"
	"html/template"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/request"
	"orgmodes/internal/postgres"
)

//go:embed html
var htmlFiles embed.FS

// page is what a handler says about its page; the shell around it is found here.
type page struct {
	// Title is the heading, and with the organization's name the title.
	Title string
	// Lead is the line under the heading.
	Lead string
	// Mono stands before Lead: a slug.
	Mono string
	// Crumbs are the pages above this one, below the organization.
	Crumbs []crumb
	// Actions are what can be done here, at most three.
	Actions []action
	// Bare is for pages without the rail: for those who aren't signed in, or not
	// in an organization.
	Bare bool
	// Data is the page's own.
	Data any
}

type crumb struct{ Name, Path string }

// action is a button that leads somewhere, or says why it doesn't.
type action struct {
	Label, Path string
	Primary     bool
	// Key is the key that does the same, where single keys are on.
	Key string
	// May is whether the visitor may do that: from v.may.
	May access.Verdict
}

// view is what templates see: the page and the shell.
type view struct {
	page
	v *visit
	// Said is what was done by the request before.
	Said *said
}

// Org is the organization of the page; its Slug is empty for pages outside of one.
func (s view) Org() postgres.Membership {
	return postgres.Membership{Organization: s.v.org, Role: string(s.v.role)}
}

// Orgs are those that the visitor can switch to.
func (s view) Orgs() []postgres.Membership { return s.v.orgs }

// Rail is the navigation.
func (s view) Rail() []railGroup { return s.v.rail() }

// Who is the visitor: the name, or the address where there is none.
func (s view) Who() string {
	if s.v.who.Name != "" {
		return s.v.who.Name
	}
	return s.v.who.Email
}

// Email is the visitor's address, UserID the id: drafts are kept by it.
func (s view) Email() string  { return s.v.who.Email }
func (s view) UserID() string { return s.v.who.UserID.String() }

// SignedIn says whether somebody is.
func (s view) SignedIn() bool { return s.v.session != nil }

// Nonce is what scripts and styles of this answer carry.
func (s view) Nonce() string { return s.v.nonce }

// CSRF is the token that goes with requests that change something. It looks
// different in each answer.
func (s view) CSRF() string {
	if s.v.masked == "" && s.v.session != nil {
		s.v.masked = mask(s.v.session.CSRF)
	}
	return s.v.masked
}

// RequestID is what the log knows the request by.
func (s view) RequestID() string { return request.ID(s.v.Ctx) }

// Path is that of a page of the organization.
func (s view) Path(page string) string { return s.v.path(page) }

// Revision is the organization's.
func (s view) Revision() int64 { return s.v.org.Revision }

// Leads says whether there is such a page: nothing links to what isn't there.
// The path is as in routes.go, such as "/modes/:mode".
func (s view) Leads(path string) bool { _, ok := s.v.w.pages[path]; return ok }

// May says whether the visitor may do something: "change_library" and the like.
func (s view) May(what string) access.Verdict {
	return s.v.may(access.Request{Action: access.Action(what)})
}

// Ago is a time in words with the exact one behind it.
func (s view) Ago(t time.Time) template.HTML { return timeHTML(t, s.v.w.now()) }

// Clock is the time of the day to the second, and the day where it isn't today.
func (s view) Clock(t time.Time) template.HTML { return clockHTML(t, s.v.w.now()) }

// With is the view with other data: for a partial that needs the shell too.
func (s view) With(data any) view { s.Data = data; return s }

// render answers with a page of html/NAME.html, which defines "content". The
// status is what was set before, or 200.
func (v *visit) render(name string, p page) error {
	return v.w.write(v.Ctx, v.Response().StatusCode(), name, "layout", view{page: p, v: v, Said: v.takeFlash()})
}

// part answers with a part of a page: a template that is defined in html/NAME.html
// or in a partial.
func (v *visit) part(name, block string, data any) error {
	return v.w.write(v.Ctx, v.Response().StatusCode(), name, block, view{page: page{Data: data}, v: v})
}

// done ends an action: the page at path comes next and says what was done.
func (v *visit) done(path string, s said) error {
	v.flash(s)
	return v.Redirect(path, fiber.StatusSeeOther)
}

// parse reads all templates: each page with the layout and the partials.
func (w *Web) parse() (map[string]*template.Template, error) {
	shared, err := template.New("").Funcs(w.functions()).ParseFS(htmlFiles, "html/shell/*.html")
	if err != nil {
		return nil, err
	}
	files, err := fs.Glob(htmlFiles, "html/*.html")
	if err != nil {
		return nil, err
	}
	pages := map[string]*template.Template{}
	for _, file := range files {
		one, err := shared.Clone()
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(path.Base(file), ".html")
		if pages[name], err = one.ParseFS(htmlFiles, file); err != nil {
			return nil, err
		}
	}
	return pages, nil
}

// functions are what templates can call; what needs the visit is a method of view.
func (w *Web) functions() template.FuncMap {
	return template.FuncMap{
		"asset": w.assets.url,
		"exact": exact,
		"count": count,
		"bytes": bytesInWords,
		// field is an input of a form for the template "field": its name and label,
		// then pairs of what else there is to say (hint, aside, kind, complete).
		"field": func(f form, name, label string, more ...string) input {
			i := input{Name: name, Label: label, Value: f.Get(name), Wrong: f.Wrong[name]}
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
		"initial": initial,
		"placeIn": func(p place, kind string) placed { return placed{p, kind} },
		"fieldID": func(name string) string { return input{Name: name}.ID() },
	}
}

// initial stands for a name where there is no picture.
func initial(name string) string {
	for _, r := range strings.TrimSpace(name) {
		return strings.ToUpper(string(r))
	}
	return "?"
}
