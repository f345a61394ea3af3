package reader

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"orgmodes/internal/pubstore"
)

// disk stores the resident values in one file, so that a reader that starts while
// Redis is unavailable has something to serve. The file contains the lease under which
// it was written, so its contents count as exactly as fresh as they are.
//
//	"orgmodes reader 2\n" │ lease │ documents │ tokens │ SHA-256 of everything before
//
// A new file is written next to the old one, synced and renamed into place, so there is
// always a complete one. disk_format.go defines the contents.
type disk struct {
	log       *slog.Logger
	dir       string
	interval  time.Duration
	documents *documents
	tokens    *tokens
	freshness *freshness
	clock     Clock
	metrics   *metrics
}

const (
	diskFile  = "reader.snapshot"
	diskMagic = "orgmodes reader 2\n"
)

var errIncompatible = errors.New("it is not a snapshot of this version of the reader")

// run writes the file periodically until ctx is done, and then once more. It skips a write
// if shouldWrite returns false.
func (d *disk) run(ctx context.Context, shouldWrite func() bool) {
	tick := time.NewTicker(d.interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
		if shouldWrite() {
			d.save()
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// save replaces the file with the resident values.
func (d *disk) save() {
	start := d.clock.mono()
	size, err := d.writeFile()
	result := "written"
	if err != nil {
		result = "failed"
		d.log.Warn("writing snapshot to disk failed", "error", err.Error())
	} else {
		d.log.Debug("wrote snapshot to disk", "bytes", size, "took", d.clock.mono()-start)
	}
	d.metrics.snapshots.WithLabelValues(result).Inc()
}

func (d *disk) writeFile() (size int64, err error) {
	// 0600: documents are only for callers with a token.
	name := filepath.Join(d.dir, diskFile)
	f, err := os.OpenFile(name+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	sum := sha256.New()
	buffered := bufio.NewWriterSize(f, 1<<20)
	w := &diskWriter{w: io.MultiWriter(buffered, sum)}
	w.raw([]byte(diskMagic))
	d.encode(w)
	if w.err != nil {
		return 0, w.err
	}
	if _, err := buffered.Write(sum.Sum(nil)); err != nil {
		return 0, err
	}
	if err := buffered.Flush(); err != nil {
		return 0, err
	}
	if err := f.Sync(); err != nil {
		return 0, err
	}
	if err := f.Close(); err != nil {
		return 0, err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return 0, err
	}
	return w.n + sha256.Size, syncDir(d.dir)
}

// syncDir makes a rename durable.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return f.Sync()
}

// load restores the contents of the file, except for keys that are already resident. It
// reports whether there was a usable file. An unusable one is logged, and otherwise
// treated as absent.
func (d *disk) load() bool {
	start := d.clock.mono()
	documents, tokens, err := d.restore()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false
	case err != nil:
		d.log.Warn("ignoring unusable snapshot on disk", "file", filepath.Join(d.dir, diskFile), "error", err.Error())
		return false
	}
	asOf := "never"
	if l := d.freshness.lease.Load(); l != nil {
		asOf = l.asOf.Format(time.RFC3339)
	}
	d.log.Info("loaded snapshot from disk", "documents", documents, "tokens", tokens, "as of", asOf,
		"took", (d.clock.mono() - start).Round(time.Millisecond))
	return true
}

// restore reads the file twice: nothing of it is used before all of it has been
// verified against its checksum.
func (d *disk) restore() (documents, tokens int, err error) {
	f, err := os.Open(filepath.Join(d.dir, diskFile))
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = f.Close() }()
	length, err := verifyFile(f)
	if err != nil {
		return 0, 0, err
	}
	if _, err := f.Seek(int64(len(diskMagic)), io.SeekStart); err != nil {
		return 0, 0, err
	}
	r := &diskReader{r: bufio.NewReaderSize(io.LimitReader(f, length), 1<<20)}
	documents, tokens = d.decode(r)
	return documents, tokens, r.err
}

// verifyFile compares the file with the checksum at its end. It returns the length of
// the contents between the magic and the checksum.
func verifyFile(f *os.File) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	length := info.Size() - int64(len(diskMagic)) - sha256.Size
	magic := make([]byte, len(diskMagic))
	if _, err := io.ReadFull(f, magic); err != nil || string(magic) != diskMagic || length < 0 {
		return 0, errIncompatible
	}
	sum := sha256.New()
	_, _ = sum.Write(magic)
	if _, err := io.CopyN(sum, f, length); err != nil {
		return 0, err
	}
	want := make([]byte, sha256.Size)
	if _, err := io.ReadFull(f, want); err != nil {
		return 0, err
	}
	if string(sum.Sum(nil)) != string(want) {
		return 0, errors.New("it is damaged: its checksum does not match")
	}
	return length, nil
}

// storeIfAbsent stores a value that was read from disk, unless the key is already resident.
func storeIfAbsent[K comparable, V cacheable[V]](s *cache[K, V], k K, v V) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.backend.peek(k); !ok {
		s.backend.set(k, v)
	}
}

// prepareStored is prepareDocument for a document from the file. The file's checksum covers
// the bytes that prepareDocument would verify.
func prepareStored(doc *pubstore.Document) (*document, error) {
	for i := range doc.Representations {
		if doc.Representations[i].Encoding(pubstore.Gzip) == nil {
			return nil, fmt.Errorf("%s of %s is not stored in gzip", doc.Representations[i].Name, doc.Organization)
		}
	}
	return newDocument(doc, 0), nil
}
