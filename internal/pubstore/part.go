package pubstore

import (
	"context"
	"encoding/hex"
	"fmt"
	"unsafe"
)

// Part selects the representations of a document to read.
type Part struct {
	// Collection selects all named documents of that collection; "" selects the
	// representations in Names.
	Collection string
	Names      []string
}

// maxPartReads is how often a part is read before giving up. Each re-read is due to a
// change between reading its index and its payload.
const maxPartReads = 4

// Part loads a part of an organization's document, and the log position at which the answer
// was true. Encoded bytes that have already holds are not loaded again; have may be nil.
// The errors are those of Document; the position is also valid with ErrAbsent.
func (s *Store) Part(ctx context.Context, org string, p Part, have *Document) (*Document, Position, error) {
	index := fieldIndex
	if p.Collection != "" {
		index = collectionIndexField(p.Collection)
	}
	bytesByDigest := bytesByDigest(have)
	// If have is nil and the names are known, their payload is requested along with
	// the index.
	var payload []string
	if have == nil {
		for _, name := range p.Names {
			for _, c := range Codings() {
				payload = append(payload, payloadField(name, c))
			}
		}
	}
	for range maxPartReads {
		h, at, err := s.readFields(ctx, s.docKey(org), append([]string{fieldVersion, fieldCommitted, fieldState, index}, payload...))
		if err != nil {
			return nil, at, err
		}
		if _, ok := h[index]; !ok && p.Collection != "" {
			h[index] = "[]" // nothing of the collection was ever published
		}
		d, entries, err := parseMetadata(org, h, []string{index})
		if err != nil {
			return nil, at, err
		}
		entries = p.filter(entries)
		whole := true
		payload = payload[:0]
		for _, e := range entries {
			for _, c := range e.Codings {
				if bytesByDigest[c.Sum] == nil {
					field := payloadField(e.Name, c.Coding)
					_, there := h[field]
					payload, whole = append(payload, field), whole && there
				}
			}
		}
		if !whole {
			continue
		}
		err = d.decodeRepresentations(entries, func(name string, c codedEntry) []byte {
			if b, ok := h[payloadField(name, c.Coding)]; ok {
				return []byte(b)
			}
			return bytesByDigest[c.Sum]
		})
		if err != nil {
			return nil, at, err
		}
		return d, at, nil
	}
	return nil, Position{}, fmt.Errorf("pubstore: document of %s: it changed with each of %d readings", org, maxPartReads)
}

// filter returns the entries of index that belong to the part.
func (p Part) filter(index []indexEntry) []indexEntry {
	if p.Collection != "" {
		return index
	}
	var out []indexEntry
	for _, e := range index {
		for _, name := range p.Names {
			if e.Name == name {
				out = append(out, e)
			}
		}
	}
	return out
}

// bytesByDigest returns the encoded bytes of a document by their digests, in hex.
func bytesByDigest(d *Document) map[string][]byte {
	out := map[string][]byte{}
	if d == nil {
		return out
	}
	for i := range d.Representations {
		for _, e := range d.Representations[i].Encoded {
			out[hex.EncodeToString(e.Digest[:])] = e.Bytes
		}
	}
	return out
}

// SharesBytes reports whether both representations are the same bytes in memory, in each
// coding. If so, an integrity check of one holds for the other.
func (r *Representation) SharesBytes(with *Representation) bool {
	if r.Sum != with.Sum || r.Length != with.Length || len(r.Encoded) != len(with.Encoded) {
		return false
	}
	for i, e := range r.Encoded {
		o := with.Encoded[i]
		if e.Coding != o.Coding || e.Digest != o.Digest || len(e.Bytes) != len(o.Bytes) ||
			unsafe.SliceData(e.Bytes) != unsafe.SliceData(o.Bytes) {
			return false
		}
	}
	return true
}
