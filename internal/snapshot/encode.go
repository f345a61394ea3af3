package snapshot

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"sync"

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

// resettable is a compressor that can be used again: making one costs far more
// than compressing a document of usual size.
type resettable interface {
	io.WriteCloser
	Reset(w io.Writer)
}

// compressors holds idle ones, by coding.
var compressors = map[Coding]*sync.Pool{
	Gzip: {New: func() any {
		w, err := gzip.NewWriterLevel(nil, gzip.BestCompression)
		return orPanic[resettable](w, err)
	}},
	Brotli: {New: func() any { return brotli.NewWriterLevel(nil, brotliQuality) }},
	Zstd: {New: func() any {
		w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
		return orPanic[resettable](w, err)
	}},
}

// orPanic is for settings that are constants.
func orPanic[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Encode compresses identity bytes in every coding that is published. The same
// bytes come out for the same input, always.
func Encode(body []byte) ([]Encoded, error) {
	var out []Encoded
	for _, c := range Codings() {
		buf, err := compress(c, body)
		if err != nil {
			return nil, fmt.Errorf("snapshot: %s: %w", c, err)
		}
		out = append(out, Encoded{Coding: c, Digest: sha256.Sum256(buf), Bytes: buf})
	}
	return out, nil
}

func compress(c Coding, body []byte) ([]byte, error) {
	w, ok := compressors[c].Get().(resettable)
	if !ok {
		return nil, errors.New("no such compressor")
	}
	defer compressors[c].Put(w)
	var buf bytes.Buffer
	w.Reset(&buf)
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
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
