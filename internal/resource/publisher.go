package resource

import "iter"

// Publisher is a Kind whose objects are served by readers, as named documents in a collection.
// The collection is named after the kind's plural.
type Publisher interface {
	Kind
	// Sources lists the kinds, by their Singular, from which the documents are made. Changes of
	// other kinds never change the documents. If documents contain names from required
	// references, the kind of those objects is a source, as objects can be renamed.
	Sources() []string
	// Documents returns the documents of a library, given the objects of all Sources. The same
	// objects give the same documents in the same order.
	Documents(objects map[string][]Object) iter.Seq[Document]
}

// Document is a named document of a collection.
type Document struct {
	// Name is unique within the collection. It is used as the last part of a path, so it can't
	// have a slash or any other character that URLs escape.
	Name string
	// ContentType is its media type.
	ContentType string
	Body        []byte
}
