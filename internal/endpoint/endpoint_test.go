package endpoint_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/endpoint"
	"orgmodes/internal/render"
)

func TestEveryRenderedRepresentationHasAPath(t *testing.T) {
	paths := map[string]bool{}
	for _, r := range render.Render(render.Source{}) {
		path := endpoint.Path("o", r.Name)
		require.NotEmpty(t, path, r.Name)
		paths[path] = true
	}
	require.Len(t, paths, len(endpoint.All()))
	require.Empty(t, endpoint.Path("o", "of-tomorrow.json"))
}
