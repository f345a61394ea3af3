package jsonast

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCanonicalNumber(t *testing.T) {
	for written, want := range map[string]string{
		"0": "0", "-0": "0", "0.0e9": "0", "0e99999999999999999999": "0", "1": "1", "-1.50": "-1.5", "1e3": "1000", "1E+3": "1000", "100e-2": "1", "0.1": "0.1",
		"9007199254740992": "9007199254740992", "9007199254740993": "", "9007199254740994": "9007199254740994",
		"1e20": "100000000000000000000", "1e21": "1e+21", "1000000000000000000000": "1e+21", "1e-6": "0.000001", "1e-7": "1e-7", "0.00000010": "1e-7",
		"1.7976931348623157e308": "1.7976931348623157e+308", "1e309": "", "-1e999": "", "1e-400": "", "5e-324": "5e-324", "3e-324": "",
		"3.14159265358979323846": "", "0.1000000000000000055511151231257827": "", "12345678901234567890": "",
		"012": "12", ".5": "0.5", "5.": "5", "+1": "1", "1e999999999999999999999": "", "abc": "", "": "", "Inf": "", "NaN": "",
	} {
		got, ok := CanonicalNumber(written)
		assert.Equal(t, want != "", ok, "%s", written)
		assert.Equal(t, want, got.String(), "%s", written)
	}
}

func TestPlainLengthOfExponents(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-1.5": "-1.5", "1e+21": "1" + strings.Repeat("0", 21), "-1.25e+22": "-125" + strings.Repeat("0", 20),
		"1e-7": "0.0000001", "-1.5e-7": "-0.00000015", "5e-324": "0." + strings.Repeat("0", 323) + "5", "1e+300": "1" + strings.Repeat("0", 300),
	} {
		assert.Equal(t, len(want), PlainLength(text), text)
	}
}
