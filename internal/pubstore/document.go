package pubstore

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"orgmodes/internal/canary"
)

// Document is the published document of one organization. It is immutable once
// built: readers share it between requests.
type Document struct {
	// Organization is its ID, in the canonical text form of a UUID.
	Organization string
	Version      Version
	// CommittedAt is when the change with number Version.Revision was committed.
	CommittedAt time.Time
	// Deleted marks the tombstone of a deleted organization; it has no
	// representations.
	Deleted bool
	// Representations are in rendering order. A document read in part (Store.Part)
	// has only the representations of that part.
	Representations []Representation
	// Basis describes what Redis already has of a document to be published; see
	// Stored.Keep.
	Basis Stored
}

// Representation is one form of a document, such as modes.yaml or modes.json.
type Representation struct {
	// Name is unique within the document. A named document, of which a collection can
	// have any number, has the name "collection/name".
	Name        string
	ContentType string
	Tag         Tag
	// Sum is the SHA-256 of the identity bytes; Tag.Hash is its prefix.
	Sum [sha256.Size]byte
	// Length is the number of identity bytes.
	Length int
	// Encoded holds the encoded bytes; gzip is always present.
	Encoded []Encoded
	// kept describes the encoded bytes that are already in Redis and stay there.
	kept []codedEntry
}

// Encoded is a representation in one coding.
type Encoded struct {
	Coding Coding
	// Digest is the SHA-256 of Bytes, for Repr-Digest (RFC 9530).
	Digest [sha256.Size]byte
	Bytes  []byte
}

// Find returns the representation with the given name, or nil.
func (d *Document) Find(name string) *Representation {
	for i := range d.Representations {
		if d.Representations[i].Name == name {
			return &d.Representations[i]
		}
	}
	return nil
}

// Encoding returns the representation in a coding, or nil if it isn't stored in that coding.
func (r *Representation) Encoding(c Coding) *Encoded {
	for i := range r.Encoded {
		if r.Encoded[i].Coding == c {
			return &r.Encoded[i]
		}
	}
	return nil
}

// Size returns the approximate memory use of the document, in bytes.
func (d *Document) Size() int {
	n := 256 + len(d.Organization)
	for _, r := range d.Representations {
		n += 256 + len(r.Name) + len(r.ContentType)
		for _, e := range r.Encoded {
			n += 128 + len(e.Bytes)
		}
	}
	return n
}

// The fields of a document's hash. Each representation's encoded bytes have a dedicated
// field, so that versions and tags can be read without them. Each collection of named
// documents has a dedicated index, so that its documents add no cost to reading or writing
// other parts of the organization.
const (
	fieldVersion   = "version"
	fieldCommitted = "committed_at"
	fieldState     = "state"
	fieldIndex     = "index"

	stateLive    = "live"
	stateDeleted = "deleted"
)

// indexField returns the field that describes a representation: "index", or
// "index:collection" for a named document.
func indexField(name string) string {
	if collection, _, named := strings.Cut(name, "/"); named {
		return collectionIndexField(collection)
	}
	return fieldIndex
}

func collectionIndexField(collection string) string { return fieldIndex + ":" + collection }

// indexEntry describes a representation in an index: a JSON list in rendering order.
type indexEntry struct {
	Name     string       `json:"name"`
	Type     string       `json:"type"`
	Epoch    int64        `json:"epoch"`
	Revision int64        `json:"revision"`
	Sum      string       `json:"sha256"`
	Length   int          `json:"length"`
	Codings  []codedEntry `json:"codings"`
}

type codedEntry struct {
	Coding Coding `json:"coding"`
	Length int    `json:"length"`
	Sum    string `json:"sha256"`
}

func payloadField(name string, c Coding) string { return name + ":" + string(c) }

