package mcp

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRecorderRejectsLongResponses(t *testing.T) {
	r := &recorder{}
	part := make([]byte, 1<<20)
	for range maxResponse >> 20 {
		_, err := r.Write(part)
		require.NoError(t, err)
	}
	_, err := r.Write([]byte{1})
	require.Error(t, err)
	assert.True(t, r.tooLong)
	assert.Equal(t, maxResponse, r.body.Len())
}

func TestIsBatch(t *testing.T) {
	for body, batch := range map[string]bool{"[]": true, " \r\n\t[{}]": true, "{}": false, "": false, ` {"a":[]}`: false} {
		assert.Equal(t, batch, isBatch([]byte(body)), body)
	}
}
