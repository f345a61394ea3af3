package pubstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	// brotliQuality is the highest at which brotli's time is still small compared with the
	// rest of a publication: quality 11 takes 60 times as long on a large document.
	brotliQuality = 5
	// A body larger than largeBody is compressed less hard. For a body that compresses
	// badly, as such large ones do, that takes a third of the time for 1% more bytes
	// (BenchmarkEncode).
	largeBody        = 1 << 20
	largeGzipLevel   = 7
	largeBrotliLevel = 3
	encodeChunk      = 128 << 10
	maxPooledScratch = 16 << 20
)

// SumOf returns the SHA-256 of identity bytes, and the prefix of it that a
// Tag contains.
func SumOf(body []byte) (sum [sha256.Size]byte, hash [8]byte) {
	sum = sha256.Sum256(body)
	return sum, [8]byte(sum[:8])
}

// resettable is a reusable compressor: creating one costs far more than
// compressing a document of usual size.
type resettable interface {
	io.WriteCloser
	Reset(w io.Writer)
}

// compressors holds idle compressors, by coding.
var compressors = map[Coding]*sync.Pool{
	Gzip:   gzipPool(gzip.BestCompression),
	Brotli: {New: func() any { return brotli.NewWriterLevel(nil, brotliQuality) }},
	Zstd: {New: func() any {
		w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
		return must[resettable](w, err)
	}},
}

// largeCompressors holds those for bodies larger than largeBody, if they differ.
var largeCompressors = map[Coding]*sync.Pool{
	Gzip:   gzipPool(largeGzipLevel),
	Brotli: {New: func() any { return brotli.NewWriterLevel(nil, largeBrotliLevel) }},
}

func gzipPool(level int) *sync.Pool {
	return &sync.Pool{New: func() any {
		w, err := gzip.NewWriterLevel(nil, level)
		return must[resettable](w, err)
	}}
}

// scratch holds the buffers that compressors write to.
var scratch = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// must returns v, or panics on an error. It is for constructors with constant settings.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Encode compresses identity bytes in every published coding, one after the other. It is
// deterministic: the same input always gives the same bytes.
func Encode(body []byte) ([]Encoded, error) { return EncodeContext(context.Background(), body) }

// EncodeContext is like Encode, but returns ctx's cause when ctx ends.
func EncodeContext(ctx context.Context, body []byte) ([]Encoded, error) {
	var out []Encoded
	for _, c := range Codings() {
		buf, err := compress(ctx, c, body)
		if err != nil {
			return nil, fmt.Errorf("pubstore: %s: %w", c, err)
		}
		out = append(out, Encoded{Coding: c, Digest: sha256.Sum256(buf), Bytes: buf})
	}
	return out, nil
}

func compress(ctx context.Context, c Coding, body []byte) ([]byte, error) {
	pool := compressors[c]
	if large, ok := largeCompressors[c]; ok && len(body) > largeBody {
		pool = large
	}
	w, ok := pool.Get().(resettable)
	if !ok {
		return nil, errors.New("no such compressor")
	}
	defer pool.Put(w)
	buf, ok := scratch.Get().(*bytes.Buffer)
	if !ok {
		return nil, errors.New("no buffer")
	}
	buf.Reset()
	defer func() {
		if buf.Cap() <= maxPooledScratch {
			scratch.Put(buf)
		}
	}()
	w.Reset(buf)
	for len(body) > 0 {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		n := min(encodeChunk, len(body))
		if _, err := w.Write(body[:n]); err != nil {
			return nil, err
		}
		body = body[n:]
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return bytes.Clone(buf.Bytes()), nil
}

// Identity returns the identity bytes of a representation, decompressed from its
// gzip coding.
func (r *Representation) Identity() ([]byte, error) {
	enc := r.Encoding(Gzip)
	if enc == nil {
		return nil, fmt.Errorf("pubstore: %s is not stored in gzip", r.Name)
	}
	zr, err := gzip.NewReader(bytes.NewReader(enc.Bytes))
	if err != nil {
		return nil, fmt.Errorf("pubstore: %s: %w", r.Name, err)
	}
	body := make([]byte, r.Length)
	if _, err := io.ReadFull(zr, body); err != nil {
		return nil, fmt.Errorf("pubstore: %s: %w", r.Name, err)
	}
	if sha256.Sum256(body) != r.Sum {
		return nil, fmt.Errorf("pubstore: %s: its content does not match its tag", r.Name)
	}
	return body, nil
}
