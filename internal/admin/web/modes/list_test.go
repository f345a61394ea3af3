package modes

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestModesAreSortedByLabelInAlphabeticalOrder(t *testing.T) {
	var rows []modeRow
	for _, name := range []string{"\U0001f4dd Docs Writer", "step 10", "\U0001f50d Code Review", "Émile", "apple", "Zed", "Step 9", "Ärger"} {
		rows = append(rows, newRow("slug", name, summary{}))
	}
	var labels []string
	for _, r := range (listQuery{Sort: "name"}).apply(rows) {
		labels = append(labels, r.Label)
	}
	require.Equal(t, []string{"apple", "Ärger", "Code Review", "Docs Writer", "Émile", "Step 9", "step 10", "Zed"}, labels)
}
