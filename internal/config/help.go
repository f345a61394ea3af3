package config

import (
	"reflect"
	"strings"
)

const (
	helpName = 18 // columns for the name of a setting; longer names have their own line
	helpText = 74 // columns for its description
)

// Help describes the settings of T for a program's --help, one or more lines each, in the
// order of the fields. The description is the tag `help`, or else `expect`; the default value
// or "required" follows in parentheses.
func Help[T any]() string {
	var b strings.Builder
	b.WriteString("Settings are read from environment variables; NAME_FILE is the path of a file that holds NAME:\n")
	for _, f := range fieldsOf(reflect.TypeFor[T]()) {
		text := f.help
		switch {
		case f.required:
			text += " (required)"
		case f.preset != "":
			text += " (default " + f.preset + ")"
		}
		b.WriteString("  " + f.key)
		column := len(f.key)
		if column > helpName {
			b.WriteString("\n  ")
			column = 0
		}
		for i, line := range wrap(text, helpText) {
			if i > 0 {
				b.WriteString("\n  ")
				column = 0
			}
			b.WriteString(strings.Repeat(" ", helpName+1-column) + line)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// wrap breaks text at spaces into lines of at most width bytes, except for longer words.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) > width:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}
