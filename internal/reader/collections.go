package reader

import (
	"slices"

	"orgmodes/internal/endpoint"
	"orgmodes/internal/pubstore"
)

// collection is a part of an organization's document that is loaded and cached
// separately, so that polls for modes don't load anything else.
type collection struct {
	name string
	part pubstore.Part
}

// collectionIndex is the index of a collection in the list of collections. It is small,
// since it is part of a key that is hashed with every request.
type collectionIndex uint8

// documentKey identifies a cached document: one collection of one organization.
type documentKey struct {
	organization organizationID
	collection   collectionIndex
}

// listCollections returns the collections of the representations that have a fixed path,
// and the collections of named documents.
func listCollections(named []string) []collection {
	var all []collection
	for _, rep := range endpoint.All() {
		i := slices.IndexFunc(all, func(c collection) bool { return c.name == rep.Collection })
		if i < 0 {
			i = len(all)
			all = append(all, collection{name: rep.Collection})
		}
		all[i].part.Names = append(all[i].part.Names, rep.Name)
	}
	for _, name := range named {
		all = append(all, collection{name, pubstore.Part{Collection: name}})
	}
	return all
}

// collection returns the index of a collection, and whether it is served.
func (d *documents) collection(name string) (collectionIndex, bool) {
	i := slices.IndexFunc(d.collections, func(c collection) bool { return c.name == name })
	return collectionIndex(max(i, 0)), i >= 0
}
