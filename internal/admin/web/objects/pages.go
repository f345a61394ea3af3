// Package objects is pages for any kind of object: the list, an editor for its manifest,
// history, what refers to it, and what was deleted. They go by the rules that the kind
// has registered.
package objects

import (
	"embed"
	"strings"

	"orgmodes/internal/admin/actions"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
)

// HTML is the templates of the pages.
//
//go:embed html
var HTML embed.FS

// Pages are the pages of one kind.
type Pages struct {
	*shell.Shell
	// Drafts are those of the editor.
	Drafts *shell.Drafts
	kind   resource.Kind
	store  *postgres.Collection[resource.Object]
}

// New makes the pages of a kind.
func New(s *shell.Shell, kind resource.Kind) *Pages {
	p := &Pages{Shell: s, kind: kind, store: s.DB.Objects(kind.Names().Singular)}
	p.Drafts = shell.NewDrafts(s, kind.Names().Singular, "/"+p.Name(), p)
	return p
}

// Name is the path of the kind's pages below an organization, without a slash, and
// part of the names of their icons: "templates".
func (p *Pages) Name() string { return p.kind.Names().Plural }

// Title is what the objects are called: "Permission templates".
func (p *Pages) Title() string { return capital(p.kind.Names().Noun) + "s" }

// Noun is what one of them is called: "permission template".
func (p *Pages) Noun() string { return p.kind.Names().Noun }

// path is the address of a page of the kind: "/new".
func (p *Pages) path(v *shell.Visit, page string) string { return v.Address("/" + p.Name() + page) }

// crumbs leads back to the list and, with an object, to it.
func (p *Pages) crumbs(v *shell.Visit, o *resource.Object) []shell.Crumb {
	all := []shell.Crumb{{Name: p.Title(), Path: p.path(v, "")}}
	if o != nil {
		all = append(all, shell.Crumb{Name: o.Spec.Title(), Path: p.path(v, "/"+o.ID.String())})
	}
	return all
}

// frame is what every page of a kind shows.
type frame struct {
	// Path is that of the list.
	Path, Noun string
	// Can is what the visitor may do with the objects.
	Can actions.Verdicts
}

func (p *Pages) frame(v *shell.Visit) frame {
	return frame{Path: p.path(v, ""), Noun: p.Noun(), Can: v.Can(p.kind.Names().Singular)}
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
