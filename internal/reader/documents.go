package reader

import (
	"context"
	"time"

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

func newDocuments(load func(context.Context, string) (*snapshot.Document, snapshot.Position, error), maxBytes uint64,
	clock Clock, f *freshness, m *metrics,
) *documents {
	d := &documents{shelf[organizationID, *document]{
		memory: newWeighed(maxBytes, func(_ organizationID, v *document) uint32 { return v.size }, m.documentEvictions.Inc),
		load: func(ctx context.Context, id organizationID) (*document, snapshot.Position, error) {
			asked := clock.mono()
			doc, at, err := load(ctx, id.String())
			if err != nil {
				return nil, at, err
			}
			ready, err := prepare(doc, asked)
			return ready, at, err
		},
		following: f.following.Load,
		spacing:   documentSpacing,
		attempt:   attemptTime,
		slots:     make(chan struct{}, documentLoads),
		now:       clock.mono,
		loads:     m.documentLoads,
		arrived: func(before, now *document) {
			// Only what the log told of: what a comparison found may be old.
			if before.outdated() && before.version.Compare(now.version) < 0 {
				m.propagation.Observe(clock.now().wall.Sub(now.committedAt).Seconds())
			}
		},
	}}
	d.open()
	return d
}

// bytes is roughly what the resident documents take.
func (d *documents) bytes() uint64 {
	w, _ := d.memory.(weighed[organizationID, *document])
	return w.WeightedSize()
}

// get returns an organization's document, from Redis where it isn't resident.
func (d *documents) get(id organizationID) (*document, outcome, error) {
	if doc, ok := d.resident(id); ok {
		return doc, hit, nil
	}
	ctx, cancel := context.WithTimeout(d.base, d.attempt)
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
