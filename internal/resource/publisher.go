package resource

import "iter"

// Publisher is a Kind of which readers serve something: named documents, in a
// collection that is called by the kind's plural.
type Publisher interface {
	Kind
	// Sources lists the kinds, by their Singular, that the documents are made of. A change
	// of anything else is known not to change them. A kind whose names they show through
	// required references is one of them, as it can be renamed.
	Sources() []string
	// Documents returns the documents of a library, of which it gets the objects of all
	// Sources. The same objects give the same documents in the same order.
	Documents(objects map[string][]Object) iter.Seq[Document]
}

// Document is a named document of a collection.
type Document struct {
	// Name is unique within the collection. It is the last part of a path as it stands:
	// without a slash or anything else that URLs escape.
	Name string
	// ContentType is its media type.
	ContentType string
	Body        []byte
}
