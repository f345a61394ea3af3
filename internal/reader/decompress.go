package reader

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	kgzip "github.com/klauspost/compress/gzip"

	"orgmodes/internal/pubstore"
)

// decompressors holds idle decompressors, whose windows are larger than most documents.
// Documents stay compressed in memory, and are decompressed for requests for identity.
var decompressors = sync.Pool{New: func() any { return new(decompressor) }}

type decompressor struct {
	source bytes.Reader
	gzip   kgzip.Reader
}

// decompress writes the identity bytes. Their checksum was verified when the document
// was loaded; gzip's own detects damage since then.
func (r *representation) decompress(w io.Writer) error {
	d, _ := decompressors.Get().(*decompressor)
	defer decompressors.Put(d)
	d.source.Reset(r.gzip.Encoding(pubstore.Gzip).Bytes)
	if err := d.gzip.Reset(&d.source); err != nil {
		return fmt.Errorf("reader: %s: %w", r.name, err)
	}
	n, err := d.gzip.WriteTo(w)
	if err == nil && n != int64(r.gzip.Length) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("reader: %s: %w", r.name, err)
	}
	return nil
}
