// Package humanize formats values for messages: sizes, and text from untrusted sources.
package humanize

import (
	"fmt"
	"unicode"
)

// Bytes formats a size of n bytes in binary units: "512 bytes", "12 KiB", "1.25 MiB". It
// rounds up, so that a size just above a limit is never shown as the limit.
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

// Truncate shortens s to at most length runes. If it cuts anything, the last of them is an
// ellipsis. length must be at least 1.
func Truncate(s string, length int) string {
	if runes := []rune(s); len(runes) > length {
		return string(runes[:length-1]) + "…"
	}
	return s
}

// IsControl reports whether r is a line break, including U+2028 and U+2029, or another
// control character, which a terminal may interpret. It is false for format characters,
// such as a change of the direction of text.
func IsControl(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }

// IsUnsafe reports whether a terminal must not receive r as part of a text from an untrusted
// source: the characters of IsControl, which start escape sequences (ECMA-48), and invisible
// ones, which are tags, spaces of no width, and changes of the direction of text (Unicode
// Standard Annex 9). Joiners (U+200C, U+200D) are safe, because scripts and emoji need them.
func IsUnsafe(r rune) bool {
	switch {
	case IsControl(r):
		return true
	case r == '\u200b', r == '\u200e', r == '\u200f', r == '\u061c', r == '\u2060', r == '\ufeff':
		return true
	case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
		return true
	default:
		return r >= 0xE0000 && r <= 0xE007F
	}
}
