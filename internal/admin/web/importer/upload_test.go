package importer

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/upload"
)

func TestPackRoundTrip(t *testing.T) {
	uploads := []upload.File{
		{Name: ".roomodes", Data: []byte("customModes: []\n")},
		{Name: "team/ü ber/测试 " + strings.Repeat("long/", 60) + ".yaml", Data: []byte{0, 1, 2, 255}},
		{Name: "empty.json", Data: []byte{}},
	}
	pack, err := packUploads(uploads)
	require.NoError(t, err)
	back, err := unpackUploads(pack)
	require.NoError(t, err)
	require.Equal(t, uploads, back)
}

func TestPackIsBounded(t *testing.T) {
	noise := make([]byte, maxPack+1<<20)
	_, _ = rand.Read(noise)
	_, err := packUploads([]upload.File{{Name: "noise", Data: noise}})
	require.ErrorContains(t, err, "Import it in parts")

	// A gzip file can have many members: this one repeats a compressed member of zeros.
	var member bytes.Buffer
	z := gzip.NewWriter(&member)
	_, err = z.Write(make([]byte, 1<<20))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	bomb := bytes.Repeat(member.Bytes(), 200)
	for _, pack := range []string{"", "!", "AAAA", base64.RawURLEncoding.EncodeToString(bomb)} {
		_, err := unpackUploads(pack)
		require.ErrorContains(t, err, "could not be read", pack[:min(len(pack), 10)])
	}
}

func TestExcerptMarksPosition(t *testing.T) {
	s := sources{"": "one\r\ntwo\r\nthrée\r\nfour\r\nfive\r\nsix\r\n"}
	x, ok := s.excerptAt("", 3, 4)
	require.True(t, ok)
	require.Equal(t, []excerptLine{
		{Number: 1, Text: "one"},
		{Number: 2, Text: "two"},
		{Number: 3, Text: "thr", Mark: "ée", Current: true},
		{Number: 4, Text: "four"},
		{Number: 5, Text: "five"},
	}, x.Lines)
	x, _ = s.excerptAt("", 6, 0)
	require.Equal(t, excerptLine{Number: 6, Mark: "six", Current: true}, x.Lines[2])
	for _, line := range []int{0, -1, 7} {
		_, ok = s.excerptAt("", line, 1)
		require.False(t, ok, line)
	}
	_, ok = s.excerptAt("other", 1, 1)
	require.False(t, ok)
}
