package reader

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orgmodes/internal/prove"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
)

func numberedHash(n int) (h token.Hash) {
	binary.BigEndian.PutUint64(h[24:], uint64(n))
	// Few home positions in few shards, so that searches collide.
	h[0], h[4] = byte(n%2), byte(n%7)
	return h
}

// The table behaves like a map as long as there is room.
func TestTableBehavesLikeMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, want := newTable(64*100, func() { t.Fatal("there is room") }), map[token.Hash]int64{}
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			h, v := numberedHash(rapid.IntRange(0, 99).Draw(t, "key")), rapid.Int64().Draw(t, "version")
			switch rapid.IntRange(0, 2).Draw(t, "do") {
			case 0:
				table.remove(h)
				delete(want, h)
			default:
				table.set(h, record{version: v})
				want[h] = v
			}
			got, ok := table.get(h)
			v, there := want[h]
			if ok != there || got.version != v {
				t.Fatalf("%v %v, want %v %v", ok, got.version, there, v)
			}
		}
		if table.len() != len(want) || len(table.keys()) != len(want) {
			t.Fatalf("%d and %d keys, want %d", table.len(), len(table.keys()), len(want))
		}
		for h, v := range want {
			if got, ok := table.peek(h); !ok || got.version != v || got.hash != h {
				t.Fatalf("%v is %v", h, got)
			}
		}
	})
}

// When full, the table retains used records and evicts the others.
func TestTableEvictsUnusedRecordsFirst(t *testing.T) {
	evicted := 0
	table := newTable(64*50, func() { evicted++ })
	for n := range 2000 {
		for used := range 20 {
			table.get(numberedHash(used))
		}
		table.set(numberedHash(n), record{version: int64(n)})
	}
	assert.Equal(t, 102, table.len()) // two shards, with room for uneven hashes
	assert.Equal(t, 1898, evicted)
	for used := range 20 {
		r, ok := table.get(numberedHash(used))
		require.True(t, ok, used)
		require.Equal(t, int64(used), r.version)
	}
}

func heapBytes() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A million tokens of 100,000 organizations fit into 150 MiB.
func TestMillionTokensFitInMemoryBudget(t *testing.T) {
	prove.Long(t)
	if raceEnabled {
		t.Skip("measures memory")
	}
	const tokens, organizations = 1_000_000, 100_000
	before := heapBytes()
	table := newTable(maxResidentTokens, func() {})
	orgs := make([]string, organizations)
	for i := range orgs {
		orgs[i] = uuid.NewString()
	}
	start := time.Now()
	for n := range tokens {
		h := token.HashOf(fmt.Appendf(nil, "%d", n))
		table.set(h, prepareRecord(&pubstore.Token{
			Hash: h, Organizations: []string{orgs[n%organizations]}, Scopes: []string{"read"}, Epoch: 1, Version: 1,
		}, 0))
	}
	clear(orgs)
	took := time.Since(start)
	after := heapBytes()
	t.Logf("%d tokens: %.1f MiB of live heap, %d bytes each, filled in %v",
		table.len(), float64(after-before)/(1<<20), (after-before)/tokens, took.Round(time.Millisecond))
	assert.Less(t, after-before, uint64(150<<20))
	assert.Equal(t, tokens, table.len())
	runtime.KeepAlive(table)
}
