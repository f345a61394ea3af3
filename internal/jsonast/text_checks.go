package jsonast

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"orgmodes/internal/fault"
)

// Malformed returns the error for a text that can't be parsed. The message starts with what, such
// as "This is not valid JSON". A line of 0 means no position.
func Malformed(code, what, detail string, line, column int) error {
	message := what + "."
	if line > 0 {
		message = fmt.Sprintf("%s (line %d, column %d).", what, line, column)
	}
	return fault.New(fault.Malformed, code, "%s", message).
		With(fault.Field{Detail: detail, Line: line, Column: column})
}

// CheckUTF8 returns a *fault.Error (Malformed, "not_utf8") with the position of the first byte
// that isn't UTF-8. what names the input: "This file".
func CheckUTF8(what string, data []byte) error {
	if utf8.Valid(data) {
		return nil
	}
	if s := string(data[:min(2, len(data))]); s == "\xFF\xFE" || s == "\xFE\xFF" {
		return Malformed("not_utf8", what+" is not UTF-8", "it is UTF-16; save it as UTF-8", 1, 1)
	}
	line, start, at := 1, 0, 0
	for at < len(data) {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
		if r == '\n' {
			line, start = line+1, at
		}
	}
	return Malformed("not_utf8", what+" is not UTF-8",
		fmt.Sprintf("the byte 0x%02X is not part of a character; save the file as UTF-8", data[at]),
		line, 1+utf8.RuneCount(data[start:at]))
}

const nulProblem = "this text contains the character U+0000, which can't be stored; remove it"

// TextProblem returns why a text can't be stored, or "".
func TextProblem(s string) string {
	switch {
	case !utf8.ValidString(s):
		return "this text is not valid UTF-8"
	case strings.ContainsRune(s, 0):
		return nulProblem
	}
	return ""
}

// InexactNumber explains why a number can't be stored as written, see CanonicalNumber.
func InexactNumber(text string) string {
	if len(text) > 40 {
		text = text[:40] + "…"
	}
	return "the number " + text + " can't be stored exactly; write it as text, in quotes"
}

// DuplicateField returns the message for a duplicate field of an object.
func DuplicateField(name string, firstLine int) string {
	return "the field " + strconv.Quote(name) + " appears twice (first on line " + strconv.Itoa(firstLine) + "); keep one"
}

// TrimBOM returns data without a byte order mark at its start.
func TrimBOM(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\uFEFF")) }

// CheckText returns a *fault.Error (Malformed, "not_utf8" or "control_character") if data isn't
// UTF-8 or has characters that no editor displays. what names the input: "This file".
func CheckText(what string, data []byte) error {
	if err := CheckUTF8(what, data); err != nil {
		return err
	}
	line, start := 1, 0
	for i, c := range data {
		switch {
		case c == '\n':
			line, start = line+1, i+1
		case c < ' ' && c != '\t' && c != '\r' || c == 0x7F:
			return Malformed("control_character", what+" contains a control character",
				fmt.Sprintf("the character U+%04X is not allowed in a file; remove it or write it as an escape", c),
				line, 1+utf8.RuneCount(data[start:i]))
		}
	}
	return nil
}
