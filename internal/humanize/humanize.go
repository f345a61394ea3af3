// Package humanize formats values for messages: sizes, and text from untrusted sources.
package humanize

import (
	"fmt"
	"unicode"
)

// Bytes formats a size. It rounds up, so that a size just above a limit does not read as
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

// Truncate truncates s to length characters, the last of which is then an ellipsis.
func Truncate(s string, length int) string {
	if runes := []rune(s); len(runes) > length {
		return string(runes[:length-1]) + "…"
	}
	return s
}

// IsControl reports whether r breaks a line or can affect a terminal.
func IsControl(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }
