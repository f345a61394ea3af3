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
	deleted bool
	forms   []representation
	// named indexes the forms by name if there are too many for a linear search.
	named map[string]int
	size  uint32
	// told is the newest version that was announced, if it is not this one.
	told      pubstore.Version
	asked     time.Duration
	confirmed uint64
}

// representation is one form of a document, ready to be served.
type representation struct {
	name        string
	contentType []byte
	// tag is the opaque part of the entity-tag, without quotes and coding.
	tag   []byte
	coded [codingCount]coded
	gzip  *pubstore.Representation
}

// coded is the part of a representation that depends on the coding.
type coded struct {
	// name is the value of Content-Encoding; empty for identity.
	name []byte
	// etag is nil if the coding isn't available.
	etag []byte
	// digest is the Repr-Digest (RFC 9530) of the coded bytes.
	digest []byte
	length int
	// bytes is nil for identity, which is unpacked on demand.
	bytes []byte
}

// prepare makes a document ready to be served. It unpacks each representation
// once and compares it with its checksum, and each coding with its digest, so that
// damaged bytes are never served. A representation that shares its bytes in memory with
// have, which may be nil, was verified before and is skipped.
func prepare(d, have *pubstore.Document, asked time.Duration) (*document, error) {
	for i := range d.Representations {
		form := &d.Representations[i]
		if have != nil {
			if known := have.Find(form.Name); known != nil && form.SharesBytes(known) {
				continue
			}
		}
		if _, err := form.Identity(); err != nil {
			return nil, fmt.Errorf("reader: document of %s: %w", d.Organization, err)
		}
		for _, e := range form.Encoded {
			if sha256.Sum256(e.Bytes) != e.Digest {
				return nil, fmt.Errorf("reader: document of %s: %s in %s does not have the digest that stands beside it",
					d.Organization, form.Name, e.Coding)
			}
		}
	}
	return assemble(d, asked), nil
}

// assemble builds a document that needs no further verification.
func assemble(d *pubstore.Document, asked time.Duration) *document {
	out := &document{
		stored: d, version: d.Version, committedAt: d.CommittedAt, deleted: d.Deleted,
		forms: make([]representation, len(d.Representations)),
		asked: asked, confirmed: unconfirmed,
	}
	size := d.Size()
	for i := range d.Representations {
		out.forms[i] = prepareForm(&d.Representations[i])
		size += 1024 // tags, digests and their overhead
	}
	if len(out.forms) > lookThrough {
		out.named = make(map[string]int, len(out.forms))
		for i := range out.forms {
			out.named[out.forms[i].name] = i
		}
	}
	out.size = uint32(min(size, 1<<32-1))
	return out
}

func prepareForm(form *pubstore.Representation) representation {
	r := representation{
		name: form.Name[strings.IndexByte(form.Name, '/')+1:], contentType: []byte(form.ContentType), tag: []byte(form.Tag.String()), gzip: form,
	}
	for c := range codingCount {
		name := c.name()
		if c == identity {
			r.coded[c] = coded{digest: reprDigest(form.Sum), length: form.Length}
		} else if e := form.In(name); e != nil {
			r.coded[c] = coded{name: []byte(name), digest: reprDigest(e.Digest), length: len(e.Bytes), bytes: e.Bytes}
		} else {
			continue
		}
		r.coded[c].etag = []byte(form.Tag.ETag(name))
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

// lookThrough is the number of forms up to which a linear search is fastest.
const lookThrough = 8

// published returns the document as it was published, or nil if d is nil.
func (d *document) published() *pubstore.Document {
	if d == nil {
		return nil
	}
	return d.stored
}

// form returns the representation with the given name, or nil. The name of a named
// document is the one within its collection.
func (d *document) form(name string) *representation {
	if d.named != nil {
		if i, ok := d.named[name]; ok {
			return &d.forms[i]
		}
		return nil
	}
	for i := range d.forms {
		if d.forms[i].name == name {
			return &d.forms[i]
		}
	}
	return nil
}

// in reports whether the representation is available in a coding.
func (r *representation) in(c coding) bool { return r.coded[c].etag != nil }

func (d *document) publishedAs() pubstore.Version { return d.version }

func (d *document) newest() pubstore.Version { return later(d.version, d.told) }

func (d *document) outdated() bool { return d.version.Compare(d.told) < 0 }

func (d *document) outdate(newest pubstore.Version) *document {
	other := *d
	other.told = newest
	return &other
}

// usable reports true: an outdated document is still served, and marked as stale.
func (d *document) usable() bool { return true }

func (d *document) askedAt() time.Duration { return d.asked }

func (d *document) confirmedBy() uint64 { return d.confirmed }

func (d *document) confirm(by uint64) *document {
	if d.confirmed == by {
		return d
	}
	other := *d
	other.confirmed = by
	return &other
}
