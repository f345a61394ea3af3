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
// Documents stay compressed in memory, and are unpacked for requests for identity.
var decompressors = sync.Pool{New: func() any { return new(decompressor) }}

type decompressor struct {
	source bytes.Reader
	gzip   kgzip.Reader
}

// decompress writes the identity bytes. Their checksum was verified when the document
// was loaded; gzip's own detects damage since then.
func (r *representation) decompress(w io.Writer) error {
	u, _ := decompressors.Get().(*decompressor)
	defer decompressors.Put(u)
	u.source.Reset(r.gzip.Encoding(pubstore.Gzip).Bytes)
	if err := u.gzip.Reset(&u.source); err != nil {
		return fmt.Errorf("reader: %s: %w", r.name, err)
	}
	n, err := u.gzip.WriteTo(w)
	if err == nil && n != int64(r.gzip.Length) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("reader: %s: %w", r.name, err)
	}
	return nil
}
