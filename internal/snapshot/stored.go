package snapshot

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
)

// Stored is what Redis holds of a document, without the payload: which of its
// representations a publication need not send again. The zero value holds nothing.
type Stored struct {
	// index is the field as it was read; the script compares it.
	index   string
	entries []indexEntry
}

// Stored reads what Redis holds of an organization's document. What is missing, or
// can't be read, holds nothing: the document is sent whole then.
func (s *Store) Stored(ctx context.Context, org string) (Stored, error) {
	res, err := s.rdb.HMGet(ctx, s.docKey(org), fieldIndex).Result()
	if err != nil {
		return Stored{}, fmt.Errorf("snapshot: %w", err)
	}
	var out Stored
	if text, ok := res[0].(string); ok && json.Unmarshal([]byte(text), &out.entries) == nil {
		out.index = text
		return out, nil
	}
	return Stored{}, nil
}

// Keep reports whether the representation is stored in exactly these codings, with
// the same identity bytes, and then makes r refer to that: it needs no Encoded.
// Document.Basis has to be s.
func (s Stored) Keep(r *Representation, codings []Coding) bool {
	i := slices.IndexFunc(s.entries, func(e indexEntry) bool { return e.Name == r.Name })
	if i < 0 {
		return false
	}
	e := s.entries[i]
	same := e.Sum == hex.EncodeToString(r.Sum[:]) && e.Length == r.Length &&
		slices.EqualFunc(e.Codings, codings, func(c codedEntry, want Coding) bool { return c.Coding == want })
	if same {
		r.kept = e.Codings
	}
	return same
}
