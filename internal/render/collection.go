package render

import (
	"slices"
	"strings"

	"orgmodes/internal/audit"
	"orgmodes/internal/endpoint"
	"orgmodes/internal/modes"
	"orgmodes/internal/resource"
	"orgmodes/internal/templates"
)

// Collection groups the representations that are rendered together. They change only if
// one of the collection's sources does.
type Collection struct {
	Name string
	// HasNamedDocuments is true for a collection of named documents, each with its own path.
	HasNamedDocuments bool
	// Sources lists the kinds that the collection is rendered from, by their names in the
	// audit log. NameSources lists the kinds whose objects it contains by name only.
	Sources, NameSources []string
	render               func(Source, func(Representation) error) error
}

// StaleAfter reports whether the collection must be re-rendered, given the kinds of the
// changed objects and of the renamed ones.
func (c Collection) StaleAfter(changed, renamed []string) bool {
	matches := func(kinds []string) func(string) bool {
		return func(kind string) bool { return slices.Contains(kinds, kind) }
	}
	return slices.ContainsFunc(c.Sources, matches(changed)) || slices.ContainsFunc(c.NameSources, matches(renamed))
}

// Kinds returns the sources that are kinds of objects: all but the organization itself.
func (c Collection) Kinds() []string {
	return slices.DeleteFunc(slices.Clone(c.Sources), func(kind string) bool { return kind == string(audit.Organization) })
}

// Collections returns the collections of an organization's document, in the order of
// their representations: modes, permission templates, and one for each of the kinds
// that is a resource.Publisher.
func Collections(kinds []resource.Kind) []Collection {
	all := []Collection{
		// The organization's name appears in the files.
		{
			Name: endpoint.Modes, Sources: []string{modes.KindName, string(audit.Organization)}, NameSources: []string{templates.KindName},
			render: renderModes,
		},
		{Name: endpoint.Templates, Sources: []string{templates.KindName}, render: renderTemplates},
	}
	for _, k := range kinds {
		if p, ok := k.(resource.Publisher); ok {
			all = append(all, Collection{
				Name: p.Names().Plural, HasNamedDocuments: true, Sources: p.Sources(),
				render: func(src Source, fn func(Representation) error) error { return renderDocuments(p, src, fn) },
			})
		}
	}
	return all
}

// CollectionName returns the name of a representation's collection, or "" if it is unknown.
func CollectionName(representation string) string {
	if collection, _, named := strings.Cut(representation, "/"); named {
		return collection
	}
	i := slices.IndexFunc(endpoint.All(), func(s endpoint.Representation) bool { return s.Name == representation })
	if i < 0 {
		return ""
	}
	return endpoint.All()[i].Collection
}

// Each renders the representations of the collection one at a time, and calls fn with each
// before it renders the next. It stops at fn's first error, and returns it.
func (c Collection) Each(src Source, fn func(Representation) error) error {
	if src.Deleted {
		return nil
	}
	return c.render(src, fn)
}

func renderModes(src Source, fn func(Representation) error) error {
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
		{ModesYAML, TypeYAML, func() []byte { return MergedYAML(src.Organization, src.Builtins, own) }},
		{OrganizationYAML, TypeYAML, func() []byte { return OwnYAML(src.Organization, own) }},
		{MarketplaceYAML, TypeYAML, func() []byte { return marketplaceYAML(src.Organization, own) }},
	} {
		if err := fn(Representation{r.name, r.contentType, r.body()}); err != nil {
			return err
		}
	}
	return nil
}

func renderTemplates(src Source, fn func(Representation) error) error {
	return fn(Representation{TemplatesJSON, TypeJSON, templates.PublishedJSON(src.Templates)})
}

func renderDocuments(p resource.Publisher, src Source, fn func(Representation) error) error {
	for d := range p.Documents(src.Objects) {
		if err := fn(Representation{p.Names().Plural + "/" + d.Name, d.ContentType, d.Body}); err != nil {
			return err
		}
	}
	return nil
}
