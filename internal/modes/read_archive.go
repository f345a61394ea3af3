package modes

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strings"
	"unicode/utf8"

	"orgmodes/internal/fault"
)

const (
	// maxRatio and freeRatioBytes tell a bomb from text: files of modes don't
	// shrink to a hundredth, unless they are small.
	maxRatio       = 100
	freeRatioBytes = 1 << 20
)

// directoryMark begins each entry of a zip file's directory.
var directoryMark = []byte("PK\x01\x02")

// ReadArchive reads the modes files of a zip file, as ReadFiles reads those of
// a folder. An archive that is made to do harm (paths that lead out of it,
// links, far more than it seems to hold) is refused as a whole, before anything
// is unpacked; the error is a *fault.Error.
func ReadArchive(data []byte) (Folder, error) {
	if err := checkUpload(data); err != nil {
		return Folder{}, err
	}
	// The reader builds its whole list before we can look at it.
	if marks := bytes.Count(data, directoryMark); marks > 10*MaxFiles {
		return Folder{}, checkFileCount(marks)
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return Folder{}, fault.New(fault.Malformed, "malformed_archive", "This is not a zip file, or a damaged one.").Because(err)
	}
	if err := checkFileCount(len(archive.File)); err != nil {
		return Folder{}, err
	}
	if err := checkEntries(archive.File); err != nil {
		return Folder{}, err
	}
	var files []NamedFile
	left := MaxFilesBytes
	for _, f := range archive.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		named := NamedFile{Name: f.Name}
		if notToRead(f.Name) == "" {
			if named.Data, err = unpack(f, left); err != nil {
				return Folder{}, err
			}
			left -= len(named.Data)
		}
		files = append(files, named)
	}
	return ReadFiles(files)
}

func unsafeArchive(name, detail string) error {
	return fault.New(fault.Invalid, "unsafe_archive", "This archive is not safe to open; nothing was read.").
		With(fault.Field{Detail: "the entry " + shortened(name, 100) + " " + detail})
}

// checkEntries judges what the archive says of itself.
func checkEntries(files []*zip.File) error {
	var total uint64
	seen := map[string]bool{}
	for _, f := range files {
		if detail := unsafeName(f.Name); detail != "" {
			return unsafeArchive(strings.ToValidUTF8(f.Name, "\uFFFD"), detail)
		}
		mode := f.Mode()
		switch {
		case seen[f.Name]:
			return unsafeArchive(f.Name, "is there twice")
		case mode&fs.ModeSymlink != 0:
			return unsafeArchive(f.Name, "is a link; put the file itself there")
		case mode&fs.ModeType != 0 && !mode.IsDir():
			return unsafeArchive(f.Name, "is no ordinary file")
		case f.UncompressedSize64 > freeRatioBytes && f.UncompressedSize64/maxRatio > f.CompressedSize64:
			return unsafeArchive(f.Name, "would grow to more than a hundred times its size")
		case notToRead(f.Name) != "":
			continue
		case f.Flags&1 != 0:
			return fault.New(fault.Invalid, "encrypted_archive", "This archive is encrypted; pack it without a password.").
				With(fault.Field{Detail: "the entry " + shortened(f.Name, 100) + " is encrypted"})
		}
		seen[f.Name] = true
		// Beyond the limit the sum no longer matters, and can't overflow.
		if total += min(f.UncompressedSize64, MaxFilesBytes+1); total > MaxFilesBytes {
			return filesTooLarge(int(min(total, 1<<40)))
		}
	}
	return nil
}

// unsafeName says why a path must not be followed. Ours are never written to a
// disk; who exports them again would be the one to be harmed.
func unsafeName(name string) string {
	switch {
	case !utf8.ValidString(name):
		return "has a name that is not UTF-8"
	case name == "" || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7F }):
		return "has a name with control characters, or none"
	case strings.Contains(name, `\`):
		return `has a backslash in its name; paths in archives have slashes`
	case strings.HasPrefix(name, "/") || len(name) > 1 && name[1] == ':':
		return "has an absolute path"
	}
	for step := range strings.SplitSeq(name, "/") {
		if step == ".." {
			return "leads out of the archive"
		}
	}
	return ""
}

// unpack reads one file, no more than is left, whatever its header says.
func unpack(f *zip.File, left int) ([]byte, error) {
	damaged := func(err error) error {
		return fault.New(fault.Malformed, "malformed_archive", "This archive is damaged.").
			With(fault.Field{Detail: "the entry " + shortened(f.Name, 100) + " can't be unpacked"}).Because(err)
	}
	r, err := f.Open()
	if err != nil {
		return nil, damaged(err)
	}
	defer func() { _ = r.Close() }()
	declared := min(int64(left), int64(f.UncompressedSize64))
	data, err := io.ReadAll(io.LimitReader(r, declared+1))
	if err != nil || int64(len(data)) > declared {
		return nil, damaged(err)
	}
	return data, nil
}
