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

	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/fault"
	"orgmodes/internal/upload"
)

// An upload is needed twice: for the plan, and when that is applied. In between, a hidden
// field of the plan carries it, compressed. So it survives a restart and another process,
// and nothing has to be cleaned up. It also survives the end of the session if the form is
// small enough to be stored in the sign-in form (shell/resubmit.go).
//
//	files, a folder, a zip, text ──> plan, with everything in _pack ──> done
//	                                  ^  choices, 412, errors    │
//	                                  └──────────────────────────┘

// maxPack bounds an upload as the hidden field carries it, in bytes after compression.
// Encoded and with a form around it, it has to fit into one request.
const maxPack = 5 << 20

// pastedName is the file name of a pasted text.
const pastedName = "pasted.yaml"

// readUploads reads the upload in a form: files, a pasted text, or the pack of an earlier
// plan.
func readUploads(v *shell.Request, f shell.Form) ([]upload.File, error) {
	if pack := f.Fields.Get("_pack"); pack != "" {
		return unpackUploads(pack)
	}
	var uploads []upload.File
	if parts, err := v.MultipartForm(); err == nil {
		for _, name := range []string{"file", "folder"} {
			for _, h := range parts.File[name] {
				data, err := readPart(h)
				if err != nil {
					return nil, err
				}
				uploads = append(uploads, upload.File{Name: partName(h), Data: data})
			}
		}
	}
	if text := f.Get("paste"); strings.TrimSpace(text) != "" {
		name := pastedName
		if len(uploads) > 0 && strings.ContainsRune("{[", rune(strings.TrimSpace(text)[0])) {
			name = "pasted.json"
		}
		uploads = append(uploads, upload.File{Name: name, Data: []byte(text)})
	}
	if len(uploads) == 0 {
		return nil, fault.New(fault.Invalid, "nothing_brought", "Choose a file, a folder or a zip file, or paste the text of one")
	}
	return uploads, nil
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

// partName returns the name that the browser gave a file, including its folders, which
// FileHeader.Filename omits.
func partName(h *multipart.FileHeader) string {
	_, params, err := mime.ParseMediaType(h.Header.Get("Content-Disposition"))
	name := strings.ReplaceAll(params["filename"], `\`, "/")
	if err != nil || name == "" || !utf8.ValidString(name) {
		return h.Filename
	}
	return strings.TrimPrefix(path.Clean("/"+name), "/")
}

// packUploads encodes an upload as a text for a hidden field.
func packUploads(uploads []upload.File) (string, error) {
	// gzip.BestCompression takes ten times as long as this for a text of many short words:
	// a second for a quarter of a megabyte.
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	archive := tar.NewWriter(z)
	for _, f := range uploads {
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
			"This is too large to preview: %s compressed, and the limit is %s. Import it in parts", shell.FormatBytes(b.Len()), shell.FormatBytes(maxPack))
	}
	return base64.RawURLEncoding.EncodeToString(b.Bytes()), nil
}

// maxUnpacked bounds the contents of a pack, in bytes: a forged one can hold no more than
// an upload.
const maxUnpacked = upload.MaxTotalBytes + upload.MaxUploadBytes

func unpackUploads(pack string) ([]upload.File, error) {
	data, err := base64.RawURLEncoding.DecodeString(pack)
	if err != nil {
		return nil, shell.MalformedForm(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, shell.MalformedForm(err)
	}
	archive := tar.NewReader(io.LimitReader(z, maxUnpacked))
	var uploads []upload.File
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) && len(uploads) > 0 {
			return uploads, nil
		}
		if err != nil || len(uploads) > upload.MaxFiles {
			return nil, shell.MalformedForm(err)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			return nil, shell.MalformedForm(err)
		}
		uploads = append(uploads, upload.File{Name: h.Name, Data: content})
	}
}

// sources holds the texts of uploaded files by their names in a plan. A single file has the
// name "".
type sources map[string]string

// singleFileSource returns the text of a single file that isn't an archive.
func singleFileSource(uploads []upload.File) sources {
	if len(uploads) != 1 || transfer.IsArchive(uploads[0].Data) {
		return sources{}
	}
	text := string(uploads[0].Data)
	return sources{"": text, uploads[0].Name: text}
}

// folderSources returns the texts of the files of a folder that are in shown.
func folderSources(folder []upload.File, shown map[string]bool) sources {
	s := sources{}
	for _, f := range folder {
		if shown[f.Name] {
			s[f.Name] = string(f.Data)
		}
	}
	return s
}

// excerpt is a position in a text, with the lines around it.
type excerpt struct {
	File         string
	Line, Column int
	Lines        []excerptLine
}

// excerptLine is a line of a text. The line of the position itself is split there into Text
// and Mark.
type excerptLine struct {
	Number     int
	Text, Mark string
	Current    bool
}

const (
	excerptContext = 2
	maxExcerpt     = 300
)

// excerptAt returns the excerpt at a position; ok is false if there is no such line.
func (s sources) excerptAt(file string, line, column int) (x excerpt, ok bool) {
	text, ok := s[file]
	if !ok || line < 1 {
		return x, false
	}
	x = excerpt{File: file, Line: line, Column: column}
	n := 0
	for text := range strings.Lines(text) {
		if n++; n < line-excerptContext {
			continue
		} else if n > line+excerptContext {
			break
		}
		text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
		l := excerptLine{Number: n, Text: shell.Truncate(strings.ToValidUTF8(text, "�"), maxExcerpt), Current: n == line}
		if runes := []rune(l.Text); l.Current && column >= 1 && column <= len(runes) {
			l.Text, l.Mark = string(runes[:column-1]), string(runes[column-1:])
		} else if l.Current {
			l.Text, l.Mark = "", l.Text
		}
		x.Lines = append(x.Lines, l)
	}
	if n < line {
		return excerpt{}, false
	}
	return x, true
}
