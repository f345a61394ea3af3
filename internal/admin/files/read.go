package files

import (
	"bytes"
	"context"

	"orgmodes/internal/modes"
	"orgmodes/internal/upload"
)

// Read reads what was brought: one file of modes, the files of a folder, or a
// zip file of them. The error is a *fault.Error where all of it can't be used; a
// single file that can't be used is that too.
func Read(ctx context.Context, brought []upload.File) (modes.Folder, error) {
	if len(brought) != 1 {
		return modes.ReadFiles(ctx, brought)
	}
	only := brought[0]
	if IsArchive(only.Data) {
		return modes.ReadArchive(ctx, only.Data)
	}
	f, err := modes.ReadFile(ctx, only.Data)
	if err != nil {
		return modes.Folder{}, err
	}
	return modes.Folder{File: f, Files: []modes.FileResult{{Name: only.Name, File: f}}}, nil
}

// IsArchive reports whether data is a zip file, by its first bytes: names and
// media types are often wrong.
func IsArchive(data []byte) bool {
	return bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("PK\x05\x06"))
}
