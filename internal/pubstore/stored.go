package pubstore

import (
	"context"
	"crypto/sha1" // the hash that scripts can compute; nothing secret depends on it
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Stored describes what Redis holds of a document, without the payload. A publication need
// not send these representations again. The zero value holds nothing.
type Stored struct {
	// indexes holds the fields as they were read; the script compares them.
	indexes map[string]string
	entries map[string]indexEntry
}

// Stored reads what Redis holds of an organization's document, with the named documents of
// only the given collections. An index that is missing or can't be read counts as empty, so
// its representations are sent whole.
func (s *Store) Stored(ctx context.Context, org string, collections ...string) (Stored, error) {
	fields := []string{fieldIndex}
	for _, c := range collections {
		fields = append(fields, collectionIndexField(c))
	}
	res, err := s.rdb.HMGet(ctx, s.docKey(org), fields...).Result()
	if err != nil {
		return Stored{}, fmt.Errorf("pubstore: %w", err)
	}
	out := Stored{map[string]string{}, map[string]indexEntry{}}
	for i, field := range fields {
		var entries []indexEntry
		text, ok := res[i].(string)
		if !ok || json.Unmarshal([]byte(text), &entries) != nil {
			continue
		}
		out.indexes[field] = text
		for _, e := range entries {
			out.entries[e.Name] = e
		}
	}
	return out, nil
}

// Keep reports whether the representation is stored in exactly these codings, with
// the same identity bytes. If so, r refers to the stored one: it needs no Encoded, and gets
// the stored media type. Document.Basis must be s.
func (s Stored) Keep(r *Representation, codings []Coding) bool {
	e, ok := s.entries[r.Name]
	same := ok && e.Sum == hex.EncodeToString(r.Sum[:]) && e.Length == r.Length &&
		slices.EqualFunc(e.Codings, codings, func(c codedEntry, want Coding) bool { return c.Coding == want })
	if same {
		r.kept, r.ContentType = e.Codings, e.Type
	}
	return same
}

// scriptArgs returns the indexes as arguments of the script: their number, then field, SHA-1...
func (s Stored) scriptArgs() []any {
	out := []any{len(s.indexes)}
	for _, field := range slices.Sorted(maps.Keys(s.indexes)) {
		sum := sha1.Sum([]byte(s.indexes[field]))
		out = append(out, field, hex.EncodeToString(sum[:]))
	}
	return out
}
