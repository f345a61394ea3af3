package modes

import (
	"encoding/json"
	"math"
	"strconv"

	"orgmodes/internal/jsonast"
)

// canonicalValue copies a value of an unknown field, with numbers in canonical form. Values
// without a JSON representation stay, for Validate to reject.
func canonicalValue(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, ok := jsonast.CanonicalNumber(v.String()); ok {
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
