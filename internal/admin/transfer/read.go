package transfer

import (
	"bytes"
	"context"
	"path"
	"strings"

	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/templates"
	"orgmodes/internal/upload"
)

// ReadModes reads the uploaded files: one file of modes, the files of a folder, or a zip
// file of them. The error is a *fault.Error if the files as a whole, or a single file,
// can't be used; or it is that of ctx.
func ReadModes(ctx context.Context, files []upload.File) (modes.Folder, error) {
	_, folder, err := readModes(ctx, files)
	return folder, err
}

// readModes is ReadModes, and also returns the files that were read. A zip file is unpacked.
func readModes(ctx context.Context, files []upload.File) ([]upload.File, modes.Folder, error) {
	switch {
	case len(files) == 1 && IsArchive(files[0].Data):
		unpacked, err := modes.Unpack(files[0].Data)
		if err != nil {
			return nil, modes.Folder{}, err
		}
		files = unpacked
	case len(files) == 1:
		f, err := modes.ReadFile(ctx, files[0].Data)
		if err != nil {
			return nil, modes.Folder{}, err
		}
		return files, modes.Folder{File: f, Files: []modes.FileResult{{Name: files[0].Name, File: f}}}, nil
	}
	folder, err := modes.ReadFiles(ctx, files)
	return files, folder, err
}

// IsArchive reports whether data is a zip file, by its first bytes: names and media
// types are often wrong.
func IsArchive(data []byte) bool {
	return bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("PK\x05\x06"))
}

// ReadTemplates reads the uploaded files: files of permission templates, or a zip file
// of them. The error is a *fault.Error if the files as a whole can't be used, or that
// of ctx.
func ReadTemplates(ctx context.Context, files []upload.File, tools templates.Tools) (templates.Files, error) {
	if len(files) != 1 {
		return templates.ReadFiles(ctx, files, tools)
	}
	switch only := files[0]; {
	case IsArchive(only.Data):
		return templates.ReadArchive(ctx, only.Data, tools)
	case len(only.Data) > upload.MaxUploadBytes:
		return templates.Files{}, fault.New(fault.TooLarge, "upload_too_large",
			"This is %d bytes; one upload can have at most %d MiB. Split it into several files.", len(only.Data), upload.MaxUploadBytes>>20)
	case !strings.EqualFold(path.Ext(only.Name), ".json"):
		return templates.ReadFile(ctx, only.Data, tools) // a single file is judged by its content, whatever its name
	default:
		return templates.ReadFiles(ctx, files, tools)
	}
}
