package reader

import (
	"context"
	"time"

	"github.com/maypok86/otter/v2"

	"orgmodes/internal/snapshot"
)

const (
	documentLoads   = 16
	documentSpacing = 100 * time.Millisecond
	// recheckTime bounds what a client that is ahead of us waits for us.
	recheckTime = 50 * time.Millisecond
)

// documents are the resident documents.
type documents struct {
	shelf[organizationID, *document]
}

func newDocuments(load func(context.Context, string) (*snapshot.Document, error), maxBytes uint64,
	now func() time.Time, m *metrics,
) *documents {
	d := &documents{shelf[organizationID, *document]{
		cache: otter.Must(&otter.Options[organizationID, *document]{
			MaximumWeight: maxBytes,
			Weigher:       func(_ organizationID, v *document) uint32 { return v.size },
		}),
		load: func(ctx context.Context, id organizationID) (*document, error) {
			asked := now()
			doc, err := load(ctx, id.String())
			if err != nil {
				return nil, err
			}
			return prepare(doc, asked)
		},
		spacing: documentSpacing,
		slots:   make(chan struct{}, documentLoads),
		now:     now,
		loads:   m.documentLoads,
	}}
	d.open()
	return d
}

// get returns an organization's document, from Redis where it isn't resident.
func (d *documents) get(id organizationID) (*document, outcome, error) {
	if doc, ok := d.resident(id); ok {
		return doc, hit, nil
	}
	ctx, cancel := context.WithTimeout(d.base, attemptTime)
	defer cancel()
	return d.fetch(ctx, id)
}

// lookAgain returns the document after a short look whether Redis has a newer
// one, for a client that has seen a newer one.
func (d *documents) lookAgain(id organizationID, have *document) *document {
	ctx, cancel := context.WithTimeout(d.base, recheckTime)
	defer cancel()
	d.recheck(ctx, id)
	if doc, ok := d.resident(id); ok && doc.version.Compare(have.version) > 0 {
		return doc
	}
	return have
}

// StoreConnections is how many connections the loads of a Reader can use at the
// same time.
const StoreConnections = documentLoads + tokenLoads
