package snapshot

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// brotliQuality is where brotli's time is still small beside everything else
// that a publication does: quality 11 takes 60 times as long on a large document.
const brotliQuality = 5

// SumOf returns the SHA-256 of identity bytes, and the beginning of it that a
// Tag carries.
func SumOf(body []byte) (sum [sha256.Size]byte, hash [8]byte) {
	sum = sha256.Sum256(body)
	return sum, [8]byte(sum[:8])
}

// Encode compresses identity bytes in every coding that is published. The same
// bytes come out for the same input, always.
func Encode(body []byte) ([]Encoded, error) {
	var out []Encoded
	for _, c := range Codings() {
		var buf bytes.Buffer
		w, err := writer(c, &buf)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(body); err != nil {
			return nil, fmt.Errorf("snapshot: %s: %w", c, err)
		}
		if err := w.Close(); err != nil {
			return nil, fmt.Errorf("snapshot: %s: %w", c, err)
		}
		out = append(out, Encoded{Coding: c, Digest: sha256.Sum256(buf.Bytes()), Bytes: buf.Bytes()})
	}
	return out, nil
}

func writer(c Coding, w io.Writer) (io.WriteCloser, error) {
	switch c {
	case Brotli:
		return brotli.NewWriterLevel(w, brotliQuality), nil
	case Zstd:
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	default:
		return gzip.NewWriterLevel(w, gzip.BestCompression)
	}
}

// Identity returns the identity bytes of a representation, unpacked from its
// gzip form.
func (r *Representation) Identity() ([]byte, error) {
	enc := r.In(Gzip)
	if enc == nil {
		return nil, fmt.Errorf("snapshot: %s is not there in gzip", r.Name)
	}
	zr, err := gzip.NewReader(bytes.NewReader(enc.Bytes))
	if err != nil {
		return nil, fmt.Errorf("snapshot: %s: %w", r.Name, err)
	}
	body := make([]byte, r.Length)
	if _, err := io.ReadFull(zr, body); err != nil {
		return nil, fmt.Errorf("snapshot: %s: %w", r.Name, err)
	}
	if sha256.Sum256(body) != r.Sum {
		return nil, fmt.Errorf("snapshot: %s: its bytes are not those that its tag names", r.Name)
	}
	return body, nil
}
