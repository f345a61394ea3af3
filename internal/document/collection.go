package document

import (
	"slices"
	"strings"

	"orgmodes/internal/audit"
	"orgmodes/internal/endpoint"
	"orgmodes/internal/modes"
	"orgmodes/internal/resource"
	"orgmodes/internal/templates"
)

// Collection is what is rendered together: it is as it was unless one of its sources
// changed.
type Collection struct {
	Name string
	// Many: it has any number of documents, each at a path of its own below the
	// collection's.
	Many bool
	// Sources are the kinds of what it is made of, as the audit log calls them, and
	// Named those of which it shows nothing but names.
	Sources, Named []string
	each           func(Source, func(Representation) error) error
}

// StaleAfter reports whether it has to be rendered anew after changes of objects of some
// kinds, some of which have been renamed.
func (c Collection) StaleAfter(changed, renamed []string) bool {
	isOf := func(kinds []string) func(string) bool {
		return func(kind string) bool { return slices.Contains(kinds, kind) }
	}
	return slices.ContainsFunc(c.Sources, isOf(changed)) || slices.ContainsFunc(c.Named, isOf(renamed))
}

// Kinds lists the kinds of objects that it is made of.
func (c Collection) Kinds() []string {
	return slices.DeleteFunc(slices.Clone(c.Sources), func(kind string) bool { return kind == string(audit.Organization) })
}

// Collections returns the collections of an organization's document, in the order of
// their representations: modes, permission templates, and one for each of the kinds
// that is a resource.Publisher.
func Collections(kinds []resource.Kind) []Collection {
	all := []Collection{
		// The organization's name stands in the files.
		{
			Name: endpoint.Modes, Sources: []string{modes.KindName, string(audit.Organization)}, Named: []string{templates.KindName},
			each: eachOfModes,
		},
		{Name: endpoint.Templates, Sources: []string{templates.KindName}, each: eachOfTemplates},
	}
	for _, k := range kinds {
		if p, ok := k.(resource.Publisher); ok {
			all = append(all, Collection{
				Name: p.Names().Plural, Many: true, Sources: p.Sources(),
				each: func(src Source, fn func(Representation) error) error { return eachOf(p, src, fn) },
			})
		}
	}
	return all
}

// CollectionOf returns the name of the collection that a representation is in, "" for
// one that is in none.
func CollectionOf(representation string) string {
	if collection, _, named := strings.Cut(representation, "/"); named {
		return collection
	}
	i := slices.IndexFunc(endpoint.All(), func(s endpoint.Served) bool { return s.Name == representation })
	if i < 0 {
		return ""
	}
	return endpoint.All()[i].Collection
}

// Each calls fn with one representation of the collection after the other, and renders
// the next one only then. It stops at fn's first error, and returns it.
func (c Collection) Each(src Source, fn func(Representation) error) error {
	if src.Deleted {
		return nil
	}
	return c.each(src, fn)
}

func eachOfModes(src Source, fn func(Representation) error) error {
	stored := append([]modes.OrganizationMode(nil), src.Modes...)
	modes.Sort(stored)
	own := make([]modes.Mode, len(stored))
	for i, m := range stored {
		own[i] = m.Mode
	}
	for _, r := range []struct {
		name, contentType string
		body              func() []byte
	}{
		{ModesJSON, TypeJSON, func() []byte { return modesJSON(stored) }},
		{ModesYAML, TypeYAML, func() []byte { return Merged(src.Organization, src.Builtins, own) }},
		{OrganizationYAML, TypeYAML, func() []byte { return Own(src.Organization, own) }},
		{MarketplaceYAML, TypeYAML, func() []byte { return marketplaceYAML(src.Organization, own) }},
	} {
		if err := fn(Representation{r.name, r.contentType, r.body()}); err != nil {
			return err
		}
	}
	return nil
}

func eachOfTemplates(src Source, fn func(Representation) error) error {
	return fn(Representation{TemplatesJSON, TypeJSON, templates.PublishedJSON(src.Templates)})
}

func eachOf(p resource.Publisher, src Source, fn func(Representation) error) error {
	for d := range p.Documents(src.Objects) {
		if err := fn(Representation{p.Names().Plural + "/" + d.Name, d.ContentType, d.Body}); err != nil {
			return err
		}
	}
	return nil
}
