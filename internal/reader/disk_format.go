package reader

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"time"
	"unique"

	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
)

// The format of the file: numbers are varints, texts are preceded by their length,
// times are microseconds since 1970. Each item of a list is preceded by a 1, and the
// list ends with a 0.

func (d *disk) encode(w *diskWriter) {
	// Load the lease first: the values read after it are at least as new as it promises.
	l := d.freshness.lease.Load()
	if l == nil {
		w.int(0)
	} else {
		w.int(1)
		w.time(l.asOf)
		for id, e := range l.organizations {
			w.int(1)
			w.raw(id[:])
			w.time(e.maxAsOf())
		}
		w.int(0)
		for h, e := range l.tokens {
			w.int(1)
			w.raw(h[:])
			w.time(e.maxAsOf())
		}
		w.int(0)
	}
	for _, k := range d.documents.backend.keys() {
		if doc, ok := d.documents.backend.peek(k); ok {
			w.int(1)
			w.raw(k.organization[:])
			w.bytes([]byte(d.documents.collections[k.collection].name))
			w.document(doc, !doc.outdated() && l.covers(doc.verified) && l.organizations[k.organization].isMaxAsOf(doc.verified))
		}
	}
	w.int(0)
	for _, h := range d.tokens.backend.keys() {
		// A record that can't be trusted now can't be trusted later either.
		if r, ok := d.tokens.backend.peek(h); ok && r.usable() && l.covers(r.verified) && l.tokens[h].isMaxAsOf(r.verified) {
			w.int(1)
			w.record(r)
		}
	}
	w.int(0)
}

// decode restores the contents of the file. Verified values get the number 0, which is that
// of no segment, so any lease covers them.
func (d *disk) decode(r *diskReader) (documents, tokens int) {
	if r.more() {
		restored := &lease{asOf: r.time(), organizations: map[organizationID]exclusion{}, tokens: map[token.Hash]exclusion{}}
		for r.more() {
			var id organizationID
			r.raw(id[:])
			restored.organizations[id] = exclusion{since: r.time()}
		}
		for r.more() {
			var h token.Hash
			r.raw(h[:])
			restored.tokens[h] = exclusion{since: r.time()}
		}
		restored.receivedAt = d.clock.mono()
		if r.err == nil {
			d.freshness.lease.CompareAndSwap(nil, restored)
		}
	}
	for r.more() {
		var id organizationID
		r.raw(id[:])
		index, served := d.documents.collection(string(r.bytes()))
		doc := r.document(id)
		if r.err == nil && served {
			storeIfAbsent(&d.documents.cache, documentKey{id, index}, doc)
			documents++
		}
	}
	for r.more() {
		rec := r.record()
		if r.err == nil {
			storeIfAbsent(&d.tokens.cache, rec.hash, rec)
			tokens++
		}
	}
	return documents, tokens
}

// diskWriter retains the first error, so that callers check only once.
type diskWriter struct {
	w   io.Writer
	n   int64
	err error
	buf [binary.MaxVarintLen64]byte
}

func (w *diskWriter) raw(b []byte) {
	if w.err == nil {
		_, w.err = w.w.Write(b)
		w.n += int64(len(b))
	}
}

func (w *diskWriter) int(n int64) { w.raw(w.buf[:binary.PutVarint(w.buf[:], n)]) }

func (w *diskWriter) time(t time.Time) { w.int(t.UnixMicro()) }

func (w *diskWriter) bytes(b []byte) {
	w.int(int64(len(b)))
	w.raw(b)
}

func (w *diskWriter) flag(b bool) {
	if b {
		w.int(1)
	} else {
		w.int(0)
	}
}

func (w *diskWriter) version(v pubstore.Version) {
	w.int(v.Epoch)
	w.int(v.Revision)
	w.int(v.Edition)
}

func (w *diskWriter) document(d *document, verified bool) {
	w.version(d.version)
	w.version(d.latestKnown)
	w.time(d.committedAt)
	w.flag(d.deleted)
	w.flag(verified)
	for i := range d.representations {
		rep := d.representations[i].gzip
		w.int(1)
		w.bytes([]byte(rep.Name))
		w.bytes([]byte(rep.ContentType))
		w.int(rep.Tag.Epoch)
		w.int(rep.Tag.Revision)
		w.raw(rep.Sum[:])
		w.int(int64(rep.Length))
		for _, e := range rep.Encoded {
			w.int(1)
			w.bytes([]byte(e.Coding))
			w.raw(e.Digest[:])
			w.bytes(e.Bytes)
		}
		w.int(0)
	}
	w.int(0)
}

func (w *diskWriter) record(r record) {
	w.raw(r.hash[:])
	w.bytes([]byte(r.organizations.Value()))
	w.int(r.expiresAt)
	w.int(r.epoch)
	w.int(r.version)
	w.flag(r.revoked)
	w.flag(r.canRead)
}

// diskReader retains the first error. After that it returns zero values.
type diskReader struct {
	r   *bufio.Reader
	err error
}

// maxTextBytes bounds the length of one text; a file with a longer one is invalid.
const maxTextBytes = 64 << 20

func (r *diskReader) raw(b []byte) {
	if r.err == nil {
		_, r.err = io.ReadFull(r.r, b)
	}
}

func (r *diskReader) int() (n int64) {
	if r.err == nil {
		n, r.err = binary.ReadVarint(r.r)
	}
	return n
}

func (r *diskReader) more() bool { return r.int() == 1 && r.err == nil }

func (r *diskReader) flag() bool { return r.int() == 1 }

func (r *diskReader) time() time.Time { return time.UnixMicro(r.int()).UTC() }

func (r *diskReader) bytes() []byte {
	n := r.int()
	if n < 0 || n > maxTextBytes {
		r.err = errors.New("it has a text of an impossible length")
	}
	if r.err != nil {
		return nil
	}
	b := make([]byte, n)
	r.raw(b)
	return b
}

func (r *diskReader) version() pubstore.Version {
	return pubstore.Version{Epoch: r.int(), Revision: r.int(), Edition: r.int()}
}

func (r *diskReader) document(id organizationID) (out *document) {
	d := &pubstore.Document{Organization: id.String(), Version: r.version()}
	latestKnown := r.version()
	d.CommittedAt, d.Deleted = r.time(), r.flag()
	verified := r.flag()
	for r.more() {
		rep := pubstore.Representation{Name: string(r.bytes()), ContentType: string(r.bytes())}
		rep.Tag.Epoch, rep.Tag.Revision = r.int(), r.int()
		r.raw(rep.Sum[:])
		rep.Tag.Hash = [8]byte(rep.Sum[:8])
		rep.Length = int(r.int())
		for r.more() {
			e := pubstore.Encoded{Coding: pubstore.Coding(r.bytes())}
			r.raw(e.Digest[:])
			e.Bytes = r.bytes()
			rep.Encoded = append(rep.Encoded, e)
		}
		d.Representations = append(d.Representations, rep)
	}
	if r.err != nil {
		return nil
	}
	if out, r.err = prepareStored(d); r.err != nil {
		return nil
	}
	out.latestKnown = latestKnown
	if verified {
		out.verified = 0
	}
	return out
}

func (r *diskReader) record() (out record) {
	r.raw(out.hash[:])
	out.organizations = unique.Make(string(r.bytes()))
	out.expiresAt, out.epoch, out.version = r.int(), r.int(), r.int()
	out.revoked, out.canRead = r.flag(), r.flag()
	return out
}
