package modes

import (
	"encoding/json"
	"unicode/utf8"

	"orgmodes/internal/jsonast"
)

// storedLength returns the number of bytes of a value as Postgres stores it as JSON, see
// Mode.Size. ok is false if the value can't be encoded. It counts instead of encoding, which
// would hold an oversized mode in memory three times.
func storedLength(v any) (length int, ok bool) {
	switch v := v.(type) {
	case string:
		return textLength(v), true
	case json.Number:
		text, err := jsonast.Marshal(v)
		return len(text) + jsonast.PlainLength(v.String()) - len(v), err == nil
	case []any:
		length = len("[]") + max(0, len(v)-1)*len(", ")
		for _, item := range v {
			n, ok := storedLength(item)
			if !ok {
				return 0, false
			}
			length += n
		}
		return length, true
	case jsonast.Map:
		length = fieldsLength(len(v))
		for _, p := range v {
			n, ok := storedLength(p.Value)
			if !ok {
				return 0, false
			}
			length += textLength(p.Name) + n
		}
		return length, true
	case map[string]any:
		length = fieldsLength(len(v))
		for name, value := range v {
			n, ok := storedLength(value)
			if !ok {
				return 0, false
			}
			length += textLength(name) + n
		}
		return length, true
	default:
		text, err := jsonast.Marshal(v)
		return len(text), err == nil
	}
}

// fieldsLength returns the length of an object with this number of fields, without their names
// and values.
func fieldsLength(fields int) int {
	return len("{}") + fields*len(": ") + max(0, fields-1)*len(", ")
}

// textLength returns the length of a string as jsonast.Marshal encodes it.
func textLength(s string) int {
	length := len(`""`)
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			i += size
			if r == utf8.RuneError && size == 1 || r == '\u2028' || r == '\u2029' {
				size = len(`\u2028`)
			}
			length += size
			continue
		}
		i++
		switch {
		case c == '"' || c == '\\' || c == '\n' || c == '\r' || c == '\t' || c == '\b' || c == '\f':
			length += 2
		case c < ' ':
			length += len(`\u0000`)
		default:
			length++
		}
	}
	return length
}
