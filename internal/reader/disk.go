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

	"orgmodes/internal/snapshot"
)

// disk keeps what is resident in one file, so that a reader that starts while
// Redis is away has something to serve. It counts for as much as it says it
// does: the file carries the lease that it was written under.
//
//	"orgmodes reader 2\n" │ lease │ documents │ tokens │ SHA-256 of all before
//
// It is written beside, synced and renamed into place, so there is always a
// whole one. disk_format.go has what stands in it.
type disk struct {
	log       *slog.Logger
	dir       string
	every     time.Duration
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

var errForeign = errors.New("it is not a snapshot of this version of the reader")

// run writes the file again and again until ctx is done, and then once more.
// may says whether there is something worth keeping.
func (d *disk) run(ctx context.Context, may func() bool) {
	tick := time.NewTicker(d.every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
		if may() {
			d.write()
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// write replaces the file by what is resident now.
func (d *disk) write() {
	start := d.clock.mono()
	size, err := d.replace()
	result := "written"
	if err != nil {
		result = "failed"
		d.log.Warn("what is in memory could not be written to disk", "error", err.Error())
	} else {
		d.log.Debug("wrote what is in memory to disk", "bytes", size, "took", d.clock.mono()-start)
	}
	d.metrics.snapshots.WithLabelValues(result).Inc()
}

func (d *disk) replace() (size int64, err error) {
	// 0600: documents are for who has a token.
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

// syncDir makes a rename last.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return f.Sync()
}

// load makes resident what the file holds, unless something newer is. It reports
// whether there was a file that could be used; one that can't be is said once,
// and is as if absent.
func (d *disk) load() bool {
	start := d.clock.mono()
	documents, tokens, err := d.restore()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false
	case err != nil:
		d.log.Warn("the snapshot on disk can't be used and is ignored", "file", filepath.Join(d.dir, diskFile), "error", err.Error())
		return false
	}
	asOf := "never"
	if l := d.freshness.lease.Load(); l != nil {
		asOf = l.asOf.Format(time.RFC3339)
	}
	d.log.Info("loaded the snapshot on disk", "documents", documents, "tokens", tokens, "as of", asOf,
		"took", (d.clock.mono() - start).Round(time.Millisecond))
	return true
}

// restore reads the file twice: nothing of it is used before all of it was
// compared with its sum.
func (d *disk) restore() (documents, tokens int, err error) {
	f, err := os.Open(filepath.Join(d.dir, diskFile))
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = f.Close() }()
	length, err := verify(f)
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

// verify compares the file with the sum at its end, and returns the length of
// what stands between the magic and the sum.
func verify(f *os.File) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	length := info.Size() - int64(len(diskMagic)) - sha256.Size
	magic := make([]byte, len(diskMagic))
	if _, err := io.ReadFull(f, magic); err != nil || string(magic) != diskMagic || length < 0 {
		return 0, errForeign
	}
	sum := sha256.New()
	_, _ = sum.Write(magic)
	if _, err := io.CopyN(sum, f, length); err != nil {
		return 0, err
	}
	said := make([]byte, sha256.Size)
	if _, err := io.ReadFull(f, said); err != nil {
		return 0, err
	}
	if string(sum.Sum(nil)) != string(said) {
		return 0, errors.New("it is damaged: its checksum does not match")
	}
	return length, nil
}

// settle makes what was read resident, unless something newer is.
func settle[K comparable, V published[V]](s *shelf[K, V], k K, v V) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.memory.peek(k); !ok {
		s.memory.set(k, v)
	}
}

// prepareStored is prepare for a document of the file, whose sum covers what
// prepare would compare.
func prepareStored(doc *snapshot.Document) (*document, error) {
	for i := range doc.Representations {
		if doc.Representations[i].In(snapshot.Gzip) == nil {
			return nil, fmt.Errorf("%s of %s is not there in gzip", doc.Representations[i].Name, doc.Organization)
		}
	}
	return assemble(doc, 0), nil
}
