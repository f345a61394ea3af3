package auditexport

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A spreadsheet cuts off cells that are longer than it can hold, so the row tells which these
// are.
func TestCSVNamesCellsLongerThanSpreadsheetsKeep(t *testing.T) {
	var out bytes.Buffer
	write, flush := csvWriter(&out, false)
	for _, e := range []Entry{
		{Before: json.RawMessage(strings.Repeat("x", 32_767)), After: json.RawMessage(strings.Repeat("é", 32_767))},
		{Before: json.RawMessage(strings.Repeat("x", 32_768)), After: json.RawMessage(strings.Repeat("\U0001f680", 16_384))},
	} {
		require.NoError(t, write(e))
	}
	require.NoError(t, flush())
	rows, err := csv.NewReader(&out).ReadAll()
	require.NoError(t, err)
	last := len(columns) - 1
	require.Equal(t, []string{"oversize_cells", "", "before after"}, []string{rows[0][last], rows[1][last], rows[2][last]})
	require.Len(t, rows[2][last-2], 32_768, "nothing is cut off here")
}

func TestFormulasAreText(t *testing.T) {
	for _, cell := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠SUM(A1)"} {
		require.Equal(t, "'"+cell, escapeFormula(cell))
	}
	for _, cell := range []string{"", "1", "a=1", "'=1", "−1", "\xff"} {
		require.Equal(t, cell, escapeFormula(cell))
	}
}
