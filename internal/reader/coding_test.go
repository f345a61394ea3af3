package reader

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	abrotli "github.com/andybalholm/brotli"
	kgzip "github.com/klauspost/compress/gzip"
	kzstd "github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func decode(t *testing.T, coding string, body []byte) []byte {
	t.Helper()
	var r io.Reader = bytes.NewReader(body)
	var err error
	switch coding {
	case "gzip":
		r, err = kgzip.NewReader(r)
	case "br":
		r = abrotli.NewReader(r)
	case "zstd":
		d, e := kzstd.NewReader(r)
		if err = e; e == nil {
			defer d.Close()
			r = d
		}
	}
	require.NoError(t, err)
	out, err := io.ReadAll(r)
	require.NoError(t, err)
	return out
}

// Every coding decodes to the same bytes, matches its digest, and has a distinct tag.
func TestCodingsDecodeToSameBytes(t *testing.T) {
	w := newWorld(t)
	org, tok := w.newOrganization()
	for path, name := range representationPaths(org) {
		tags := map[string]bool{}
		for accept, want := range map[string]string{"": "", "gzip": "gzip", "br": "br", "zstd": "zstd"} {
			a := w.get(path, tok, "Accept-Encoding", accept)
			assert.Equal(t, 200, a.status)
			assert.Equal(t, want, a.header.Get("Content-Encoding"))
			assert.Equal(t, string(bodyOf(org, name, 1)), string(decode(t, want, a.body)))
			assert.Equal(t, digestOf(a.body), a.header.Get("Repr-Digest"))
			assert.Equal(t, int64(len(a.body)), a.length)
			tags[a.header.Get("ETag")] = true
		}
		assert.Len(t, tags, 4)
	}
}

func TestNegotiation(t *testing.T) {
	all := &representation{}
	for c := range codingCount {
		all.encodings[c].etag = []byte("x")
	}
	noBrotli := *all
	noBrotli.encodings[brotli].etag = nil
	for accept, want := range map[string]coding{
		"":                              identity,
		"gzip, deflate, br, zstd":       brotli,
		"gzip, deflate, zstd":           zstd,
		"gzip, deflate":                 gzip,
		"deflate":                       identity,
		"*":                             brotli,
		"*;q=0":                         identity,
		"identity":                      identity,
		"identity;q=0":                  identity, // never 406
		"identity;q=0, *;q=0":           identity,
		"identity;q=0, gzip":            gzip,
		"gzip;q=0":                      identity,
		"gzip;q=0, *":                   brotli,
		"br;q=0, *":                     zstd,
		"gzip;q=1.0, br;q=0.9":          gzip,
		"gzip;q=0.5, br;q=0.5":          brotli,
		"gzip;q=0.001, identity;q=0.5":  identity,
		"gzip;q=0.5, identity":          identity,
		"gzip;q=0.5, identity;q=0.5":    gzip,
		"GZIP;Q=0.8":                    gzip,
		"x-gzip":                        gzip,
		" gzip\t; q=0.8 ":               gzip,
		"gzip;q=2":                      identity,
		"gzip;q=1.001":                  identity,
		"gzip;q=0.1234":                 identity,
		"gzip;q=-1":                     identity,
		"gzip;q=":                       identity,
		"gzip;q":                        identity,
		"gzip;foo=bar":                  gzip,
		"gzip;q=x, br":                  brotli,
		",,;,gzip,":                     gzip,
		"gz ip":                         identity,
		strings.Repeat("a,", 31) + "br": brotli,
		strings.Repeat("a,", 32) + "br": identity,
		strings.Repeat(";q=", 300):      identity,
	} {
		assert.Equal(t, want, negotiate([][]byte{[]byte(accept)}, all), "%q", accept)
	}
	assert.Equal(t, zstd, negotiate([][]byte{[]byte("br, zstd;q=0.5")}, &noBrotli))
	assert.Equal(t, gzip, negotiate([][]byte{[]byte("gzip"), []byte("deflate")}, all))
	assert.Equal(t, brotli, negotiate([][]byte{[]byte("gzip"), []byte("br")}, all))
	assert.Equal(t, identity, negotiate(nil, all))
}

// A document that was damaged in transit is rejected.
func TestDamagedDocumentsAreRefused(t *testing.T) {
	org := "0b0e0d3a-1b50-4f43-9a1c-5d0f4f7c8a11"
	for i := range documentOf(t, org, version(1)).Representations[0].Encoded {
		d := documentOf(t, org, version(1))
		b := d.Representations[0].Encoded[i].Bytes
		b[len(b)/2] ^= 1
		_, err := prepareDocument(d, nil, 0)
		require.Error(t, err)
	}
	d := documentOf(t, org, version(1))
	d.Representations[0], d.Representations[1] = d.Representations[1], d.Representations[0]
	d.Representations[0].Sum = d.Representations[1].Sum
	_, err := prepareDocument(d, nil, 0)
	require.Error(t, err)
}

func FuzzAcceptEncoding(f *testing.F) {
	for _, s := range []string{"gzip, br;q=0.5", "*;q=0", "identity;q=0", ";;q=", "gzip;q=1.000,"} {
		f.Add(s)
	}
	all := &representation{}
	for c := range codingCount {
		all.encodings[c].etag = []byte("x")
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := negotiate([][]byte{[]byte(s)}, all)
		require.Less(t, c, codingCount)
		// Only a named coding is chosen, and letter case doesn't matter.
		if c != identity {
			low := strings.ToLower(s)
			require.True(t, strings.Contains(low, string(c.name())) || strings.Contains(low, "*"), s)
		}
		require.Equal(t, c, negotiate([][]byte{[]byte(strings.ToUpper(s))}, all))
	})
}

func FuzzOrganization(f *testing.F) {
	f.Add("0b0e0d3a-1b50-4f43-9a1c-5d0f4f7c8a11")
	f.Add("0B0E0D3A-1B50-4F43-9A1C-5D0F4F7C8A11")
	f.Add("..%2f")
	f.Fuzz(func(t *testing.T, s string) {
		id, ok := parseOrganization(s)
		if ok {
			require.Equal(t, strings.ToLower(s), id.String())
		} else {
			require.Zero(t, id)
		}
	})
}

// FuzzPath checks that a request without a token gets an answer from the contract and
// never a document, whatever the path.
func FuzzPath(f *testing.F) {
	for _, s := range []string{"/", "//", "/api/organizations/x/modes", "/api/organizations/%2e%2e/modes.yaml", "/api/marketplace/modes", "/a?b#c", "*"} {
		f.Add(s)
	}
	r, _, _ := newOfflineReader(f, time.Now)
	f.Fuzz(func(t *testing.T, path string) {
		if strings.ContainsAny(path, "\r\n\x00") {
			return
		}
		ctx := call(t, r.fiber.Server().Handler, "GET", "/"+path)
		status := ctx.Response.StatusCode()
		if status == 200 {
			require.Contains(t, path, "api/marketplace/modes")
			return
		}
		require.Contains(t, []int{400, 401, 404}, status)
	})
}
