package templates

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orgmodes/internal/jsonast"
)

// fileShape returns t reduced to the fields that files and responses contain.
func fileShape(t OrganizationTemplate) OrganizationTemplate {
	return OrganizationTemplate{Template: t.Template, ID: t.ID, CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt}
}

func requireTemplates(tb tester, f Files, err error) []OrganizationTemplate {
	tb.Helper()
	require.NoError(tb, err)
	require.Empty(tb, f.Notices)
	var all []OrganizationTemplate
	for _, e := range f.Entries {
		require.Empty(tb, e.Problems)
		require.Empty(tb, e.Notices)
		require.Nil(tb, e.Conflict)
		all = append(all, e.Stored())
	}
	return Sorted(all)
}

// TestRoundTripInEveryFormat writes and reads templates in every format.
func TestRoundTripInEveryFormat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawOrganization().Draw(t, "organization")
		var want []OrganizationTemplate
		for _, o := range Sorted(all) {
			want = append(want, fileShape(o))
		}
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

		f, err := ReadFiles(t.Context(), WriteFolder(all), Tools{})
		assert.Equal(t, want, requireTemplates(t, f, err), "folder")
		archive, err := WriteArchive(all)
		require.NoError(t, err)
		f, err = ReadArchive(t.Context(), archive, Tools{})
		assert.Equal(t, want, requireTemplates(t, f, err), "archive")
		f, err = ReadFile(t.Context(), WriteEnvelopes(all, now), Tools{})
		assert.Equal(t, want, requireTemplates(t, f, err), "envelope of several")
		f, err = ReadFile(t.Context(), PublishedJSON(all), Tools{})
		assert.Equal(t, want, requireTemplates(t, f, err), "published")
		list, err := json.Marshal(append([]OrganizationTemplate{}, all...))
		require.NoError(t, err)
		f, err = ReadFile(t.Context(), list, Tools{})
		assert.Equal(t, want, requireTemplates(t, f, err), "list")

		for _, o := range all {
			f, err = ReadFile(t.Context(), WriteEnvelope(o, now), Tools{})
			assert.Equal(t, []OrganizationTemplate{fileShape(o)}, requireTemplates(t, f, err), "envelope")
			answer, err := json.Marshal(o)
			require.NoError(t, err)
			var read OrganizationTemplate
			require.NoError(t, json.Unmarshal(answer, &read))
			assert.Equal(t, fileShape(o), read, "what GET gives")
			body, err := ReadTemplate(answer, Tools{})
			require.NoError(t, err)
			assert.Equal(t, o.Template, body, "what GET gave, sent back")
			other := drawTemplate().Draw(t, "other")
			patch, err := ReadPatch(answer)
			require.NoError(t, err)
			patched, err := patch.Apply(other, Tools{})
			require.NoError(t, err)
			assert.Equal(t, o.Template, patched, "patch")
			wantJSON, err := json.Marshal(o.Template)
			require.NoError(t, err)
			var version Template
			require.NoError(t, json.Unmarshal(wantJSON, &version))
			assert.Equal(t, o.Template, version, "history")
		}
	})
}

// TestExistingFilesRoundTripUnchanged reads the files that Python wrote and expects the
// same bytes when writing them.
func TestExistingFilesRoundTripUnchanged(t *testing.T) {
	files := pythonFolder(t)
	f, err := ReadFiles(t.Context(), files, Tools{})
	all := requireTemplates(t, f, err)
	assert.ElementsMatch(t, files, WriteFolder(all))
}

// TestWriteEnvelopesEqualsPythonOutput compares our output with that of Python, if it is
// installed.
func TestWriteEnvelopesEqualsPythonOutput(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here; testdata/python holds what it wrote")
	}
	var all []OrganizationTemplate
	for seed := range 100 {
		all = append(all, drawOrganization().Example(seed)...)
	}
	got := WriteEnvelopes(all, time.Time{})
	// Compacted first, so that Python can't pass by copying its input.
	compact, err := jsonast.Map{{Name: "all", Value: json.RawMessage(got)}}.MarshalJSON()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), python, "-c", "import json,sys; json.dump(json.load(sys.stdin)['all'], sys.stdout, indent=2)")
	cmd.Stdin = bytes.NewReader(compact)
	want, err := cmd.Output()
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}
