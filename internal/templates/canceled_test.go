package templates

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/upload"
)

func TestReadStopsWhenContextIsCanceled(t *testing.T) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, text := range []string{"[" + templateJSON("A") + "]", templateJSON("A"), "[", "{}"} {
		_, err := ReadFile(canceled, []byte(text), Tools{})
		require.ErrorIs(t, err, context.Canceled, text)
		_, err = ReadFiles(canceled, []upload.File{{Name: "a.json", Data: []byte(text)}, {Name: "b.json", Data: []byte(text)}}, Tools{})
		require.ErrorIs(t, err, context.Canceled, text)
	}
}
