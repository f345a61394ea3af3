package jsonast

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestScalarStyles checks the notation of single texts.
func TestScalarStyles(t *testing.T) {
	cases := map[string]string{
		"plain text":              "plain text",
		"it's 5 o'clock, [maybe]": "it's 5 o'clock, [maybe]",
		"emoji 🧐 first":           "emoji 🧐 first",
		"🧐":                       "🧐",
		`\.(md|mdx)$`:             `\.(md|mdx)$`,
		`(^|/)docs/`:              `(^|/)docs/`,
		"a:b":                     "a:b",
		"":                        `""`,
		" a":                      `" a"`,
		"a ":                      `"a "`,
		"a: b":                    `"a: b"`,
		"a:":                      `"a:"`,
		"a #b":                    `"a #b"`,
		"a\tb":                    `"a\tb"`,
		"yes":                     `"yes"`,
		"On":                      `"On"`,
		"n":                       `"n"`,
		"~":                       `"~"`,
		"Null":                    `"Null"`,
		"12":                      `"12"`,
		"0x1F":                    `"0x1F"`,
		".5":                      `".5"`,
		"12:30:45":                `"12:30:45"`,
		"2024-01-01":              `"2024-01-01"`,
		"<<":                      `"<<"`,
		"=":                       `"="`,
		"- a":                     `"- a"`,
		"*a":                      `"*a"`,
		"\u00a0a":                 "\"\u00a0a\"",
		"a\u0085b":                `"a\u0085b"`,
		"a\u2028b":                `"a\u2028b"`,
		"\ufeffa":                 `"\uFEFFa"`,
		"a\x7fb":                  `"a\u007Fb"`,
		"a\x1bb":                  `"a\u001Bb"`,
		"a\uffffb":                `"a\uFFFFb"`,
		"a\nb":                    "|-\n  a\n  b",
		"a\nb\n":                  "|\n  a\n  b",
		"a\n\n":                   "|+\n  a\n",
		"a\r\nb":                  `"a\r\nb"`,
		"a\n \nb":                 `"a\n \nb"`,
		" a\nb":                   `" a\nb"`,
		"\na":                     `"\na"`,
		"a\n---\nb":               `"a\n---\nb"`,
		"a\n... b":                `"a\n... b"`,
		"a\u2029\nb":              `"a\u2029\nb"`,
		"a\n\tb  \n#c":            "|-\n  a\n  \tb  \n  #c",
	}
	for text, want := range cases {
		got := string(MarshalYAML(Map{{Name: "k", Value: text}}, ""))
		assert.Equal(t, "k: "+want+"\n", got, "%q", text)
	}
}

func TestMarshalYAMLPanicsOnValueWithoutJSONShape(t *testing.T) {
	assert.Panics(t, func() { MarshalYAML(Map{{Name: "k", Value: struct{}{}}}, "") })
}
