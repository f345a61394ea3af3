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

// Read reads the uploaded files: one file of modes, the files of a folder, or a zip
// file of them. The error is a *fault.Error if the files as a whole, or a single file,
// can't be used; or it is that of ctx.
func Read(ctx context.Context, brought []upload.File) (modes.Folder, error) {
	_, folder, err := read(ctx, brought)
	return folder, err
}

// read is Read, and also returns the files that were read. A zip file is unpacked.
func read(ctx context.Context, brought []upload.File) ([]upload.File, modes.Folder, error) {
	switch {
	case len(brought) == 1 && IsArchive(brought[0].Data):
		unpacked, err := modes.Unpack(brought[0].Data)
		if err != nil {
			return nil, modes.Folder{}, err
		}
		brought = unpacked
	case len(brought) == 1:
		f, err := modes.ReadFile(ctx, brought[0].Data)
		if err != nil {
			return nil, modes.Folder{}, err
		}
		return brought, modes.Folder{File: f, Files: []modes.FileResult{{Name: brought[0].Name, File: f}}}, nil
	}
	folder, err := modes.ReadFiles(ctx, brought)
	return brought, folder, err
}

// IsArchive reports whether data is a zip file, by its first bytes: names and media
// types are often wrong.
func IsArchive(data []byte) bool {
	return bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("PK\x05\x06"))
}

// ReadTemplates reads the uploaded files: files of permission templates, or a zip file
// of them. The error is a *fault.Error if the files as a whole can't be used, or that
// of ctx.
func ReadTemplates(ctx context.Context, brought []upload.File, tools templates.Tools) (templates.Files, error) {
	if len(brought) != 1 {
		return templates.Read(ctx, brought, tools)
	}
	switch only := brought[0]; {
	case IsArchive(only.Data):
		return templates.ReadArchive(ctx, only.Data, tools)
	case len(only.Data) > upload.MaxUploadBytes:
		return templates.Files{}, fault.New(fault.TooLarge, "upload_too_large",
			"This is %d bytes; one upload can have at most %d MiB. Split it into several files.", len(only.Data), upload.MaxUploadBytes>>20)
	case !strings.EqualFold(path.Ext(only.Name), ".json"):
		return templates.ReadFile(ctx, only.Data, tools) // a single file is judged by its content, whatever its name
	default:
		return templates.Read(ctx, brought, tools)
	}
}
