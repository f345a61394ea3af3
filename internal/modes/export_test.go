package modes

import (
	"archive/zip"
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
)

func TestExportRoundTrip(t *testing.T) {
	want := append([]Mode{sampleMode()}, Builtins()...)
	for _, format := range []string{FormatYAML, FormatJSON, FormatMarketplace} {
		e := Exporter{Format: format, Header: "Ours", Author: "Acme"}
		file, err := e.File(want)
		require.NoError(t, err)
		sameModes(t, want, file)

		archive, err := e.Archive(want)
		require.NoError(t, err)
		again, err := e.Archive(want)
		require.NoError(t, err)
		assert.True(t, bytes.Equal(archive, again), "equal modes must make equal archives")
		folder, err := ReadArchive(t.Context(), archive)
		require.NoError(t, err)
		require.Len(t, folder.File.Modes(), len(want))
		for _, m := range folder.File.Modes() {
			chosen, err := SelectBySlug(want, []string{m.Slug})
			require.NoError(t, err)
			assert.True(t, m.Equal(chosen[0]), m.Slug)
		}
	}
	_, err := Exporter{Format: "toml"}.Archive(nil)
	assert.True(t, fault.Is(err, fault.Invalid))
}

func TestCorpusMarketplaceRoundTrip(t *testing.T) {
	for _, path := range corpusFiles(t) {
		f := readCorpus(t, path)
		file, err := Exporter{Format: FormatMarketplace}.File(f.Modes())
		require.NoError(t, err)
		sameModes(t, f.Modes(), file)
	}
}

func TestArchiveNames(t *testing.T) {
	names := fileNames{used: map[string]bool{}, extension: "yaml"}
	for _, c := range [][2]string{
		{"docs", "docs.yaml"},
		{"Docs", "Docs-2.yaml"},
		{"con", "mode-con.yaml"},
		{"COM1", "mode-COM1.yaml"},
		{"mode-con", "mode-con-2.yaml"},
		{"../x", "---x.yaml"},
		{"---", "mode----.yaml"},
		{"", "mode-.yaml"},
		{"lpt", "lpt.yaml"},
	} {
		assert.Equal(t, c[1], names.next(c[0]))
	}
	archive, err := Exporter{}.Archive(nil)
	require.NoError(t, err)
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	require.NoError(t, err)
	assert.Empty(t, r.File)
}

func TestSelectBySlug(t *testing.T) {
	ms := []Mode{{Slug: "A"}, {Slug: "b"}, {Slug: "c"}}
	chosen, err := SelectBySlug(ms, []string{"C", "a"})
	require.NoError(t, err)
	assert.Equal(t, []Mode{{Slug: "A"}, {Slug: "c"}}, chosen)
	assert.Len(t, ms, 3)
	_, err = SelectBySlug(ms, []string{"d"})
	assert.True(t, fault.Is(err, fault.NotFound))
}
