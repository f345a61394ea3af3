package pubstore_test

import (
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/pubstore"
)

// newKeepingDocument returns a document of the given revision that keeps what it can of the
// stored one.
func newKeepingDocument(t *testing.T, s *pubstore.Store, revision int64, bodies ...string) (d *pubstore.Document, kept int) {
	t.Helper()
	d = newDocument(t, acme, version(revision), bodies...)
	var err error
	d.Basis, err = s.Stored(t.Context(), acme)
	require.NoError(t, err)
	for i := range d.Representations {
		r := &d.Representations[i]
		if d.Basis.Keep(r, pubstore.Codings()) {
			r.Encoded = nil
			kept++
		}
	}
	return d, kept
}

func TestStoredRepresentationsAreKept(t *testing.T) {
	_, s := filled(t)
	publish(t.Context(), t, s, newDocument(t, acme, version(1), "same", "before"))
	first, err := s.Document(t.Context(), acme)
	require.NoError(t, err)
	d, kept := newKeepingDocument(t, s, 2, "same", "after", "new")
	require.Equal(t, 1, kept)
	require.Equal(t, pubstore.Published, publish(t.Context(), t, s, d).Status)
	got, err := s.Document(t.Context(), acme)
	require.NoError(t, err)
	require.Equal(t, first.Representations[0].Encoded, got.Representations[0].Encoded)
	for i, want := range []string{"same", "after", "new"} {
		body, err := got.Representations[i].Identity()
		require.NoError(t, err)
		require.Equal(t, want, string(body))
	}
	require.Equal(t, pubstore.Unchanged, publish(t.Context(), t, s, d).Status)

	d, kept = newKeepingDocument(t, s, 3, "same")
	require.Equal(t, 1, kept)
	require.Equal(t, pubstore.Published, publish(t.Context(), t, s, d).Status)
	got, err = s.Document(t.Context(), acme)
	require.NoError(t, err)
	require.Len(t, got.Representations, 1, "the others are gone")
}

// If data to be kept is not what the sender saw, nothing is written; the document is sent whole.
func TestChangedStoredDataIsNotKept(t *testing.T) {
	r, s := filled(t)
	opt, err := redis.ParseURL(r.URL)
	require.NoError(t, err)
	rdb := redis.NewClient(opt)
	t.Cleanup(func() { _ = rdb.Close() })
	key := "{om}:doc:" + acme
	for name, spoil := range map[string]func(){
		"a field is missing":         func() { rdb.HDel(t.Context(), key, "r0.yaml:br") },
		"a field is cut short":       func() { rdb.HSet(t.Context(), key, "r0.yaml:gzip", "x") },
		"another document was there": func() { rdb.HSet(t.Context(), key, "index", "[]") },
		"Redis was emptied":          func() { r.FlushAll(); fill(t, s, 2) },
	} {
		publish(t.Context(), t, s, newDocument(t, acme, version(1), "same", "before"))
		d, kept := newKeepingDocument(t, s, 2, "same", "after")
		require.Equal(t, 1, kept, name)
		spoil()
		require.Equal(t, pubstore.Changed, publish(t.Context(), t, s, d).Status, name)
		got, err := s.Stored(t.Context(), acme)
		require.NoError(t, err)
		whole := newDocument(t, acme, version(2), "same", "after")
		require.Equal(t, pubstore.Published, publish(t.Context(), t, s, whole).Status, "%s: %v", name, got)
		back, err := s.Document(t.Context(), acme)
		require.NoError(t, err, name)
		require.Equal(t, whole.Representations, back.Representations, name)
		require.NoError(t, rdb.Del(t.Context(), key).Err())
	}
}

// Representations in other codings than the current ones are not kept: a release may add one.
func TestRepresentationsInOtherCodingsAreNotKept(t *testing.T) {
	_, s := filled(t)
	publish(t.Context(), t, s, newDocument(t, acme, version(1), "same"))
	stored, err := s.Stored(t.Context(), acme)
	require.NoError(t, err)
	r := newDocument(t, acme, version(2), "same").Representations[0]
	require.False(t, stored.Keep(&r, []pubstore.Coding{pubstore.Gzip}))
	require.True(t, stored.Keep(&r, pubstore.Codings()))
}
