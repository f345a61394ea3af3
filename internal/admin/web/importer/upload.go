package importer

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"path"
	"strings"
	"unicode/utf8"

	"orgmodes/internal/admin/files"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/fault"
	"orgmodes/internal/upload"
)

// What was brought has to be there twice: for the plan, and when it is applied.
// It travels in a hidden field of the plan in between, compressed: so it survives
// the end of a session (kept.go), a restart and another process, and nothing has
// to be cleaned up.
//
//	files, a folder, a zip, text ──> plan, with everything in _pack ──> done
//	                                  ^  choices, 412, mistakes  │
//	                                  └──────────────────────────┘

// maxPack bounds what travels, compressed: with the sign-in form around it, should
// the session end, it has to fit into one request.
const maxPack = 5 << 20

// pasted is the name of what was pasted.
const pasted = "pasted.yaml"

// readBrought reads what a form brings: files, what was pasted, or the pack of an
// earlier plan.
func readBrought(v *shell.Visit, f shell.Form) ([]upload.File, error) {
	if pack := f.Fields.Get("_pack"); pack != "" {
		return unpackBrought(pack)
	}
	var brought []upload.File
	if parts, err := v.MultipartForm(); err == nil {
		for _, name := range []string{"file", "folder"} {
			for _, h := range parts.File[name] {
				data, err := readPart(h)
				if err != nil {
					return nil, err
				}
				brought = append(brought, upload.File{Name: partName(h), Data: data})
			}
		}
	}
	if text := f.Get("paste"); strings.TrimSpace(text) != "" {
		name := pasted
		if len(brought) > 0 && strings.ContainsRune("{[", rune(strings.TrimSpace(text)[0])) {
			name = "pasted.json"
		}
		brought = append(brought, upload.File{Name: name, Data: []byte(text)})
	}
	if len(brought) == 0 {
		return nil, fault.New(fault.Invalid, "nothing_brought", "Choose a file, a folder or a zip file, or paste the text of one")
	}
	return brought, nil
}

func readPart(h *multipart.FileHeader) ([]byte, error) {
	part, err := h.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = part.Close() }()
	data := make([]byte, h.Size) // bounded by the body; io.ReadAll would allocate five times as much
	_, err = io.ReadFull(part, data)
	return data, err
}

// partName is the name that the browser gave a file, with the folders that it was
// in: FileHeader.Filename is without.
func partName(h *multipart.FileHeader) string {
	_, params, err := mime.ParseMediaType(h.Header.Get("Content-Disposition"))
	name := strings.ReplaceAll(params["filename"], `\`, "/")
	if err != nil || name == "" || !utf8.ValidString(name) {
		return h.Filename
	}
	return strings.TrimPrefix(path.Clean("/"+name), "/")
}

// packBrought is what was brought as a text for a hidden field.
func packBrought(brought []upload.File) (string, error) {
	// The best compression takes ten times as long as this for a text of many short
	// words: a second for a quarter of a megabyte.
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	archive := tar.NewWriter(z)
	for _, f := range brought {
		if err := archive.WriteHeader(&tar.Header{Name: f.Name, Size: int64(len(f.Data)), Mode: 0o600, Format: tar.FormatPAX}); err != nil {
			return "", err
		}
		if _, err := archive.Write(f.Data); err != nil {
			return "", err
		}
	}
	if err := errors.Join(archive.Close(), z.Close()); err != nil {
		return "", err
	}
	if b.Len() > maxPack {
		return "", fault.New(fault.TooLarge, "upload_too_large",
			"This is too much to be looked at first: %s compressed, and at most %s can be. Import it in parts", shell.BytesInWords(b.Len()), shell.BytesInWords(maxPack))
	}
	return base64.RawURLEncoding.EncodeToString(b.Bytes()), nil
}

// maxUnpacked bounds what a pack may hold: one made by hand holds no more than an
// upload could.
const maxUnpacked = upload.MaxBytes + upload.MaxUploadBytes

func unpackBrought(pack string) ([]upload.File, error) {
	data, err := base64.RawURLEncoding.DecodeString(pack)
	if err != nil {
		return nil, shell.Unreadable(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, shell.Unreadable(err)
	}
	archive := tar.NewReader(io.LimitReader(z, maxUnpacked))
	var brought []upload.File
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) && len(brought) > 0 {
			return brought, nil
		}
		if err != nil || len(brought) > upload.MaxFiles {
			return nil, shell.Unreadable(err)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			return nil, shell.Unreadable(err)
		}
		brought = append(brought, upload.File{Name: h.Name, Data: content})
	}
}

// sources are the texts of what was brought, by the name that a plan has for
// them: "" where it was one file.
type sources map[string]string

// textOf is that of a single file which is no archive.
func textOf(brought []upload.File) sources {
	if len(brought) != 1 || files.IsArchive(brought[0].Data) {
		return sources{}
	}
	text := string(brought[0].Data)
	return sources{"": text, brought[0].Name: text}
}

// sourcesOf are those of the files of a folder that are named.
func sourcesOf(folder []upload.File, named map[string]bool) sources {
	s := sources{}
	for _, f := range folder {
		if named[f.Name] {
			s[f.Name] = string(f.Data)
		}
	}
	return s
}

// excerpt is where something stands in a text.
type excerpt struct {
	File         string
	Line, Column int
	Lines        []excerptLine
}

// excerptLine is a line of a text; that of the place itself is split there.
type excerptLine struct {
	Number     int
	Text, Mark string
	Here       bool
}

const (
	aroundPlace = 2
	maxExcerpt  = 300
)

// at shows a place with the lines around it; ok is false where there is no such
// line.
func (s sources) at(file string, line, column int) (x excerpt, ok bool) {
	text, ok := s[file]
	if !ok || line < 1 {
		return x, false
	}
	x = excerpt{File: file, Line: line, Column: column}
	n := 0
	for text := range strings.Lines(text) {
		if n++; n < line-aroundPlace {
			continue
		} else if n > line+aroundPlace {
			break
		}
		text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
		l := excerptLine{Number: n, Text: shell.Clip(strings.ToValidUTF8(text, "�"), maxExcerpt), Here: n == line}
		if runes := []rune(l.Text); l.Here && column >= 1 && column <= len(runes) {
			l.Text, l.Mark = string(runes[:column-1]), string(runes[column-1:])
		} else if l.Here {
			l.Text, l.Mark = "", l.Text
		}
		x.Lines = append(x.Lines, l)
	}
	if n < line {
		return excerpt{}, false
	}
	return x, true
}
