package upload

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"orgmodes/internal/fault"
	"orgmodes/internal/humanize"
)

const (
	// MaxUploadBytes bounds the size of one upload, and of one file.
	MaxUploadBytes = 10 << 20
	// MaxFiles bounds the number of files in a folder or an archive, of whatever type.
	MaxFiles = 2000
	// MaxTotalBytes bounds the total size of the files that are read.
	MaxTotalBytes = 16 << 20
)

// File is a file in a folder or an archive.
type File struct {
	// Name is the path within the folder, with forward slashes.
	Name string
	Data []byte
}

// Kind describes which files of a folder are read.
type Kind struct {
	// Noun names the contents of such files, for messages: "modes".
	Noun string
	// SkipReason returns why a file with this name is not read, or "" if it is.
	SkipReason func(name string) string
}

// Sorted returns a copy of files sorted by name. It returns a *fault.Error (TooLarge) if
// there are too many files, or if those to read exceed MaxTotalBytes together. A file that is
// too large by itself does not count: it is rejected unread, see CheckSize.
func (k Kind) Sorted(files []File) ([]File, error) {
	if err := k.checkCount(len(files)); err != nil {
		return nil, err
	}
	total := 0
	for _, f := range files {
		if k.SkipReason(f.Name) == "" && len(f.Data) <= MaxUploadBytes {
			total += len(f.Data)
		}
	}
	if total > MaxTotalBytes {
		return nil, tooLargeError(total)
	}
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	return files, nil
}

// IsAppleDouble reports whether macOS stores metadata of another file under the name.
func IsAppleDouble(name string) bool {
	return strings.HasPrefix(name, "__MACOSX/") || strings.HasPrefix(path.Base(name), "._")
}

// CheckSize returns a *fault.Error (TooLarge) if data exceeds MaxUploadBytes.
func CheckSize(data []byte) error {
	if len(data) <= MaxUploadBytes {
		return nil
	}
	size := humanize.Bytes(len(data))
	if len(data) == MaxUploadBytes+1 { // readers stop at this size, so the actual size is unknown
		size = "more than " + humanize.Bytes(MaxUploadBytes)
	}
	return fault.New(fault.TooLarge, "upload_too_large",
		"This is %s; one upload can have at most %s. Split it into several files.", size, humanize.Bytes(MaxUploadBytes))
}

func (k Kind) checkCount(count int) error {
	if count <= MaxFiles {
		return nil
	}
	return fault.New(fault.TooLarge, "too_many_files",
		"These are %d files; at most %d are read at once. Leave out files without %s.", count, MaxFiles, k.Noun)
}

func tooLargeError(total int) error {
	return fault.New(fault.TooLarge, "files_too_large",
		"These files hold %s together; at most %s are read at once. Take fewer.", humanize.Bytes(total), humanize.Bytes(MaxTotalBytes))
}
