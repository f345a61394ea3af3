package jsonast

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// CanonicalNumber returns the form in which a number is stored, which is that of JavaScript. It
// returns false if a float64 can't represent the number exactly. Editors would change such a
// number silently, and jsonb has its own notation.
func CanonicalNumber(text string) (json.Number, bool) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return "", false
	}
	if f == 0 {
		if parseDecimal(text).digits != "" {
			return "", false // underflows to zero
		}
		return "0", true // jsonb has no -0
	}
	form := byte('f')
	if abs := math.Abs(f); abs < 1e-6 || abs >= 1e21 {
		form = 'e'
	}
	canonical := strconv.FormatFloat(f, form, -1, 64)
	canonical = strings.Replace(canonical, "e-0", "e-", 1) // Go pads the exponent
	if parseDecimal(canonical) != parseDecimal(text) {
		return "", false
	}
	return json.Number(canonical), true
}

// decimal is a number independent of its notation: 0.digits × 10^exponent.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

func parseDecimal(text string) decimal {
	var d decimal
	if text != "" && (text[0] == '-' || text[0] == '+') {
		d.negative = text[0] == '-'
		text = text[1:]
	}
	mantissa := text
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa = text[:i]
		// An exponent too long for an int is beyond any float64, or belongs to a zero.
		d.exponent, _ = strconv.Atoi(text[i+1:])
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	d.exponent += len(whole)
	d.digits = whole + fraction
	trimmed := strings.TrimLeft(d.digits, "0")
	d.exponent -= len(d.digits) - len(trimmed)
	d.digits = strings.TrimRight(trimmed, "0")
	if d.digits == "" {
		return decimal{}
	}
	return d
}

// PlainLength returns the length of a number written without an exponent, as Postgres writes
// it. A number without an exponent counts as it is written.
func PlainLength(text string) int {
	if !strings.ContainsAny(text, "eE") {
		return len(text)
	}
	d := parseDecimal(text)
	sign := 0
	if d.negative {
		sign = 1
	}
	switch {
	case d.digits == "":
		return 1
	case d.exponent <= 0: // 0.000digits
		return sign + len("0.") - d.exponent + len(d.digits)
	case d.exponent >= len(d.digits): // digits000
		return sign + d.exponent
	default:
		return sign + len(d.digits) + len(".")
	}
}

// SetNumber sets n to the number with this notation, or to Invalid.
func (n *Node) SetNumber(text string) {
	canonical, ok := CanonicalNumber(text)
	if !ok {
		n.Kind, n.Problem = Invalid, InexactNumber(text)
		return
	}
	n.Kind, n.Text = Number, string(canonical)
}
