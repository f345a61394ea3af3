package pubstore_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/pubstore"
)

// newNamedDocument returns a document with two representations and the given named documents.
func newNamedDocument(t *testing.T, v pubstore.Version, bodies map[string]string) *pubstore.Document {
	t.Helper()
	d := newDocument(t, acme, v, "modes", "templates")
	for _, name := range slices.Sorted(maps.Keys(bodies)) {
		one := newDocument(t, acme, v, bodies[name]).Representations[0]
		one.Name = name
		d.Representations = append(d.Representations, one)
	}
	return d
}

// requestRecorder records which payload fields of documents are requested, and calls between before
// the second request.
type requestRecorder struct {
	fields  [][]string
	between func()
}

func (a *requestRecorder) DialHook(next redis.DialHook) redis.DialHook { return next }

func (a *requestRecorder) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

func (a *requestRecorder) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		for _, cmd := range cmds {
			args := cmd.Args()
			if key, ok := args[min(1, len(args)-1)].(string); !ok || !strings.Contains(key, ":doc:") {
				continue
			}
			var fields []string
			for _, f := range args[2:] {
				if f := fmt.Sprint(f); strings.Contains(f, ":") && !strings.HasPrefix(f, "index:") {
					fields = append(fields, f)
				}
			}
			a.fields = append(a.fields, fields)
			if len(a.fields) == 2 && a.between != nil {
				a.between()
			}
		}
		return next(ctx, cmds)
	}
}

// openRecorded returns another store of the same Redis, which records its requests.
func openRecorded(t *testing.T, r *storetest.RedisServer) (*pubstore.Store, *requestRecorder) {
	t.Helper()
	opt, err := redis.ParseURL(r.URL)
	require.NoError(t, err)
	opt.ReadTimeout, opt.WriteTimeout = storetest.WaitTimeout, storetest.WaitTimeout
	rdb := redis.NewClient(opt)
	t.Cleanup(func() { _ = rdb.Close() })
	a := &requestRecorder{}
	rdb.AddHook(a)
	return pubstore.New(rdb, ""), a
}

func texts(t *testing.T, d *pubstore.Document) map[string]string {
	t.Helper()
	out := map[string]string{}
	for i := range d.Representations {
		body, err := d.Representations[i].Identity()
		require.NoError(t, err)
		out[d.Representations[i].Name] = string(body)
	}
	return out
}

func TestPartLoadsOnlyItsRepresentations(t *testing.T) {
	r, s := filled(t)
	publish(t.Context(), t, s, newNamedDocument(t, version(1), map[string]string{"gadgets/a.json": "a", "gadgets/b.json": "b"}))
	reader, a := openRecorded(t, r)

	modes, at, err := reader.Part(t.Context(), acme, pubstore.Part{Names: []string{"r0.yaml"}}, nil)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"r0.yaml": "modes"}, texts(t, modes))
	require.Equal(t, version(1), modes.Version)
	require.NotZero(t, at.N)
	require.Equal(t, [][]string{{"r0.yaml:br", "r0.yaml:zstd", "r0.yaml:gzip"}}, a.fields, "one query, for nothing else")

	gadgets, _, err := reader.Part(t.Context(), acme, pubstore.Part{Collection: "gadgets"}, nil)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"gadgets/a.json": "a", "gadgets/b.json": "b"}, texts(t, gadgets))

	// When the document changes, only the new bytes are loaded.
	publish(t.Context(), t, s, newNamedDocument(t, version(2), map[string]string{"gadgets/a.json": "a", "gadgets/b.json": "new", "gadgets/c.json": "c"}))
	a.fields = nil
	again, _, err := reader.Part(t.Context(), acme, pubstore.Part{Names: []string{"r0.yaml"}}, modes)
	require.NoError(t, err)
	require.Equal(t, version(2), again.Version)
	require.True(t, again.Representations[0].SharesBytes(&modes.Representations[0]))
	require.Equal(t, [][]string{nil}, a.fields)
	a.fields = nil
	next, _, err := reader.Part(t.Context(), acme, pubstore.Part{Collection: "gadgets"}, gadgets)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"gadgets/a.json": "a", "gadgets/b.json": "new", "gadgets/c.json": "c"}, texts(t, next))
	require.True(t, next.Representations[0].SharesBytes(&gadgets.Representations[0]))
	require.Len(t, a.fields, 2)
	require.Len(t, a.fields[1], 2*len(pubstore.Codings()))

	none, _, err := reader.Part(t.Context(), acme, pubstore.Part{Collection: "of-tomorrow"}, nil)
	require.NoError(t, err)
	require.Empty(t, none.Representations)
	_, _, err = reader.Part(t.Context(), other, pubstore.Part{Names: []string{"r0.yaml"}}, nil)
	require.ErrorIs(t, err, pubstore.ErrAbsent)
}