// fields encodes the document as field, value, field, value... kept lists the fields
// that are already in Redis and stay, with their lengths: field, length...
func (d *Document) fields() (fields, kept []any, err error) {
	indexes := map[string][]indexEntry{fieldIndex: {}}
	var payload []any
	for _, r := range d.Representations {
		if r.Encoding(Gzip) == nil && r.kept == nil {
			return nil, nil, fmt.Errorf("pubstore: representation %s of %s is not stored in gzip", r.Name, d.Organization)
		}
		entry := indexEntry{
			Name: r.Name, Type: r.ContentType, Epoch: r.Tag.Epoch, Revision: r.Tag.Revision,
			Sum: hex.EncodeToString(r.Sum[:]), Length: r.Length, Codings: r.kept,
		}
		if r.kept != nil {
			for _, c := range r.kept {
				kept = append(kept, payloadField(r.Name, c.Coding), c.Length)
			}
		} else {
			for _, e := range r.Encoded {
				entry.Codings = append(entry.Codings, codedEntry{e.Coding, len(e.Bytes), hex.EncodeToString(e.Digest[:])})
				payload = append(payload, payloadField(r.Name, e.Coding), e.Bytes)
			}
		}
		indexes[indexField(r.Name)] = append(indexes[indexField(r.Name)], entry)
	}
	state := stateLive
	if d.Deleted {
		state = stateDeleted
	}
	fields = []any{
		fieldVersion, d.Version.String(),
		fieldCommitted, strconv.FormatInt(d.CommittedAt.UnixMicro(), 10),
		fieldState, state,
	}
	keep := len(kept) > 0
	for _, field := range slices.Sorted(maps.Keys(indexes)) {
		text, err := json.Marshal(indexes[field])
		if err != nil {
			return nil, nil, err
		}
		if keep && d.Basis.indexes[field] == string(text) {
			kept = append(kept, field, len(text))
		} else {
			fields = append(fields, field, string(text))
		}
	}
	return append(fields, payload...), kept, nil
}

// parseDocument parses the output of fields. A field that is missing or does not
// agree with its index is an error: an incomplete document is never served.
func parseDocument(org string, h map[string]string) (*Document, error) {
	var indexes []string
	for field := range h {
		if field == fieldIndex || strings.HasPrefix(field, collectionIndexField("")) {
			indexes = append(indexes, field)
		}
	}
	slices.Sort(indexes)
	d, entries, err := parseMetadata(org, h, indexes)
	if err != nil {
		return nil, err
	}
	if err := d.decodeRepresentations(entries, func(name string, c codedEntry) []byte { return []byte(h[payloadField(name, c.Coding)]) }); err != nil {
		return nil, err
	}
	return d, nil
}

// parseMetadata parses the fields other than the payload, and the given indexes.
func parseMetadata(org string, h map[string]string, indexes []string) (*Document, []indexEntry, error) {
	bad := func(what string, err error) error {
		return fmt.Errorf("pubstore: document of %s: %s: %w", org, what, err)
	}
	v, err := ParseVersion(h[fieldVersion])
	if err != nil {
		return nil, nil, bad(fieldVersion, err)
	}
	at, err := strconv.ParseInt(h[fieldCommitted], 10, 64)
	if err != nil {
		return nil, nil, bad(fieldCommitted, err)
	}
	var all []indexEntry
	for _, field := range indexes {
		var index []indexEntry
		if err := json.Unmarshal([]byte(h[field]), &index); err != nil {
			return nil, nil, bad(field, err)
		}
		all = append(all, index...)
	}
	return &Document{
		Organization: org, Version: v, CommittedAt: time.UnixMicro(at).UTC(), Deleted: h[fieldState] == stateDeleted,
	}, all, nil
}

// decodeRepresentations sets the representations that an index describes.
func (d *Document) decodeRepresentations(index []indexEntry, payload func(name string, c codedEntry) []byte) error {
	bad := func(name string, err error) error {
		return fmt.Errorf("pubstore: document of %s: %s: %w", d.Organization, name, err)
	}
	d.Representations = make([]Representation, len(index))
	for i, e := range index {
		r := &d.Representations[i]
		r.Name, r.ContentType, r.Length = e.Name, e.Type, e.Length
		if err := unhex(r.Sum[:], e.Sum); err != nil {
			return bad(e.Name, err)
		}
		r.Tag = Tag{Epoch: e.Epoch, Revision: e.Revision, Hash: [8]byte(r.Sum[:8])}
		for _, c := range e.Codings {
			enc := Encoded{Coding: c.Coding, Bytes: payload(e.Name, c)}
			if len(enc.Bytes) != c.Length {
				return bad(e.Name, fmt.Errorf("%s has %d bytes, the index says %d", c.Coding, len(enc.Bytes), c.Length))
			}
			if err := unhex(enc.Digest[:], c.Sum); err != nil {
				return bad(e.Name, err)
			}
			r.Encoded = append(r.Encoded, enc)
		}
		if r.Encoding(Gzip) == nil {
			return bad(e.Name, fmt.Errorf("no gzip"))
		}
	}
	return nil
}

func unhex(dst []byte, s string) error {
	if len(s) != 2*len(dst) {
		return fmt.Errorf("a SHA-256 has %d hex digits, not %d", 2*len(dst), len(s))
	}
	_, err := hex.Decode(dst, []byte(s))
	return err
}

// Canary is the organization that the leading worker changes every few seconds,
// so that readers can measure how long a change takes to reach them.
const Canary = canary.ID
