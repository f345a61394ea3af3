package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"unicode/utf8"

	"orgmodes/internal/humanize"
	"orgmodes/internal/process"
)

// escaper writes text for people to w. Names and prompts come from users, and a terminal obeys
// escape sequences in them: characters other than line breaks and tabs for which
// humanize.IsUnsafe is true are written as \u001b, and bytes that are not UTF-8 as \x9b. In a
// string of JSON, the former is the same text.
type escaper struct {
	w io.Writer
	// rest is the beginning of a character of which the other bytes have not been written yet.
	rest []byte
}

func (e *escaper) Write(p []byte) (int, error) {
	text := slices.Concat(e.rest, p)
	e.rest = nil
	out := make([]byte, 0, len(text)+16)
	for len(text) > 0 {
		if !utf8.FullRune(text) {
			e.rest = text
			break
		}
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			out = fmt.Appendf(out, `\x%02x`, text[0])
		case r == '\n', r == '\t', !humanize.IsUnsafe(r):
			out = append(out, text[:size]...)
		case r > 0xFFFF:
			out = fmt.Appendf(out, `\U%08x`, r)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		text = text[size:]
	}
	if _, err := e.w.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// flush writes a character whose last bytes are missing, as bytes.
func (e *escaper) flush() error {
	out := make([]byte, 0, 4*len(e.rest))
	for _, b := range e.rest {
		out = fmt.Appendf(out, `\x%02x`, b)
	}
	e.rest = nil
	_, err := e.w.Write(out)
	return err
}

// escapeIfTerminal returns w or, if that is a terminal, an escaper for it.
func escapeIfTerminal(w io.Writer) io.Writer {
	if f, ok := w.(*os.File); ok && process.IsTerminal(f) {
		return &escaper{w: w}
	}
	return w
}