// A part has one version, even if there is a publication between its index and its payload.
func TestPartHasOneVersionDespitePublication(t *testing.T) {
	r, s := filled(t)
	publish(t.Context(), t, s, newNamedDocument(t, version(1), map[string]string{"gadgets/a.json": "a", "gadgets/b.json": "b"}))
	reader, a := openRecorded(t, r)
	a.between = func() {
		publish(t.Context(), t, s, newNamedDocument(t, version(2), map[string]string{"gadgets/a.json": "newer", "gadgets/c.json": "c"}))
	}
	d, at, err := reader.Part(t.Context(), acme, pubstore.Part{Collection: "gadgets"}, nil)
	require.NoError(t, err)
	require.Equal(t, version(2), d.Version)
	require.Equal(t, map[string]string{"gadgets/a.json": "newer", "gadgets/c.json": "c"}, texts(t, d))
	tail, _, err := s.LogTail(t.Context())
	require.NoError(t, err)
	require.Equal(t, tail, at.N)
}

// An unchanged collection is not sent: neither its documents nor its index.
func TestUnchangedCollectionIsNotSent(t *testing.T) {
	r, s := filled(t)
	bodies := map[string]string{"gadgets/a.json": "a", "gadgets/b.json": "b", "tools/c.json": "c"}
	publish(t.Context(), t, s, newNamedDocument(t, version(1), bodies))
	before, err := s.Document(t.Context(), acme)
	require.NoError(t, err)

	keep := func(revision int64, bodies map[string]string) *pubstore.Document {
		d := newNamedDocument(t, version(revision), bodies)
		d.Basis, err = s.Stored(t.Context(), acme, "gadgets", "tools")
		require.NoError(t, err)
		for i := range d.Representations {
			if p := &d.Representations[i]; d.Basis.Keep(p, pubstore.Codings()) {
				p.Encoded, p.Tag = nil, before.Find(p.Name).Tag
			}
		}
		return d
	}
	bodies["gadgets/a.json"] = "changed"
	require.Equal(t, pubstore.Published, publish(t.Context(), t, s, keep(2, bodies)).Status)
	after, err := s.Document(t.Context(), acme)
	require.NoError(t, err)
	require.Equal(t, version(2), after.Version)
	require.Equal(t, before.Find("tools/c.json"), after.Find("tools/c.json"))
	require.Equal(t, "changed", texts(t, after)["gadgets/a.json"])

	// Its index has changed in Redis: nothing is kept.
	d := keep(3, bodies)
	r.Do("HSET", "{om}:doc:"+acme, "index:tools", "[]")
	require.Equal(t, pubstore.Changed, publish(t.Context(), t, s, d).Status)
}

func TestThousandNamedDocumentsAreStored(t *testing.T) {
	_, s := filled(t)
	d := newNamedDocument(t, version(1), nil)
	one := newDocument(t, acme, version(1), "small").Representations[0]
	for i := range 1000 {
		one.Name = fmt.Sprintf("gadgets/%04d.json", i)
		d.Representations = append(d.Representations, one)
	}
	require.Equal(t, pubstore.Published, publish(t.Context(), t, s, d).Status)
	got, _, err := s.Part(t.Context(), acme, pubstore.Part{Collection: "gadgets"}, nil)
	require.NoError(t, err)
	require.Len(t, got.Representations, 1000)
}
