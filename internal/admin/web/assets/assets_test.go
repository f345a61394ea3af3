package assets

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAssetsAreHashedAndSmall(t *testing.T) {
	a, err := Read()
	require.NoError(t, err)
	for _, name := range []string{"app.css", "app.js", "icon.svg"} {
		url, err := a.URL(name)
		require.NoError(t, err)
		require.Regexp(t, `^/assets/[a-z]+-[A-Z0-9]{8}\.`, url)
	}
	_, err = a.URL("nothing.js")
	require.ErrorContains(t, err, "make assets")
	first := 0
	for _, name := range []string{"app.css", "app.js"} {
		zipped, err := a.files[a.names[name]].gzip()
		require.NoError(t, err)
		first += len(zipped)
	}
	require.Less(t, first, 80<<10, "what each first view loads, without the page")
}
