package upload

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"orgmodes/internal/fault"
	"orgmodes/internal/humanize"
)

const (
	// maxRatio and ratioExemptBytes detect zip bombs. Files larger than ratioExemptBytes are
	// not expected to compress by more than a factor of maxRatio.
	maxRatio         = 100
	ratioExemptBytes = 1 << 20
)

// directorySignature is the signature of an entry in the central directory of a zip file.
var directorySignature = []byte("PK\x01\x02")

// Unpack returns the files of a zip file, in archive order. Files that SkipReason excludes
// have no data. An unsafe archive is rejected as a whole before anything is unpacked:
// because of paths that lead out of it, links, or a suspicious compression ratio. Errors
// are of type *fault.Error.
func (k Kind) Unpack(data []byte) ([]File, error) {
	if err := CheckSize(data); err != nil {
		return nil, err
	}
	// zip.NewReader builds the whole list of entries before their number can be checked.
	if signatures := bytes.Count(data, directorySignature); signatures > 10*MaxFiles {
		return nil, k.checkCount(signatures)
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, fault.New(fault.Malformed, "malformed_archive", "This is not a zip file, or a damaged one.").WithCause(err)
	}
	if err := k.checkEntries(archive.File, len(data)); err != nil {
		return nil, err
	}
	var files []File
	left := int64(MaxTotalBytes)
	for _, entry := range archive.File {
		if strings.HasSuffix(entry.Name, "/") {
			continue
		}
		f := File{Name: entry.Name}
		if k.SkipReason(f.Name) == "" {
			if f.Data, err = unpack(entry, left); err != nil {
				return nil, err
			}
			left -= int64(len(f.Data))
		}
		files = append(files, f)
	}
	return files, nil
}

// checkEntries checks the archive's headers.
func (k Kind) checkEntries(entries []*zip.File, size int) error {
	if err := k.checkCount(len(entries)); err != nil {
		return err
	}
	var total uint64
	var read []*zip.File
	seen := map[string]bool{}
	for _, e := range entries {
		if detail := unsafeReason(e, seen[e.Name]); detail != "" {
			return unsafeArchive(entryProblem(e, detail))
		}
		if k.SkipReason(e.Name) != "" {
			continue
		}
		if e.Flags&1 != 0 {
			return fault.New(fault.Invalid, "encrypted_archive", "This archive is encrypted; pack it without a password.").
				With(entryProblem(e, "is encrypted"))
		}
		seen[e.Name] = true
		// Sizes are capped just above the limit, so the sum cannot overflow.
		if total += min(e.UncompressedSize64, MaxTotalBytes+1); total > MaxTotalBytes {
			return tooLargeError(int(total))
		}
		read = append(read, e)
	}
	if total > ratioExemptBytes && total/maxRatio > uint64(size) {
		return unsafeArchive(fault.Field{Detail: "its files would grow to more than a hundred times the archive's size"})
	}
	return checkOverlaps(read)
}

// checkOverlaps rejects entries that share bytes of the archive. Otherwise one kilobyte
// could be unpacked thousands of times.
func checkOverlaps(entries []*zip.File) error {
	type span struct {
		entry      *zip.File
		start, end int64
	}
	spans := make([]span, 0, len(entries))
	for _, e := range entries {
		start, err := e.DataOffset()
		if err != nil {
			return damagedArchive(e, err)
		}
		spans = append(spans, span{e, start, start + int64(e.CompressedSize64)}) // archive/zip has checked the size
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	for i := 1; i < len(spans); i++ {
		if spans[i].start < spans[i-1].end {
			return unsafeArchive(entryProblem(spans[i].entry, "overlaps with another entry"))
		}
	}
	return nil
}

func unsafeArchive(problem fault.Field) error {
	return fault.New(fault.Invalid, "unsafe_archive", "This archive is not safe to open; nothing was read.").With(problem)
}

func damagedArchive(e *zip.File, err error) error {
	return fault.New(fault.Malformed, "malformed_archive", "This archive is damaged.").
		With(entryProblem(e, "can't be unpacked")).WithCause(err)
}

func entryProblem(e *zip.File, detail string) fault.Field {
	return fault.Field{Detail: "the entry " + humanize.Truncate(strings.ToValidUTF8(e.Name, "\uFFFD"), 100) + " " + detail}
}

// unsafeReason returns why an entry must not be opened, or "" if it is safe. Unpacked files
// are never written to disk here, but a later export could harm the one who extracts it.
func unsafeReason(e *zip.File, twice bool) string {
	name, mode := e.Name, e.Mode()
	switch {
	case !utf8.ValidString(name):
		return "has a name that is not UTF-8"
	case name == "" || strings.ContainsFunc(name, humanize.IsControl):
		return "has a name with control characters, or none"
	case strings.Contains(name, `\`):
		return "has a backslash in its name; paths in archives have slashes"
	case strings.HasPrefix(name, "/") || len(name) > 1 && name[1] == ':':
		return "has an absolute path"
	case strings.Contains("/"+name+"/", "/../"):
		return "leads out of the archive"
	case twice:
		return "appears twice"
	case mode&fs.ModeSymlink != 0:
		return "is a link; replace it with the file"
	case mode&fs.ModeType != 0 && !mode.IsDir():
		return "is not a regular file"
	case e.UncompressedSize64 > ratioExemptBytes && e.UncompressedSize64/maxRatio > e.CompressedSize64:
		return "would grow to more than a hundred times its size"
	default:
		return ""
	}
}

// unpack reads one entry. It reads at most left bytes, and fails if the data exceeds the
// size declared in the header.
func unpack(e *zip.File, left int64) ([]byte, error) {
	r, err := e.Open()
	if err != nil {
		return nil, damagedArchive(e, err)
	}
	defer func() { _ = r.Close() }()
	declared := min(left, int64(e.UncompressedSize64))
	data, err := io.ReadAll(io.LimitReader(r, declared+1))
	if err != nil || int64(len(data)) > declared {
		return nil, damagedArchive(e, err)
	}
	return data, nil
}

// Pack returns a zip file of files. Equal files give equal archives, as all entries have
// the same modification time.
func Pack(files []File) ([]byte, error) {
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	for _, file := range files {
		w, err := archive.CreateHeader(&zip.FileHeader{
			Name: file.Name, Method: zip.Deflate,
			Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC), // the earliest time that zip can represent
		})
		if err != nil {
			return nil, fmt.Errorf("zip: %w", err)
		}
		if _, err := w.Write(file.Data); err != nil {
			return nil, fmt.Errorf("zip: %w", err)
		}
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("zip: %w", err)
	}
	return b.Bytes(), nil
}
