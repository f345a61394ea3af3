package jsonast

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// yamlSource is a reader for yaml.v3 that fails when the budget's context is done.
type yamlSource struct {
	data   []byte
	budget *Budget
	pos    int
	// chunk is the offset up to which data is returned in one piece; after it, each Read
	// returns one character.
	chunk int
}

// Read implements io.Reader for yaml.v3.
func (r *yamlSource) Read(p []byte) (int, error) {
	if err := r.budget.CheckContext(); err != nil {
		return 0, err
	}
	if r.pos >= len(r.data) {
		return 0, io.EOF
	}
	end := r.chunk
	if r.pos >= r.chunk {
		_, size := utf8.DecodeRune(r.data[r.pos:])
		end = r.pos + size
	}
	n := copy(p, r.data[r.pos:end])
	r.pos += n
	return n, nil
}

// lookahead exceeds the number of bytes that yaml.v3 reads beyond an error.
const lookahead = 16 << 10

// syntaxError returns an error with the position at which yaml.v3 stopped. yaml.v3 reports the
// line of the enclosing construct, sometimes off by one, and no column. So syntaxError parses
// the text a second time, one character at a time near the end, to see how far it is read.
func (r *yamlSource) syntaxError(cause error) error {
	if err := r.budget.CheckContext(); err != nil {
		return err
	}
	second := &yamlSource{data: r.data, budget: r.budget, chunk: max(0, r.pos-lookahead)}
	for second.chunk > 0 && !utf8.RuneStart(r.data[second.chunk]) {
		second.chunk--
	}
	dec := yaml.NewDecoder(second)
	var err error
	for err == nil {
		err = decodeYAML(dec, new(yaml.Node))
	}
	detail := strings.TrimPrefix(cause.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(detail, "line "); ok {
		if _, after, ok := strings.Cut(rest, ": "); ok {
			detail = after
		}
	}
	line, column := position(r.data, second.pos)
	if strings.Contains(detail, "did not find expected key") || strings.Contains(detail, "did not find expected '-'") {
		// The error is in the first word of the line, not in the last.
		text := r.data[lineStart(r.data, line):]
		column = 1 + len(text) - len(bytes.TrimLeft(text, " \t"))
	}
	return Malformed("malformed_yaml", "This is not valid YAML", detail, line, column)
}

// lineStart returns the offset of the start of a line.
func lineStart(data []byte, line int) int {
	offset := 0
	for range line - 1 {
		offset += bytes.IndexByte(data[offset:], '\n') + 1
	}
	return offset
}

// position returns the line and column of the last non-blank character before an offset:
// parsers read slightly beyond an error.
func position(data []byte, offset int) (line, column int) {
	before := bytes.TrimRight(data[:offset], " \t\r\n")
	if len(before) > 0 {
		_, size := utf8.DecodeLastRune(before)
		before = before[:len(before)-size]
	}
	line = 1 + bytes.Count(before, []byte("\n"))
	return line, 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
}
