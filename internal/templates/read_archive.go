package templates

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strings"
	"unicode/utf8"

	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
)

const (
	// maxRatio and freeRatioBytes tell a bomb from text: files of templates don't
	// shrink to a hundredth, unless they are small.
	maxRatio       = 100
	freeRatioBytes = 1 << 20
)

// ReadArchive reads the templates of a zip file as Read reads those of a folder.
// An archive that is made to do harm (paths that lead out of it, links, far more
// than it seems to hold) is refused as a whole, before anything is unpacked; the
// error is a *fault.Error.
func ReadArchive(data []byte, tools Tools) (Files, error) {
	if len(data) > modes.MaxUploadBytes {
		return Files{}, fault.New(fault.TooLarge, "upload_too_large",
			"This is %s; one upload can have at most %s.", inWords(len(data)), inWords(modes.MaxUploadBytes))
	}
	// The reader builds its whole list before we can look at it.
	if marks := bytes.Count(data, []byte("PK\x01\x02")); marks > 10*modes.MaxFiles {
		return Files{}, tooManyFiles(marks)
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return Files{}, fault.New(fault.Malformed, "malformed_archive", "This is not a zip file, or a damaged one.").Because(err)
	}
	if err := checkArchive(archive.File); err != nil {
		return Files{}, err
	}
	var files []modes.NamedFile
	left := int64(modes.MaxFilesBytes)
	for _, f := range archive.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		named := modes.NamedFile{Name: f.Name}
		if notToRead(f.Name) == "" {
			if named.Data, err = unpack(f, left); err != nil {
				return Files{}, err
			}
			left -= int64(len(named.Data))
		}
		files = append(files, named)
	}
	return Read(files, tools)
}

func tooManyFiles(count int) error {
	return fault.New(fault.TooLarge, "too_many_files",
		"These are %d files; at most %d are read at once. Leave out what holds no templates.", count, modes.MaxFiles)
}

// checkArchive judges what an archive says of itself.
func checkArchive(files []*zip.File) error {
	if len(files) > modes.MaxFiles {
		return tooManyFiles(len(files))
	}
	var total uint64
	seen := map[string]bool{}
	for _, f := range files {
		if detail := unsafeEntry(f, seen[f.Name]); detail != "" {
			return fault.New(fault.Invalid, "unsafe_archive", "This archive is not safe to open; nothing was read.").
				With(fault.Field{Detail: "the entry " + quoted(strings.ToValidUTF8(f.Name, "\uFFFD")) + " " + detail})
		}
		seen[f.Name] = true
		if notToRead(f.Name) != "" {
			continue
		}
		if f.Flags&1 != 0 {
			return fault.New(fault.Invalid, "encrypted_archive", "This archive is encrypted; pack it without a password.")
		}
		// Beyond the limit the sum no longer matters, and can't overflow.
		if total += min(f.UncompressedSize64, modes.MaxFilesBytes+1); total > modes.MaxFilesBytes {
			return fault.New(fault.TooLarge, "files_too_large",
				"These files hold more than %s together. Take fewer.", inWords(modes.MaxFilesBytes))
		}
	}
	return nil
}

// unsafeEntry says why an entry must not be opened. Ours are never written to a
// disk; who exports them again would be the one to be harmed.
func unsafeEntry(f *zip.File, twice bool) string {
	name, mode := f.Name, f.Mode()
	switch {
	case !utf8.ValidString(name):
		return "has a name that is not UTF-8"
	case name == "" || strings.ContainsFunc(name, isControl):
		return "has a name with control characters, or none"
	case strings.Contains(name, `\`):
		return "has a backslash in its name; paths in archives have slashes"
	case strings.HasPrefix(name, "/") || len(name) > 1 && name[1] == ':':
		return "has an absolute path"
	case strings.Contains("/"+name+"/", "/../"):
		return "leads out of the archive"
	case twice:
		return "is there twice"
	case mode&fs.ModeSymlink != 0:
		return "is a link; put the file itself there"
	case mode&fs.ModeType != 0 && !mode.IsDir():
		return "is no ordinary file"
	case f.UncompressedSize64 > freeRatioBytes && f.UncompressedSize64/maxRatio > f.CompressedSize64:
		return "would grow to more than a hundred times its size"
	default:
		return ""
	}
}

// unpack reads one file, no more than is left, whatever its header says.
func unpack(f *zip.File, left int64) ([]byte, error) {
	damaged := func(err error) error {
		return fault.New(fault.Malformed, "malformed_archive", "This archive is damaged.").
			With(fault.Field{Detail: "the entry " + quoted(f.Name) + " can't be unpacked"}).Because(err)
	}
	r, err := f.Open()
	if err != nil {
		return nil, damaged(err)
	}
	defer func() { _ = r.Close() }()
	declared := min(left, int64(f.UncompressedSize64)) //nolint:gosec // checkArchive bounds the size
	data, err := io.ReadAll(io.LimitReader(r, declared+1))
	if err != nil || int64(len(data)) > declared {
		return nil, damaged(err)
	}
	return data, nil
}
