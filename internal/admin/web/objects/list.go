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
	// Wrong holds the messages of the conditions that are false.
	Wrong     []string
	By        string
	UpdatedAt time.Time
	// Draft is true if the user has a draft of it.
	Draft bool
}

// listData is the data of the list.
type listData struct {
	frame
	Live   shell.Live
	Search string
	Rows   []row
	Total  int
	// Begun lists the user's drafts of new objects.
	Begun shell.DraftHeads
	// Deleted is true if there are deleted objects to restore.
	Deleted bool
}

// List shows the objects whose name or labels contain ?q=.
func (p *Pages) List(v *shell.Visit) error {
	all, revision, err := p.store.At(v.UserContext(), v.Org.ID)
	if err != nil {
		return err
	}
	v.Org.Revision = revision
	who, err := v.People()
	if err != nil {
		return err
	}
	drafts, err := p.Drafts.List(v)
	if err != nil {
		return err
	}
	d := listData{frame: p.frame(v), Search: strings.TrimSpace(v.Query("q")), Total: len(all)}
	for _, o := range all {
		r := row{ID: o.ID.String(), Name: o.Spec.Title(), Glyph: shell.Initial(o.Spec.Title()), UpdatedAt: o.UpdatedAt, Draft: drafts.Take(o.ID)}
		for _, key := range slices.Sorted(maps.Keys(o.Labels)) {
			r.Labels = append(r.Labels, key+": "+o.Labels[key])
		}
		if search := strings.ToLower(d.Search); !strings.Contains(strings.ToLower(r.Name+"\n"+strings.Join(r.Labels, "\n")), search) {
			continue
		}
		for _, c := range o.Conditions {
			if c.Status == resource.ConditionFalse {
				r.Wrong = append(r.Wrong, c.Message)
			}
		}
		if r.By, err = who.Name(o.UpdatedBy); err != nil {
			return err
		}
		d.Rows = append(d.Rows, r)
	}
	d.Begun = drafts
	gone, err := p.store.Deleted(v.UserContext(), v.Org.ID, nil, 1)
	if err != nil {
		return err
	}
	d.Deleted = len(gone) > 0
	if d.Live, err = v.Live(0); err != nil {
		return err
	}
	return v.Show("objects", shell.Page{
		Title: p.Title(), Lead: "The " + p.Noun() + "s of " + v.Org.Name + ", as manifests.", Data: d,
		Actions: []shell.Action{{Label: "New " + p.Noun(), Path: p.path(v, "/new"), Primary: true, Key: "n", May: d.Can.Create}},
	})
}

// Count returns the number of objects, for the sidebar; ok is false if they can't be counted.
func (p *Pages) Count(v *shell.Visit) (n int, ok bool) {
	n, err := p.store.Count(v.UserContext(), v.Org.ID)
	return n, err == nil
}

// Find returns the objects that the palette lists.
func (p *Pages) Find(v *shell.Visit) (shell.Places, error) {
	found := shell.Places{Title: p.Title(), Kind: capital(p.Noun())}
	all, err := p.store.List(v.UserContext(), v.Org.ID)
	for _, o := range all {
		name, at := o.Spec.Title(), p.path(v, "/"+o.ID.String())
		place := shell.Place{Name: name, Glyph: shell.Initial(name), Path: at, May: v.May(access.Request{Action: access.ReadLibrary})}
		below := func(verb, path string, asks bool, needs access.Action) {
			if may := v.May(access.Request{Action: needs}); may.Allowed {
				place.Below = append(place.Below, shell.Place{Verb: verb, Name: name, Glyph: place.Glyph, Path: path, Asks: asks, May: may})
			}
		}
		below("History of", at+"/history", false, access.ReadLibrary)
		below("Delete", p.path(v, "/deletions?object="+o.ID.String()), true, access.ChangeLibrary)
		found.Places = append(found.Places, place)
	}
	return found, err
}
