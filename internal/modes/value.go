package modes

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// canonicalNumber gives the one form in which a number is kept, the one that
// JavaScript writes; false where a float64 can't hold exactly what was written.
// Editors would change such a number silently, and jsonb spells it as it likes.
func canonicalNumber(text string) (json.Number, bool) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return "", false
	}
	if f == 0 {
		if digitsOf(text).digits != "" {
			return "", false // too small to be told from zero
		}
		return "0", true // jsonb knows no -0
	}
	form := byte('f')
	if abs := math.Abs(f); abs < 1e-6 || abs >= 1e21 {
		form = 'e'
	}
	canonical := strconv.FormatFloat(f, form, -1, 64)
	canonical = strings.Replace(canonical, "e-0", "e-", 1) // Go pads the exponent
	if digitsOf(canonical) != digitsOf(text) {
		return "", false
	}
	return json.Number(canonical), true
}

// decimal is a number without the ways to spell it: 0.digits × 10^exponent.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

func digitsOf(text string) decimal {
	var d decimal
	if text != "" && (text[0] == '-' || text[0] == '+') {
		d.negative = text[0] == '-'
		text = text[1:]
	}
	mantissa := text
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa = text[:i]
		// An exponent too long for an int is beyond any float64, or stands
		// behind a zero.
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

// canonicalValue copies a value of an unknown field, with numbers in canonical
// form. What has no JSON shape stays for Validate to refuse.
func canonicalValue(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, ok := canonicalNumber(v.String()); ok {
			return n
		}
	case int:
		return canonicalValue(json.Number(strconv.Itoa(v)))
	case int64:
		return canonicalValue(json.Number(strconv.FormatInt(v, 10)))
	case float64:
		if !math.IsInf(v, 0) && !math.IsNaN(v) {
			return canonicalValue(json.Number(strconv.FormatFloat(v, 'g', -1, 64)))
		}
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = canonicalValue(item)
		}
		return list
	case map[string]any:
		fields := make(map[string]any, len(v))
		for name, value := range v {
			fields[name] = canonicalValue(value)
		}
		return fields
	}
	return v
}

// textFlaw says why a text can't be kept; "" where it can.
func textFlaw(s string) string {
	switch {
	case !utf8.ValidString(s):
		return "this text is not valid UTF-8"
	case strings.ContainsRune(s, 0):
		return "this text contains the character U+0000, which can't be stored; remove it"
	}
	return ""
}
