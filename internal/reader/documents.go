package reader

import (
	"context"
	"runtime/pprof"
	"time"

	"orgmodes/internal/pubstore"
)

const (
	documentLoads          = 16
	documentReloadInterval = 100 * time.Millisecond
	// recheckTimeout bounds how long a client that is ahead of us waits for a recheck.
	recheckTimeout = 50 * time.Millisecond
)

// documents caches, for each organization, the collections that have been requested.
type documents struct {
	cache[documentKey, *document]
	collections    []collection
	recheckTimeout time.Duration // recheckTimeout, except in tests
}

// loadPart loads a part of a document from Redis; see pubstore.Store.Part.
type loadPart func(ctx context.Context, org string, p pubstore.Part, have *pubstore.Document) (*pubstore.Document, pubstore.Position, error)

func newDocuments(load loadPart, collections []collection, maxBytes uint64, clock Clock, f *freshness, m *metrics) *documents {
	d := &documents{collections: collections, recheckTimeout: recheckTimeout}
	d.cache = cache[documentKey, *document]{
		backend: newWeightedBackend(maxBytes, func(_ documentKey, v *document) uint32 { return v.size }, m.documentEvictions.Inc),
		load: func(ctx context.Context, k documentKey) (*document, pubstore.Position, error) {
			queried := clock.mono()
			have, _ := d.backend.peek(k)
			coll := collections[k.collection]
			var doc *pubstore.Document
			var at pubstore.Position
			var err error
			// The label shows in profiles, and identifies the load to the simulation.
			pprof.Do(ctx, pprof.Labels("collection", coll.name), func(ctx context.Context) {
				doc, at, err = load(ctx, k.organization.String(), coll.part, have.storedDocument())
			})
			if err != nil {
				return nil, at, err
			}
			ready, err := prepareDocument(doc, have.storedDocument(), queried)
			return ready, at, err
		},
		following:      f.following.Load,
		reloadInterval: documentReloadInterval,
		queryTimeout:   queryTimeout,
		slots:          make(chan struct{}, documentLoads),
		now:            clock.mono,
		loads:          m.documentLoads,
		onReload: func(before, now *document) {
			// Only if the previous version was known to be outdated: else the change may be old.
			if before.outdated() && before.version.Compare(now.version) < 0 {
				m.propagation.Observe(clock.now().wall.Sub(now.committedAt).Seconds())
			}
		},
	}
	d.open()
	return d
}

// bytes returns the approximate memory use of the resident documents.
func (d *documents) bytes() uint64 {
	w, _ := d.backend.(weightedBackend[documentKey, *document])
	return w.WeightedSize()
}

// get returns a document, loading it from Redis unless it is resident.
func (d *documents) get(k documentKey) (*document, lookupResult, error) {
	if doc, ok := d.resident(k); ok {
		return doc, hit, nil
	}
	ctx, cancel := context.WithTimeout(d.base, d.queryTimeout)
	defer cancel()
	return d.fetch(ctx, k)
}

// handlePublished records that a version of an organization was published, in which any of its
// collections may have changed.
func (d *documents) handlePublished(id organizationID, v pubstore.Version) {
	for i := range d.collections {
		d.markNewer(documentKey{id, collectionIndex(i)}, v)
	}
}

// checkForNewer briefly checks whether Redis has a newer version of the document than
// have, for a client that has one. It returns the newer document, or have.
func (d *documents) checkForNewer(k documentKey, have *document) *document {
	ctx, cancel := context.WithTimeout(d.base, d.recheckTimeout)
	defer cancel()
	d.recheck(ctx, k)
	if doc, ok := d.resident(k); ok && doc.version.Compare(have.version) > 0 {
		return doc
	}
	return have
}

// StoreConnections is the number of connections that the loads of a Reader can use
// at the same time.
const StoreConnections = documentLoads + tokenLoads
