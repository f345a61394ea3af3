package manifest

import "bytes"

// part is one document of a text, and the line on which it begins, from 1.
type part struct {
	text []byte
	line int
}

// split splits a text before each line that begins with "---". That separates documents
// everywhere, even within texts (YAML 1.2.2, section 9.1.2, c-forbidden). Parts with only
// comments are no documents; directives belong to the document after them.
func split(data []byte) (parts []part) {
	start, startLine, empty := 0, 1, true
	end := func(at int) {
		if !empty {
			parts = append(parts, part{data[start:at], startLine})
		}
	}
	line := 0
	for at := 0; at < len(data); {
		line++
		next := len(data)
		if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
			next = at + i + 1
		}
		text := bytes.TrimRight(data[at:next], " \t\r\n")
		separates := bytes.HasPrefix(text, []byte("---")) && (len(text) == 3 || text[3] == ' ' || text[3] == '\t')
		if separates && !empty {
			end(at)
			start, startLine, empty = at, line, true
		}
		if separates {
			text = bytes.TrimLeft(text[3:], " \t")
		}
		if len(text) > 0 && text[0] != '#' && text[0] != '%' && string(text) != "..." && !isComment(text) {
			empty = false
		}
		at = next
	}
	end(len(data))
	return parts
}

func isComment(line []byte) bool {
	line = bytes.TrimLeft(line, " \t")
	return len(line) == 0 || line[0] == '#'
}
