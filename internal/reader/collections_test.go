package reader

import (
	"testing"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/pubstore"
)

// A poll for modes loads nothing of other collections, and a change of another collection
// loads no bytes of modes.
func TestCollectionsAreLoadedSeparately(t *testing.T) {
	w := newWorld(t)
	w.freeze()
	org := uuid.NewString()
	d := documentOf(t, org, version(1))
	w.publishDocument(d)
	tok, _ := w.newToken(org)
	id, _ := parseOrganization(org)
	require.Equal(t, 200, w.modes(org, tok).status)
	index, ok := w.documents.collection("templates")
	require.True(t, ok)
	_, there := w.documents.resident(documentKey{id, index})
	require.False(t, there)
	before, there := w.documents.resident(modesOf(id))
	require.True(t, there)
	require.Len(t, before.representations, 4)
	require.Less(t, int(before.size), d.Size()+len(before.representations)*1024)

	templates := "/api/organizations/" + org + "/templates"
	require.Equal(t, 200, w.get(templates, tok).status)
	next := documentOf(t, org, version(2))
	for i := range next.Representations {
		if r := &next.Representations[i]; r.Name != "permission-templates.json" {
			*r = *d.Find(r.Name)
		}
	}
	w.publishDocument(next)
	w.eventually(func() bool { return w.documents.revision(org) == 2 }, "the reader received the entry")
	w.eventually(func() bool { doc, _ := w.documents.resident(modesOf(id)); return doc.version == version(2) }, "it is compared")
	after, _ := w.documents.resident(modesOf(id))
	for i := range after.stored.Representations {
		r := &after.stored.Representations[i]
		assert.True(t, r.SharesBytes(before.stored.Find(r.Name)), r.Name)
	}
	w.eventually(func() bool {
		_, revision := revisionOf(t, w.get(templates, tok).body)
		return revision == 2
	}, "the templates are new")
}

// Damaged bytes of one collection do not prevent another one from being loaded.
func TestDamagedCollectionDoesNotAffectOthers(t *testing.T) {
	w := newWorld(t)
	org, tok := w.newOrganization()
	w.redis.Do("HSET", "{om}:doc:"+org, "permission-templates.json:gzip", "damaged")
	require.Equal(t, 200, w.modes(org, tok).status)
	requireProblem(t, w.get("/api/organizations/"+org+"/templates", tok), 503, "unavailable")
}

// Each document of a collection has its own tag. One that doesn't exist is a 404 with
// a Cache-Status that shows how fresh the answer is.
func TestNamedDocuments(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Collections = []string{"gadgets"} })
	w.freeze()
	org := uuid.NewString()
	publish := func(revision int64, bodies map[string]string) {
		d := documentOf(t, org, version(revision))
		for name, text := range bodies {
			sum, hash := pubstore.SumOf([]byte(text))
			encoded, err := pubstore.Encode([]byte(text))
			require.NoError(t, err)
			d.Representations = append(d.Representations, pubstore.Representation{
				Name: "gadgets/" + name, ContentType: "text/plain", Sum: sum, Length: len(text), Encoded: encoded,
				Tag: pubstore.Tag{Epoch: 1, Revision: revision, Hash: hash},
			})
		}
		w.publishDocument(d)
	}
	many := map[string]string{}
	for range 2 * maxLinearSearch {
		many[uuid.NewString()] = uuid.NewString()
	}
	publish(1, many)
	tok, _ := w.newToken(org)
	path := "/api/organizations/" + org + "/gadgets/"
	for name, text := range many {
		a := w.get(path+name, tok)
		require.Equal(t, 200, a.status)
		require.Equal(t, text, string(a.body))
		require.Equal(t, "text/plain", a.header.Get("Content-Type"))
		require.Equal(t, 304, w.get(path+name, tok, "If-None-Match", a.header.Get("Etag")).status)
	}
	requireProblem(t, w.get(path+"none", tok), 404, "document_unknown")
	require.Equal(t, freshHit, w.get(path+"none", tok).header.Get("Cache-Status"))
	requireProblem(t, w.get(path, tok), 404, "path_unknown")
	requireProblem(t, w.get("/api/organizations/"+org+"/others/one", tok), 404, "path_unknown")
	stranger, _ := w.newToken(uuid.NewString())
	requireProblem(t, w.get(path+"none", stranger), 404, "organization_unknown")
	require.Positive(t, testutil.ToFloat64(w.metrics.requests.WithLabelValues("304", "gadgets")))

	publish(2, map[string]string{"one": "left"})
	w.eventually(func() bool { return w.get(path+"one", tok).status == 200 }, "it is there")
	for name := range many {
		requireProblem(t, w.get(path+name, tok), 404, "document_unknown")
	}
}
