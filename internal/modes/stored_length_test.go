package modes

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/jsonast"
)

// The length is that of the JSON with a blank after each comma and colon.
func TestStoredLengthEqualsEncodedLength(t *testing.T) {
	for _, v := range []any{
		nil, true, false, 12, json.Number("12"), "", "a",
		[]any{},
		map[string]any{},
		jsonast.Map{},
		[]any{"a", nil, []any{"b", "c"}},
		jsonast.Map{{Name: "a", Value: "b"}, {Name: "c", Value: map[string]any{"d": "e", "f,:": "\":,"}}},
	} {
		text, err := jsonast.Marshal(v)
		require.NoError(t, err)
		separators, quoted := 0, false
		for i := 0; i < len(text); i++ {
			switch c := text[i]; {
			case c == '"':
				quoted = !quoted
			case quoted && c == '\\':
				i++
			case !quoted && (c == ',' || c == ':'):
				separators++
			}
		}
		length, ok := storedLength(v)
		require.True(t, ok)
		assert.Equal(t, len(text)+separators, length, "%s", text)
	}
	length, ok := storedLength([]any{json.Number("1e20")})
	assert.True(t, ok)
	assert.Equal(t, len("[100000000000000000000]"), length)
	for _, v := range []any{math.NaN(), func() {}, []any{math.Inf(1)}, jsonast.Map{{Name: "a", Value: json.Number("x")}}} {
		_, ok := storedLength(v)
		assert.False(t, ok, "%T", v)
	}
}

func FuzzTextLength(f *testing.F) {
	f.Add("a\x00\x1f\x7f\t\n\r\b\f\"\\/<>&é\u2028\u2029\xff\U0001F600\uFFFD")
	f.Fuzz(func(t *testing.T, s string) {
		text, err := jsonast.Marshal(s)
		require.NoError(t, err)
		require.Equal(t, len(text), textLength(s), "%q", s)
	})
}
