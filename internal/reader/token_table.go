package reader

import (
	"encoding/binary"
	"sync"
	"sync/atomic"

	"orgmodes/internal/token"
)

const tableShards = 64

// table is the backend of tokens' records. It holds a million of them in little more than
// the size of their contents. A general cache allocates an object, a map entry and the
// lists of its policy per value: several hundred bytes for a record of ninety.
//
// Each shard is an array of slots, filled in order of arrival, and an index into it by
// hash. The CLOCK algorithm (Corbató, 1968) chooses which record to evict: a hand goes
// round the slots, passes over each one used since it last passed, and takes the first one
// that was not. Using a record sets one bit, so reading needs no exclusive lock.
type table struct {
	shards  [tableShards]tableShard
	evicted func()
}

type tableShard struct {
	mu    sync.RWMutex
	slots []slot
	free  []uint32
	// index holds slot numbers plus one, at the position given by the hash or the next
	// free one after it (linear probing). Its length is a power of two.
	index []uint32
	hand  int
	limit int
}

type slot struct {
	record record
	used   uint32
	// lastUsedMinute is when the token was last accepted, in minutes since 1970; see
	// token_usage.go.
	lastUsedMinute uint32
	occupied       bool
}

func newTable(limit int, evicted func()) *table {
	t := &table{evicted: evicted}
	for i := range t.shards {
		// A little more, as hashes are not distributed evenly.
		t.shards[i].limit = max(1, limit/tableShards+limit/tableShards/32)
		t.shards[i].index = make([]uint32, 16)
	}
	return t
}

func (t *table) shard(h token.Hash) *tableShard { return &t.shards[h[0]%tableShards] }

// get implements backend.
func (t *table) get(h token.Hash) (record, bool) {
	s := t.shard(h)
	s.mu.RLock()
	defer s.mu.RUnlock()
	i, ok := s.find(h)
	if !ok {
		return record{}, false
	}
	at := &s.slots[s.index[i]-1]
	if atomic.LoadUint32(&at.used) == 0 {
		atomic.StoreUint32(&at.used, 1)
	}
	return at.record, true
}

// peek implements backend.
func (t *table) peek(h token.Hash) (record, bool) {
	s := t.shard(h)
	s.mu.RLock()
	defer s.mu.RUnlock()
	i, ok := s.find(h)
	if !ok {
		return record{}, false
	}
	return s.slots[s.index[i]-1].record, true
}

// set implements backend.
func (t *table) set(h token.Hash, r record) {
	r.hash = h
	s := t.shard(h)
	s.mu.Lock()
	defer s.mu.Unlock()
	if i, ok := s.find(h); ok {
		s.slots[s.index[i]-1].record = r
		return
	}
	n := s.freeSlot(t.evicted)
	s.slots[n] = slot{record: r, occupied: true}
	if s.len()*4 > len(s.index)*3 {
		s.grow()
		return // grow has indexed the new slot
	}
	i, _ := s.find(h)
	s.index[i] = n + 1
}

// remove implements backend.
func (t *table) remove(h token.Hash) {
	s := t.shard(h)
	s.mu.Lock()
	defer s.mu.Unlock()
	if i, ok := s.find(h); ok {
		n := s.index[i] - 1
		s.unlink(i)
		s.slots[n] = slot{}
		s.free = append(s.free, n)
	}
}

// keys implements backend.
func (t *table) keys() []token.Hash {
	all := make([]token.Hash, 0, t.len())
	t.forEach(func(r record) { all = append(all, r.hash) })
	return all
}

// forEach calls fn for every record; fn must not call the table.
func (t *table) forEach(fn func(record)) {
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.RLock()
		for n := range s.slots {
			if s.slots[n].occupied {
				fn(s.slots[n].record)
			}
		}
		s.mu.RUnlock()
	}
}

// len implements backend.
func (t *table) len() int {
	n := 0
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.RLock()
		n += s.len()
		s.mu.RUnlock()
	}
	return n
}

// close implements backend.
func (t *table) close() {}

func (s *tableShard) len() int { return len(s.slots) - len(s.free) }

func (s *tableShard) homeIndex(h *token.Hash) uint32 {
	return binary.LittleEndian.Uint32(h[4:]) & uint32(len(s.index)-1)
}

// find returns the position of a hash in the index, or the one where it would be.
func (s *tableShard) find(h token.Hash) (i uint32, ok bool) {
	mask := uint32(len(s.index) - 1)
	for i = s.homeIndex(&h); s.index[i] != 0; i = (i + 1) & mask {
		if s.slots[s.index[i]-1].record.hash == h {
			return i, true
		}
	}
	return i, false
}

// unlink removes a position from the index. It moves later entries up if their hash
// requires that, so that no search ends at the hole.
func (s *tableShard) unlink(hole uint32) {
	mask := uint32(len(s.index) - 1)
	for i := (hole + 1) & mask; s.index[i] != 0; i = (i + 1) & mask {
		home := s.homeIndex(&s.slots[s.index[i]-1].record.hash)
		if (i-home)&mask >= (i-hole)&mask {
			s.index[hole], hole = s.index[i], i
		}
	}
	s.index[hole] = 0
}

// freeSlot returns a free slot, evicting a record if necessary.
func (s *tableShard) freeSlot(evicted func()) uint32 {
	if n := len(s.free); n > 0 {
		i := s.free[n-1]
		s.free = s.free[:n-1]
		return i
	}
	if len(s.slots) < s.limit {
		if len(s.slots) == cap(s.slots) { // grow by an eighth: append would grow it by a quarter
			wider := make([]slot, len(s.slots), min(s.limit, len(s.slots)+len(s.slots)/8+8))
			copy(wider, s.slots)
			s.slots = wider
		}
		s.slots = append(s.slots, slot{})
		return uint32(len(s.slots) - 1)
	}
	for ; ; s.hand++ {
		at := &s.slots[s.hand%len(s.slots)]
		if at.used != 0 {
			at.used = 0
			continue
		}
		n := uint32(s.hand % len(s.slots))
		s.hand = int(n) + 1
		if i, ok := s.find(at.record.hash); ok {
			s.unlink(i)
		}
		evicted()
		return n
	}
}

// grow doubles the index and adds every slot to it.
func (s *tableShard) grow() {
	s.index = make([]uint32, 2*len(s.index))
	for n := range s.slots {
		if s.slots[n].occupied {
			i, _ := s.find(s.slots[n].record.hash)
			s.index[i] = uint32(n) + 1
		}
	}
}
