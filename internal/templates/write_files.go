package templates

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"orgmodes/internal/jsonast"
	"orgmodes/internal/upload"
)

// WriteFile returns the content of the file {template_id}.json. It is byte for byte as in
// existing files, which Python's json.dump wrote: indented by two, with everything beyond ASCII
// escaped.
func WriteFile(t OrganizationTemplate) []byte { return marshalPython(t.Fields()) }

// WriteFolder returns one file per template, ordered by the templates' names.
func WriteFolder(all []OrganizationTemplate) []upload.File {
	files := make([]upload.File, len(all))
	for i, t := range Sorted(all) {
		files[i] = upload.File{Name: t.ID.String() + ".json", Data: WriteFile(t)}
	}
	return files
}

// WriteArchive returns the files of WriteFolder as a zip file. The same templates give the same
// bytes.
func WriteArchive(all []OrganizationTemplate) ([]byte, error) { return upload.Pack(WriteFolder(all)) }

// WriteEnvelope returns one template in an export envelope.
func WriteEnvelope(t OrganizationTemplate, exportedAt time.Time) []byte {
	return marshalPython(append(envelopeHeader(exportedAt), jsonast.Pair{Name: "template", Value: t.Fields()}))
}

// WriteEnvelopes returns several templates in one export envelope, ordered by name.
func WriteEnvelopes(all []OrganizationTemplate, exportedAt time.Time) []byte {
	items := make([]any, len(all))
	for i, t := range Sorted(all) {
		items[i] = t.Fields()
	}
	return marshalPython(append(envelopeHeader(exportedAt), jsonast.Pair{Name: "templates", Value: items}))
}

func envelopeHeader(exportedAt time.Time) jsonast.Map {
	return jsonast.Map{{Name: "version", Value: int64(1)}, {Name: "exported_at", Value: timeOrNull(exportedAt)}}
}

// marshalPython writes JSON as Python's json.dump does with indent=2.
func marshalPython(m jsonast.Map) []byte {
	var w pythonWriter
	w.value(m, "\n")
	return w.Bytes()
}

type pythonWriter struct{ bytes.Buffer }

// value writes a value of Fields. newline is a line break plus the indentation of the next
// line.
func (w *pythonWriter) value(v any, newline string) {
	switch v := v.(type) {
	case jsonast.Map:
		w.block('{', '}', len(v), newline, func(i int, newline string) {
			w.str(v[i].Name)
			w.WriteString(": ")
			w.value(v[i].Value, newline)
		})
	case []any:
		w.block('[', ']', len(v), newline, func(i int, newline string) { w.value(v[i], newline) })
	case string:
		w.str(v)
	case int64:
		w.WriteString(strconv.FormatInt(v, 10))
	default:
		w.WriteString("null")
	}
}

func (w *pythonWriter) block(opening, closing byte, count int, newline string, item func(i int, newline string)) {
	w.WriteByte(opening)
	for i := range count {
		if i > 0 {
			w.WriteByte(',')
		}
		w.WriteString(newline + "  ")
		item(i, newline+"  ")
	}
	if count > 0 {
		w.WriteString(newline)
	}
	w.WriteByte(closing)
}

func (w *pythonWriter) str(s string) {
	w.WriteByte('"')
	for _, r := range s {
		switch i := strings.IndexRune("\"\\\b\f\n\r\t", r); {
		case i >= 0:
			w.WriteByte('\\')
			w.WriteByte(`"\bfnrt`[i])
		case r >= ' ' && r < 0x7F:
			w.WriteByte(byte(r))
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(w, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(w, `\u%04x`, r)
		}
	}
	w.WriteByte('"')
}
