package lint

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/golden"
	"orgmodes/internal/modes"
)

func results(tb testing.TB) []Result {
	tb.Helper()
	all := []Result{
		Check(tb.Context(), "problems.yaml", sample(tb, "problems.yaml")),
		Check(tb.Context(), "others.yaml", []byte("customModes:\n- {slug: Fine, name: Fine too, roleDefinition: You do it as others like it., description: d, groups: [read]}\n")),
		Check(tb.Context(), "some folder/моды: 1.json", []byte(`{"customModes": []}`)),
		Check(tb.Context(), "README", []byte("Just words.\n")),
		Check(tb.Context(), "broken.yaml", []byte("customModes:\n  - slug: [\n")),
		Check(tb.Context(), "empty.yaml", nil),
		NewResult(modes.FileResult{Name: "logo.png", Skipped: "skipped: .png files hold no modes"}),
	}
	Compare(all)
	return all
}

func TestReports(t *testing.T) {
	var text, jsonReport, sarif bytes.Buffer
	require.NoError(t, WriteText(&text, results(t)))
	golden.Equal(t, "report.txt", text.Bytes())
	require.NoError(t, WriteJSON(&jsonReport, results(t)))
	golden.Equal(t, "report.json", jsonReport.Bytes())
	require.NoError(t, WriteSARIF(&sarif, results(t), "v1"))
	golden.Equal(t, "report.sarif", sarif.Bytes())
}

func TestReportsWithoutResults(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, WriteText(&b, nil))
	assert.Equal(t, "\n0 files, 0 modes: 0 valid, 0 errors, 0 warnings, 0 notes\n", b.String())
	b.Reset()
	require.NoError(t, WriteJSON(&b, nil))
	assert.Contains(t, b.String(), `"results": []`)
	assert.Equal(t, 0, ExitCode(nil, true))
}

// TestSARIFIsComplete checks what viewers require, according to chapter 3 of SARIF 2.1.0.
func TestSARIFIsComplete(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, WriteSARIF(&b, results(t), ""))
	var log sarifLog
	require.NoError(t, json.Unmarshal(b.Bytes(), &log))
	require.Len(t, log.Runs, 1)
	run := log.Runs[0]
	require.NotEmpty(t, run.Results)
	for _, r := range run.Results {
		require.GreaterOrEqual(t, r.RuleIndex, 0, r.RuleID)
		assert.Equal(t, r.RuleID, run.Tool.Driver.Rules[r.RuleIndex].ID)
		assert.Contains(t, []Severity{Error, Warning, Info}, r.Level)
		assert.NotEmpty(t, r.Message.Text)
		require.Len(t, r.Locations, 1)
		assert.NotEmpty(t, r.Locations[0].Physical.Artifact.URI)
		if region := r.Locations[0].Physical.Region; assert.NotNil(t, region) {
			assert.Positive(t, region.StartLine)
			assert.Positive(t, region.StartColumn)
		}
	}
}

func TestExitCode(t *testing.T) {
	clean := Check(t.Context(), "a.yaml", []byte("{slug: a, name: A, roleDefinition: You are the first letter., description: d, groups: [read]}"))
	assert.Empty(t, clean.Findings)
	warned := Check(t.Context(), "b.yaml", []byte("{slug: a, name: A, roleDefinition: You are the first letter., description: d, groups: [read, browser]}"))
	noted := Check(t.Context(), "c.yaml", []byte("{slug: a, name: A, roleDefinition: You are the first letter., groups: [read]}"))
	wrong := Check(t.Context(), "d.yaml", []byte("{slug: a}"))
	for _, c := range []struct {
		results []Result
		strict  bool
		want    int
	}{
		{[]Result{clean, noted}, true, 0},
		{[]Result{clean, warned}, false, 0},
		{[]Result{clean, warned}, true, 1},
		{[]Result{clean, wrong}, false, 1},
		{[]Result{Check(t.Context(), "e.yaml", nil)}, false, 1},
	} {
		assert.Equal(t, c.want, ExitCode(c.results, c.strict), "%v", c)
	}
}
