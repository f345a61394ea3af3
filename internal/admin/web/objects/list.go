package objects

import (
	"maps"
	"slices"
	"strings"
	"time"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/resource"
)

// row is an object in the list.
type row struct {
	ID, Name, Glyph string
	// Labels have the form "key: value".
	Labels []string
	// Problems holds the messages of the conditions that are false.
	Problems  []string
	By        string
	UpdatedAt time.Time
	// Draft is true if the user has a draft of it.
	Draft bool
}

// listData is the data of the list.
type listData struct {
	pageData
	PublicationLine shell.PublicationLine
	Search          string
	Rows            []row
	Total           int
	// NewDrafts lists the user's drafts of new objects.
	NewDrafts shell.DraftSummaries
	// HasDeleted is true if there are deleted objects to restore.
	HasDeleted bool
}

// List serves the kind's list: the objects of the organization, with the visitor's drafts of
// new ones. With the query parameter q, it has only the objects whose name or labels contain
// that text, ignoring case.
func (p *Pages) List(v *shell.Request) error {
	all, revision, err := p.store.ListWithRevision(v.UserContext(), v.Org.ID)
	if err != nil {
		return err
	}
	v.Org.Revision = revision
	actors, err := v.Actors()
	if err != nil {
		return err
	}
	drafts, err := p.Drafts.List(v)
	if err != nil {
		return err
	}
	d := listData{pageData: p.newPageData(v), Search: strings.TrimSpace(v.Query("q")), Total: len(all)}
	for _, o := range all {
		r := row{ID: o.ID.String(), Name: o.Spec.Title(), Glyph: shell.Initial(o.Spec.Title()), UpdatedAt: o.UpdatedAt, Draft: drafts.Remove(o.ID)}
		for _, key := range slices.Sorted(maps.Keys(o.Labels)) {
			r.Labels = append(r.Labels, key+": "+o.Labels[key])
		}
		if search := strings.ToLower(d.Search); !strings.Contains(strings.ToLower(r.Name+"\n"+strings.Join(r.Labels, "\n")), search) {
			continue
		}
		for _, c := range o.Conditions {
			if c.Status == resource.ConditionFalse {
				r.Problems = append(r.Problems, c.Message)
			}
		}
		if r.By, err = actors.Name(o.UpdatedBy); err != nil {
			return err
		}
		d.Rows = append(d.Rows, r)
	}
	d.NewDrafts = drafts
	deleted, err := p.store.Deleted(v.UserContext(), v.Org.ID, nil, 1)
	if err != nil {
		return err
	}
	d.HasDeleted = len(deleted) > 0
	if d.PublicationLine, err = v.PublicationLine(0); err != nil {
		return err
	}
	return v.Show("objects", shell.Page{
		Title: p.Title(), Lead: "The " + p.Noun() + "s of " + v.Org.Name + ", as manifests.", Data: d,
		Actions: []shell.Action{{Label: "New " + p.Noun(), Path: p.path(v, "/new"), Primary: true, Key: "n", May: d.Can.Create}},
	})
}

// Count returns the number of objects of the kind in the organization, for
// shell.Route.WithCount. ok is false if the database fails.
func (p *Pages) Count(v *shell.Request) (n int, ok bool) {
	n, err := p.store.Count(v.UserContext(), v.Org.ID)
	return n, err == nil
}

// PaletteGroup returns the objects of the kind as items of the palette, each with the actions
// that the visitor is allowed to perform on it. It is for shell.Routes.AddPaletteSource. The
// error is that of the database.
func (p *Pages) PaletteGroup(v *shell.Request) (shell.PaletteGroup, error) {
	group := shell.PaletteGroup{Title: p.Title(), Kind: capitalize(p.Noun())}
	all, err := p.store.List(v.UserContext(), v.Org.ID)
	for _, o := range all {
		name, at := o.Spec.Title(), p.path(v, "/"+o.ID.String())
		item := shell.PaletteItem{Name: name, Glyph: shell.Initial(name), Path: at, May: v.May(access.Request{Action: access.ReadLibrary})}
		addAction := func(verb, path string, confirm bool, required access.Action) {
			if may := v.May(access.Request{Action: required}); may.Allowed {
				item.Actions = append(item.Actions, shell.PaletteItem{Verb: verb, Name: name, Glyph: item.Glyph, Path: path, NeedsConfirmation: confirm, May: may})
			}
		}
		addAction("History of", at+"/history", false, access.ReadLibrary)
		addAction("Delete", p.path(v, "/deletions?object="+o.ID.String()), true, access.ChangeLibrary)
		group.Items = append(group.Items, item)
	}
	return group, err
}
