package reader

import (
	"encoding/binary"
	"sync"
	"sync/atomic"

	"orgmodes/internal/token"
)

const tableShards = 64

// table is the memory of tokens' records: a million of them in little more than
// what they say. A general cache keeps an object, a map entry and its policy's
// lists per value, several hundred bytes where the record has ninety.
//
// Each shard is an array of slots, filled in the order in which records come, and
// an index into it by hash. Who has to leave is found by the CLOCK algorithm
// (Corbató, 1968): a hand goes round the slots, passes over each that was used
// since it came by last, and takes the first that was not. Using a record sets one
// bit, so reading needs no exclusive lock.
type table struct {
	shards  [tableShards]tableShard
	evicted func()
}

type tableShard struct {
	mu    sync.RWMutex
	slots []slot
	free  []uint32
	// index holds slot numbers plus one at the place that a hash asks for, or the
	// next free one behind it; its length is a power of two.
	index []uint32
	hand  int
	limit int
}

type slot struct {
	record record
	used   uint32
	// minute since 1970 in which the token was let in last; see uses.go.
	minute uint32
	taken  bool
}

func newTable(limit int, evicted func()) *table {
	t := &table{evicted: evicted}
	for i := range t.shards {
		// A little more: hashes don't fall evenly.
		t.shards[i].limit = max(1, limit/tableShards+limit/tableShards/32)
		t.shards[i].index = make([]uint32, 16)
	}
	return t
}

func (t *table) shard(h token.Hash) *tableShard { return &t.shards[h[0]%tableShards] }

// get implements memory.
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

// peek implements memory.
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

// set implements memory.
func (t *table) set(h token.Hash, r record) {
	r.hash = h
	s := t.shard(h)
	s.mu.Lock()
	defer s.mu.Unlock()
	if i, ok := s.find(h); ok {
		s.slots[s.index[i]-1].record = r
		return
	}
	n := s.room(t.evicted)
	s.slots[n] = slot{record: r, taken: true}
	if s.len()*4 > len(s.index)*3 {
		s.grow()
		return // the new slot is in it
	}
	i, _ := s.find(h)
	s.index[i] = n + 1
}

// drop implements memory.
func (t *table) drop(h token.Hash) {
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

// keys implements memory.
func (t *table) keys() []token.Hash {
	all := make([]token.Hash, 0, t.len())
	t.each(func(r record) { all = append(all, r.hash) })
	return all
}

// each calls fn for every record; it must not call the table.
func (t *table) each(fn func(record)) {
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.RLock()
		for n := range s.slots {
			if s.slots[n].taken {
				fn(s.slots[n].record)
			}
		}
		s.mu.RUnlock()
	}
}

// len implements memory.
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

// close implements memory.
func (t *table) close() {}

func (s *tableShard) len() int { return len(s.slots) - len(s.free) }

func (s *tableShard) home(h *token.Hash) uint32 {
	return binary.LittleEndian.Uint32(h[4:]) & uint32(len(s.index)-1)
}

// find returns where in the index a hash is, or would be.
func (s *tableShard) find(h token.Hash) (i uint32, ok bool) {
	mask := uint32(len(s.index) - 1)
	for i = s.home(&h); s.index[i] != 0; i = (i + 1) & mask {
		if s.slots[s.index[i]-1].record.hash == h {
			return i, true
		}
	}
	return i, false
}

// unlink takes a place out of the index, and moves what stands behind it up
// where its hash asks for that, so that no search ends at the hole.
func (s *tableShard) unlink(hole uint32) {
	mask := uint32(len(s.index) - 1)
	for i := (hole + 1) & mask; s.index[i] != 0; i = (i + 1) & mask {
		home := s.home(&s.slots[s.index[i]-1].record.hash)
		if (i-home)&mask >= (i-hole)&mask {
			s.index[hole], hole = s.index[i], i
		}
	}
	s.index[hole] = 0
}

// room returns a slot that is free, after making one where there is none.
func (s *tableShard) room(evicted func()) uint32 {
	if n := len(s.free); n > 0 {
		i := s.free[n-1]
		s.free = s.free[:n-1]
		return i
	}
	if len(s.slots) < s.limit {
		if len(s.slots) == cap(s.slots) { // by an eighth: append would take a quarter
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

// grow makes a larger index and puts every slot into it.
func (s *tableShard) grow() {
	s.index = make([]uint32, 2*len(s.index))
	for n := range s.slots {
		if s.slots[n].taken {
			i, _ := s.find(s.slots[n].record.hash)
			s.index[i] = uint32(n) + 1
		}
	}
}
