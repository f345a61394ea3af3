package modes

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"orgmodes/internal/jsonast"
	"orgmodes/internal/modes/nodetest"
)

// tester is the common subset of testing.T and rapid.T.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	FailNow()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// jsonValue decodes JSON to plain values with canonical numbers. It uses encoding/json, not our
// own parser.
func jsonValue(tb tester, data []byte) any {
	tb.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	require.NoError(tb, dec.Decode(&v), "%q", data)
	return canonicalValue(v)
}

func fromNode(tb tester, r nodetest.Result) any {
	tb.Helper()
	require.Empty(tb, r.Error)
	return jsonValue(tb, r.Value)
}

// fileValues returns the list of a modes file as plain JSON values.
func fileValues(tb tester, ms []Mode) []any {
	tb.Helper()
	values := []any{}
	for _, m := range ms {
		data, err := json.Marshal(m.file())
		require.NoError(tb, err)
		values = append(values, jsonValue(tb, data))
	}
	return values
}

// readByYAMLv3 decodes a document as any Go program would.
func readByYAMLv3(tb tester, document []byte) any {
	tb.Helper()
	var v any
	require.NoError(tb, yaml.Unmarshal(document, &v), "%s", document)
	return jsonShape(tb, v)
}

func jsonShape(tb tester, v any) any {
	tb.Helper()
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for name, value := range v {
			m[name] = jsonShape(tb, value)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = jsonShape(tb, item)
		}
		return list
	case int, int64, uint64, float64:
		n, ok := jsonast.CanonicalNumber(fmt.Sprint(v))
		require.True(tb, ok, "%v", v)
		return n
	case nil, bool, string:
		return v
	default:
		require.Failf(tb, "not a JSON shape", "%T %v", v, v)
		return nil
	}
}
