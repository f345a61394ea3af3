package jsonast

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// yamlSource hands a text to yaml.v3 and stops when the time is over.
type yamlSource struct {
	data   []byte
	budget *Budget
	pos    int
	// chunk is how far whole chunks are handed out; behind it, it is one character
	// at a time.
	chunk int
}

// Read is for yaml.v3, which asks for what it needs next.
func (r *yamlSource) Read(p []byte) (int, error) {
	if err := r.budget.CheckTime(); err != nil {
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

// lookahead is more than yaml.v3 reads ahead of what it complains about.
const lookahead = 16 << 10

// failure says where yaml.v3 gave up. Its own line is that of the construct
// it was in, off by one at times, and it gives no column; so we parse again,
// handing out one character at a time where it stopped, and look how far it came.
func (r *yamlSource) failure(cause error) error {
	if err := r.budget.CheckTime(); err != nil {
		return err
	}
	again := &yamlSource{data: r.data, budget: r.budget, chunk: max(0, r.pos-lookahead)}
	for again.chunk > 0 && !utf8.RuneStart(r.data[again.chunk]) {
		again.chunk--
	}
	dec := yaml.NewDecoder(again)
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
	line, column := position(r.data, again.pos)
	if strings.Contains(detail, "did not find expected key") || strings.Contains(detail, "did not find expected '-'") {
		// The first word of the line is wrong, not the last.
		text := r.data[lineStart(r.data, line):]
		column = 1 + len(text) - len(bytes.TrimLeft(text, " \t"))
	}
	return Malformed("malformed_yaml", "This is not valid YAML", detail, line, column)
}

// lineStart is the offset at which a line begins.
func lineStart(data []byte, line int) int {
	offset := 0
	for range line - 1 {
		offset += bytes.IndexByte(data[offset:], '\n') + 1
	}
	return offset
}

// position is the line and column of the last character before an offset that
// isn't white space: readers look a little ahead of what they complain about.
func position(data []byte, offset int) (line, column int) {
	before := bytes.TrimRight(data[:offset], " \t\r\n")
	if len(before) > 0 {
		_, size := utf8.DecodeLastRune(before)
		before = before[:len(before)-size]
	}
	line = 1 + bytes.Count(before, []byte("\n"))
	return line, 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
}
