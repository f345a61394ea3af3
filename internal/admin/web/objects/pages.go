// Package objects serves pages for any kind of object: the list, an editor for its manifest,
// history, the objects that refer to it, and deleted objects. Each kind registers its rules.
package objects

import (
	"embed"
	"strings"

	"orgmodes/internal/admin/actions"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
)

// HTML holds the templates of the pages, for shell.Parse.
//
//go:embed html
var HTML embed.FS

// Pages serves the pages of one kind.
type Pages struct {
	*shell.Shell
	// Drafts stores the drafts of the kind's edit page.
	Drafts *shell.Drafts
	kind   resource.Kind
	store  *postgres.Collection[resource.Object]
}

// New returns the pages of a registered kind. It panics if kind isn't registered.
func New(s *shell.Shell, kind resource.Kind) *Pages {
	p := &Pages{Shell: s, kind: kind, store: s.DB.Objects(kind.Names().Singular)}
	p.Drafts = shell.NewDrafts(s, kind.Names().Singular, "/"+p.Name(), p)
	return p
}

// Name returns the path segment of the kind's pages below an organization, such as
// "templates". It is also used in the name of the kind's icon.
func (p *Pages) Name() string { return p.kind.Names().Plural }

// Title returns the name of the objects in the plural, such as "Permission templates".
func (p *Pages) Title() string { return capitalize(p.kind.Names().Noun) + "s" }

// Noun returns the name of one object, such as "permission template".
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
