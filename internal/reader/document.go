package reader

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"orgmodes/internal/pubstore"
)

// document is a collection of an organization's published document, with everything
// else that an answer needs. It is immutable, so requests share it.
type document struct {
	stored      *pubstore.Document
	version     pubstore.Version
	committedAt time.Time
	// deleted marks a tombstone: the organization existed and was deleted.
	deleted         bool
	representations []representation
	// byName indexes the representations by name if there are too many for a linear search.
	byName map[string]int
	size   uint32
	// latestKnown is the newest version that was announced, if it is not this one.
	latestKnown pubstore.Version
	queried     time.Duration
	verified    uint64
}

// representation is one form of a document, ready to be served.
type representation struct {
	name        string
	contentType []byte
	// tag is the opaque part of the entity-tag, without quotes and coding.
	tag       []byte
	encodings [codingCount]encoded
	gzip      *pubstore.Representation
}

// encoded is the part of a representation that depends on the coding.
type encoded struct {
	// name is the value of Content-Encoding; empty for identity.
	name []byte
	// etag is nil if the coding isn't available.
	etag []byte
	// digest is the Repr-Digest (RFC 9530) of the encoded bytes.
	digest []byte
	length int
	// bytes is nil for identity, which is decompressed on demand.
	bytes []byte
}

// prepareDocument makes a document ready to be served. It decompresses each representation
// once and compares it with its checksum, and each coding with its digest, so that damaged
// bytes are never served. A representation that shares its bytes in memory with have, which
// may be nil, was verified before and is skipped.
func prepareDocument(d, have *pubstore.Document, queried time.Duration) (*document, error) {
	for i := range d.Representations {
		rep := &d.Representations[i]
		if have != nil {
			if verified := have.Find(rep.Name); verified != nil && rep.SharesBytes(verified) {
				continue
			}
		}
		if _, err := rep.Identity(); err != nil {
			return nil, fmt.Errorf("reader: document of %s: %w", d.Organization, err)
		}
		for _, e := range rep.Encoded {
			if sha256.Sum256(e.Bytes) != e.Digest {
				return nil, fmt.Errorf("reader: document of %s: %s in %s does not match its digest",
					d.Organization, rep.Name, e.Coding)
			}
		}
	}
	return newDocument(d, queried), nil
}

// newDocument builds a document that needs no further verification.
func newDocument(d *pubstore.Document, queried time.Duration) *document {
	out := &document{
		stored: d, version: d.Version, committedAt: d.CommittedAt, deleted: d.Deleted,
		representations: make([]representation, len(d.Representations)),
		queried:         queried, verified: unverified,
	}
	size := d.Size()
	for i := range d.Representations {
		out.representations[i] = prepareRepresentation(&d.Representations[i])
		size += 1024 // tags, digests and their overhead
	}
	if len(out.representations) > maxLinearSearch {
		out.byName = make(map[string]int, len(out.representations))
		for i := range out.representations {
			out.byName[out.representations[i].name] = i
		}
	}
	out.size = uint32(min(size, 1<<32-1))
	return out
}

func prepareRepresentation(rep *pubstore.Representation) representation {
	r := representation{
		name: rep.Name[strings.IndexByte(rep.Name, '/')+1:], contentType: []byte(rep.ContentType), tag: []byte(rep.Tag.String()), gzip: rep,
	}
	for c := range codingCount {
		name := c.name()
		if c == identity {
			r.encodings[c] = encoded{digest: reprDigest(rep.Sum), length: rep.Length}
		} else if e := rep.Encoding(name); e != nil {
			r.encodings[c] = encoded{name: []byte(name), digest: reprDigest(e.Digest), length: len(e.Bytes), bytes: e.Bytes}
		} else {
			continue
		}
		r.encodings[c].etag = []byte(rep.Tag.ETag(name))
	}
	return r
}

// reprDigest returns the value of Repr-Digest (RFC 9530, section 3).
func reprDigest(sum [sha256.Size]byte) []byte {
	const before, after = "sha-256=:", ":"
	b := make([]byte, 0, len(before)+base64.StdEncoding.EncodedLen(len(sum))+len(after))
	b = append(b, before...)
	b = base64.StdEncoding.AppendEncode(b, sum[:])
	return append(b, after...)
}

// maxLinearSearch is the number of representations up to which a linear search is fastest.
const maxLinearSearch = 8

// storedDocument returns the document as it was published, or nil if d is nil.
func (d *document) storedDocument() *pubstore.Document {
	if d == nil {
		return nil
	}
	return d.stored
}

// representation returns the representation with the given name, or nil. The name of a named
// document is the one within its collection.
func (d *document) representation(name string) *representation {
	if d.byName != nil {
		if i, ok := d.byName[name]; ok {
			return &d.representations[i]
		}
		return nil
	}
	for i := range d.representations {
		if d.representations[i].name == name {
			return &d.representations[i]
		}
	}
	return nil
}

// hasCoding reports whether the representation is available in a coding.
func (r *representation) hasCoding(c coding) bool { return r.encodings[c].etag != nil }

func (d *document) publishedVersion() pubstore.Version { return d.version }

func (d *document) newest() pubstore.Version { return maxVersion(d.version, d.latestKnown) }

func (d *document) outdated() bool { return d.version.Compare(d.latestKnown) < 0 }

func (d *document) markOutdated(newest pubstore.Version) *document {
	other := *d
	other.latestKnown = newest
	return &other
}

// usable reports true: an outdated document is still served, and marked as stale.
func (d *document) usable() bool { return true }

func (d *document) queriedAt() time.Duration { return d.queried }

func (d *document) verifiedBy() uint64 { return d.verified }

func (d *document) markVerified(by uint64) *document {
	if d.verified == by {
		return d
	}
	other := *d
	other.verified = by
	return &other
}
