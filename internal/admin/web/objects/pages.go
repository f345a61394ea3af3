// Package objects serves the pages of any kind of object without dedicated pages: the list of
// objects, the edit page of each, its history, and the deleted objects. The rules of a kind
// are those of its resource.Kind.
//
// The edit page has a form with the manifest of an object: a YAML or JSON document with its
// name, labels and spec; see package manifest. It also lists the objects that the object
// refers to, and the ones that refer to it.
//
// Most methods of Pages are handlers, as package shell defines them. Paths in their comments
// are relative to the address of the kind's list, such as /orgs/acme/templates. :object is
// the id of an object.
package objects

import (
	"embed"
	"strings"

	"orgmodes/internal/admin/actions"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
)

// HTML holds the folder html with the templates of the pages, to be passed to shell.Parse.
//
//go:embed html
var HTML embed.FS

// Pages serves the pages of one kind of object.
type Pages struct {
	*shell.Shell
	// Drafts stores the drafts of the kind's edit page, and has the actions for scripts.
	Drafts *shell.Drafts
	kind   resource.Kind
	store  *postgres.Collection[resource.Object]
}

// New returns the Pages of a kind. It panics if kind isn't registered with s.DB. The caller
// registers the handlers with shell.Routes.
func New(s *shell.Shell, kind resource.Kind) *Pages {
	p := &Pages{Shell: s, kind: kind, store: s.DB.Objects(kind.Names().Singular)}
	p.Drafts = shell.NewDrafts(s, kind.Names().Singular, "/"+p.Name(), p)
	return p
}

// Name returns the path segment of the kind's pages below an organization, such as
// "templates". It is also the name of the kind's icon. It is the kind's Plural.
func (p *Pages) Name() string { return p.kind.Names().Plural }

// Title returns the title of the list: the Noun in the plural, such as "Permission
// templates".
func (p *Pages) Title() string { return capitalize(p.kind.Names().Noun) + "s" }

// Noun returns the word for one object of the kind in sentences, such as "permission
// template".
func (p *Pages) Noun() string { return p.kind.Names().Noun }

// path returns the address of a page of the kind, such as "/new".
func (p *Pages) path(v *shell.Request, page string) string { return v.Address("/" + p.Name() + page) }

// crumbs returns the links back to the list and, if o isn't nil, to o.
func (p *Pages) crumbs(v *shell.Request, o *resource.Object) []shell.Crumb {
	all := []shell.Crumb{{Name: p.Title(), Path: p.path(v, "")}}
	if o != nil {
		all = append(all, shell.Crumb{Name: o.Spec.Title(), Path: p.path(v, "/"+o.ID.String())})
	}
	return all
}

// pageData is the data that every page of a kind has.
type pageData struct {
	// Path is the address of the list.
	Path, Noun string
	// Can holds what the user is allowed to do with the objects.
	Can actions.Verdicts
}

func (p *Pages) newPageData(v *shell.Request) pageData {
	return pageData{Path: p.path(v, ""), Noun: p.Noun(), Can: v.Can(p.kind.Names().Singular)}
}

func capitalize(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
