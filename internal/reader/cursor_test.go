package reader

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"orgmodes/internal/pubstore"
)

func entries(incarnation int64, ns ...int64) []pubstore.Entry {
	var out []pubstore.Entry
	for _, n := range ns {
		out = append(out, pubstore.Entry{N: n, Kind: pubstore.EntryDocument, Incarnation: incarnation})
	}
	return out
}

func TestCursor(t *testing.T) {
	at := cursor{last: 10, incarnation: 2}
	resync := pubstore.Entry{N: 12, Kind: pubstore.EntryResync, Incarnation: 2}
	later := pubstore.Entry{N: 11, Kind: "kind of a later release", Incarnation: 2}
	for name, c := range map[string]struct {
		entries  []pubstore.Entry
		accepted int
		last     int64
		reason   cause
	}{
		"nothing":             {nil, 0, 10, causeNone},
		"the next one":        {entries(2, 11), 1, 11, causeNone},
		"in sequence":         {entries(2, 11, 12, 13), 3, 13, causeNone},
		"one missing":         {entries(2, 12), 0, 10, causeGap},
		"one missing behind":  {entries(2, 11, 13), 1, 11, causeGap},
		"twice the same":      {entries(2, 11, 11), 1, 11, causeGap},
		"backwards":           {entries(2, 9), 0, 10, causeGap},
		"another incarnation": {entries(3, 11), 0, 10, causeIncarnation},
		"filled again":        {append(entries(2, 11), resync), 1, 11, causeResync},
		"of a later release":  {append([]pubstore.Entry{later}, entries(2, 12)...), 2, 12, causeNone},
	} {
		t.Run(name, func(t *testing.T) {
			accepted, next, reason := at.advance(c.entries)
			assert.Len(t, accepted, c.accepted)
			assert.Equal(t, cursor{c.last, 2}, next)
			assert.Equal(t, c.reason, reason)
		})
	}
	assert.Equal(t, causeNone, at.checkIdle(10, 2))
	assert.Equal(t, causeNone, at.checkIdle(11, 2), "written just now; the next read brings it")
	assert.Equal(t, causeRegression, at.checkIdle(9, 2))
	assert.Equal(t, causeIncarnation, at.checkIdle(10, 1))
}
