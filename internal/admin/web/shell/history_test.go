package shell

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHistoryPageIsBoundedBySizeAndCount(t *testing.T) {
	for name, c := range map[string]struct {
		versions, size, read int
		more                 bool
	}{
		"few":               {5, 1000, 5, false},
		"none":              {0, 1000, 0, false},
		"as many as a page": {50, 1000, 50, false},
		"more than a page":  {80, 1000, 51, true},
		"long":              {80, 250 << 10, 12, true},
		"the last few long": {7, 1 << 20, 6, true},
		"long, and no more": {5, 1 << 20, 5, false},
	} {
		// Versions are represented by their numbers, in descending order.
		read := func(after *int, limit int) (part []int, err error) {
			next := c.versions
			if after != nil {
				next = *after - 1
			}
			for ; next > 0 && len(part) < limit; next-- {
				part = append(part, next)
			}
			return part, nil
		}
		got, more, err := ReadHistoryPage(read, func(int) int { return c.size })
		require.NoError(t, err)
		assert.Len(t, got, c.read, name)
		assert.Equal(t, c.more, more, name)
		for i, version := range got {
			assert.Equal(t, c.versions-i, version, name)
		}
	}
}
