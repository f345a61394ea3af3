// Package wording puts into messages what people have to read: sizes, and texts
// that somebody else wrote.
package wording

import (
	"fmt"
	"unicode"
)

// Bytes is a size. It rounds up: something just beyond a limit must not read as
// equal to it.
func Bytes(n int) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%d KiB", (n+1<<10-1)>>10)
	case n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	default:
		return fmt.Sprintf("%.2f MiB", float64((n*100+1<<20-1)>>20)/100)
	}
}

// Shortened cuts a text to so many characters.
func Shortened(s string, length int) string {
	if runes := []rune(s); len(runes) > length {
		return string(runes[:length-1]) + "…"
	}
	return s
}

// IsControl reports characters that break a line or do something to a terminal.
func IsControl(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }
