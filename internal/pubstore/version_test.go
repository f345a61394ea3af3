package pubstore_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orgmodes/internal/pubstore"
)

func versions() *rapid.Generator[pubstore.Version] {
	n := rapid.Int64Range(0, 1<<52)
	return rapid.Custom(func(t *rapid.T) pubstore.Version {
		return pubstore.Version{Epoch: n.Draw(t, "epoch"), Revision: n.Draw(t, "revision"), Edition: n.Draw(t, "edition")}
	})
}

func TestVersionRoundTripAndOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := versions().Draw(t, "a"), versions().Draw(t, "b")
		back, err := pubstore.ParseVersion(a.String())
		require.NoError(t, err)
		require.Equal(t, a, back)
		require.Equal(t, -b.Compare(a), a.Compare(b))
		require.Zero(t, a.Compare(a))
	})
	for _, bad := range []string{"", "1", "1.2", "1.2.3.4", "a.b.c", "1.2.-3", "1..3"} {
		_, err := pubstore.ParseVersion(bad)
		require.Error(t, err, bad)
	}
}

func TestETag(t *testing.T) {
	tag := pubstore.Tag{Epoch: 1700000000, Revision: 42, Hash: [8]byte{0x0f, 1, 2, 3, 4, 5, 6, 0xff}}
	require.Equal(t, `"1700000000.42.0f010203040506ff"`, tag.ETag(pubstore.Identity))
	require.Equal(t, `"1700000000.42.0f010203040506ff-gz"`, tag.ETag(pubstore.Gzip))
	require.Equal(t, `"1700000000.42.0f010203040506ff-br"`, tag.ETag(pubstore.Brotli))
	require.Equal(t, `"1700000000.42.0f010203040506ff-zst"`, tag.ETag(pubstore.Zstd))
}

// Two workers must write the same bytes, or one tag would identify two representations.
func TestEncodeIsDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := []byte(rapid.String().Draw(t, "body"))
		a, err := pubstore.Encode(body)
		require.NoError(t, err)
		b, err := pubstore.Encode(body)
		require.NoError(t, err)
		require.Equal(t, a, b)
	})
}

// A large body must not affect the encoding of later ones.
func TestEncodeKeepsNoStateBetweenBodies(t *testing.T) {
	small := []byte("customModes: []\n")
	want, err := pubstore.Encode(small)
	require.NoError(t, err)
	_, err = pubstore.Encode(bytes.Repeat([]byte("customModes: lorem ipsum dolor sit amet\n"), 50_000))
	require.NoError(t, err)
	got, err := pubstore.Encode(small)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func BenchmarkEncode(b *testing.B) {
	body := bytes.Repeat([]byte("  - slug: docs\n    name: Docs\n    roleDefinition: You write documentation.\n"), 200)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := pubstore.Encode(body); err != nil {
			b.Fatal(err)
		}
	}
}
