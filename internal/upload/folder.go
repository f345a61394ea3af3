package upload

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"orgmodes/internal/fault"
	"orgmodes/internal/wording"
)

const (
	// MaxUploadBytes bounds what one request may bring, and one file.
	MaxUploadBytes = 10 << 20
	// MaxFiles bounds the files of a folder or an archive, whatever they are.
	MaxFiles = 2000
	// MaxBytes bounds what those of them that are read hold together.
	MaxBytes = 16 << 20
)

// File is a file of a folder.
type File struct {
	// Name is its path within the folder, with slashes.
	Name string
	Data []byte
}

// Kind is what kind of files one looks for in a folder.
type Kind struct {
	// Things are what files of this kind hold, for messages: "modes".
	Things string
	// NotToRead says why a file of this name is not read; empty where it is.
	NotToRead func(name string) string
}

// Sorted returns the files by name, in a list of its own, or a *fault.Error
// (TooLarge) where all together are too much. A file that is too large for itself
// doesn't count: it is refused unread, see CheckUpload.
func (k Kind) Sorted(files []File) ([]File, error) {
	if err := k.checkCount(len(files)); err != nil {
		return nil, err
	}
	total := 0
	for _, f := range files {
		if k.NotToRead(f.Name) == "" && len(f.Data) <= MaxUploadBytes {
			total += len(f.Data)
		}
	}
	if total > MaxBytes {
		return nil, tooLarge(total)
	}
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	return files, nil
}

// IsOfMacOS reports a name under which macOS keeps something about another file.
func IsOfMacOS(name string) bool {
	return strings.HasPrefix(name, "__MACOSX/") || strings.HasPrefix(path.Base(name), "._")
}

// CheckUpload returns a *fault.Error (TooLarge) for more than one file may have.
func CheckUpload(data []byte) error {
	if len(data) <= MaxUploadBytes {
		return nil
	}
	size := wording.Bytes(len(data))
	if len(data) == MaxUploadBytes+1 { // nobody reads on to learn how much more there is
		size = "more than " + wording.Bytes(MaxUploadBytes)
	}
	return fault.New(fault.TooLarge, "upload_too_large",
		"This is %s; one upload can have at most %s. Split it into several files.", size, wording.Bytes(MaxUploadBytes))
}

func (k Kind) checkCount(count int) error {
	if count <= MaxFiles {
		return nil
	}
	return fault.New(fault.TooLarge, "too_many_files",
		"These are %d files; at most %d are read at once. Leave out what holds no %s.", count, MaxFiles, k.Things)
}

func tooLarge(total int) error {
	return fault.New(fault.TooLarge, "files_too_large",
		"These files hold %s together; at most %s are read at once. Take fewer.", wording.Bytes(total), wording.Bytes(MaxBytes))
}
