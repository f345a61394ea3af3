package modes

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"orgmodes/internal/fault"
	"orgmodes/internal/tree"
)

// parseYAML reads one YAML document into nodes. Scanning and structure are
// yaml.v3's; what a scalar means is decided here, as YAML 1.2 has it, because
// that is how editors read it.
// locate turns a position into the one to remember; nil keeps it.
func parseYAML(data []byte, b *budget, locate func(line, column int) (int, int)) (*tree.Node, error) {
	data = trimBOM(data)
	if err := checkText(data); err != nil {
		return nil, err
	}
	if err := b.spendMarks(countMarks(data)); err != nil {
		return nil, err
	}
	var doc yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	switch err := decodeYAML(dec, &doc); {
	case errors.Is(err, io.EOF):
		return nil, emptyFile()
	case err != nil:
		return nil, yamlError(data, err)
	}
	var second yaml.Node
	if err := decodeYAML(dec, &second); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, yamlError(data, err)
		}
		return nil, tree.Malformed("several_documents", "This is more than one YAML document",
			"a second document starts here, after a --- line; put all modes into one list", second.Line, max(second.Column, 1))
	}
	if len(doc.Content) != 1 {
		return nil, emptyFile()
	}
	if locate == nil {
		locate = func(line, column int) (int, int) { return line, column }
	}
	c := yamlConverter{budget: b, open: map[*yaml.Node]bool{}, locate: locate}
	return c.convert(doc.Content[0], 0)
}

func emptyFile() error {
	return fault.New(fault.Invalid, "not_a_modes_file",
		"This file is empty. Expected `customModes:` with a list of modes below it.")
}

// decodeYAML guards against yaml.v3, which panics on some odd input.
func decodeYAML(dec *yaml.Decoder, into *yaml.Node) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("yaml: %v", p)
		}
	}()
	return dec.Decode(into)
}

// countMarks counts what may begin a value in YAML: a line, an item, a key or
// value, a flow collection.
func countMarks(data []byte) int {
	marks := 0
	for i, c := range data {
		switch c {
		case '\n', ',', '[', '{':
			marks++
		case ':', '-', '?':
			if i+1 == len(data) || strings.IndexByte(" \t\r\n", data[i+1]) >= 0 {
				marks++
			}
		}
	}
	return marks
}

type yamlConverter struct {
	budget *budget
	// open are the anchored nodes that we are inside of.
	open   map[*yaml.Node]bool
	locate func(line, column int) (int, int)
}

func (c *yamlConverter) convert(y *yaml.Node, depth int) (*tree.Node, error) {
	line, column := c.locate(y.Line, y.Column)
	if err := c.budget.CheckDepth(depth, line, column); err != nil {
		return nil, err
	}
	if err := c.budget.Spend(1, len(y.Value)); err != nil {
		return nil, err
	}
	n := &tree.Node{Line: line, Column: column}
	var err error
	switch y.Kind {
	case yaml.AliasNode:
		return c.alias(y, depth)
	case yaml.SequenceNode:
		if hasCollectionTag(n, y, "!!seq") {
			n.Kind = tree.List
			err = c.items(n, y, depth)
		}
	case yaml.MappingNode:
		if hasCollectionTag(n, y, "!!map") {
			n.Kind = tree.Object
			err = c.fields(n, y, depth)
		}
	default:
		scalar(n, y)
	}
	return n, err
}

// hasCollectionTag refuses sets, ordered maps and tags of one's own.
func hasCollectionTag(n *tree.Node, y *yaml.Node, want string) bool {
	if y.Style&yaml.TaggedStyle == 0 || y.Tag == want {
		return true
	}
	n.Kind, n.Flaw = tree.Broken, "the YAML tag "+y.Tag+" means nothing to editors; remove it"
	return false
}

func (c *yamlConverter) alias(y *yaml.Node, depth int) (*tree.Node, error) {
	line, column := c.locate(y.Line, y.Column)
	if y.Alias == nil || c.open[y.Alias] {
		return &tree.Node{
			Kind: tree.Broken, Line: line, Column: column,
			Flaw: "the alias *" + y.Value + " stands inside of what it refers to",
		}, nil
	}
	n, err := c.convert(y.Alias, depth+1)
	if n != nil {
		n.Line, n.Column, n.Style = line, column, 0 // where it is used is where to look
	}
	return n, err
}

func (c *yamlConverter) enter(y *yaml.Node) func() {
	if y.Anchor == "" {
		return func() {}
	}
	c.open[y] = true
	return func() { delete(c.open, y) }
}

func (c *yamlConverter) items(n *tree.Node, y *yaml.Node, depth int) error {
	defer c.enter(y)()
	for _, child := range y.Content {
		item, err := c.convert(child, depth+1)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
	}
	return nil
}

func (c *yamlConverter) fields(n *tree.Node, y *yaml.Node, depth int) error {
	defer c.enter(y)()
	first := map[string]int{}
	var merges []*yaml.Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		var f tree.Field
		f.Line, f.Column = c.locate(key.Line, key.Column)
		isMerge := key.Kind == yaml.ScalarNode && key.Tag == "!!merge"
		if isMerge {
			f.Name = "<<"
		} else if err := c.key(&f, n, key); err != nil {
			return err
		}
		if line, ok := first[f.Name]; ok {
			f.Flaw = tree.Duplicate(f.Name, line)
		}
		first[f.Name] = f.Line
		if isMerge && f.Flaw == "" {
			merges = append(merges, value)
			continue
		}
		var err error
		if f.Value, err = c.convert(value, depth+1); err != nil {
			return err
		}
		n.Fields = append(n.Fields, f)
	}
	for _, m := range merges {
		if err := c.merge(n, first, m, depth); err != nil {
			return err
		}
	}
	return nil
}

// key reads the name of a field. What isn't text becomes the text that
// JavaScript would make of it.
func (c *yamlConverter) key(f *tree.Field, owner *tree.Node, key *yaml.Node) error {
	for key.Kind == yaml.AliasNode && key.Alias != nil {
		key = key.Alias
	}
	if key.Kind != yaml.ScalarNode {
		f.Name = key.Value
		f.Flaw = "the name of a field must be text; is a pair of quotes missing?"
		owner.Template = owner.Template || key.Kind == yaml.MappingNode
		return nil
	}
	var n tree.Node
	scalar(&n, key)
	f.Flaw = n.Flaw
	switch n.Kind {
	case tree.Text, tree.Number:
		f.Name = n.Text
	case tree.Broken:
		f.Name = key.Value
	default:
		f.Name = n.Describe()
	}
	return c.budget.Spend(0, len(f.Name))
}

// merge adds what `<<` brings: the fields that aren't there yet.
func (c *yamlConverter) merge(n *tree.Node, first map[string]int, y *yaml.Node, depth int) error {
	source, err := c.convert(y, depth+1)
	if err != nil {
		return err
	}
	sources := []*tree.Node{source}
	if source.Kind == tree.List {
		sources = source.Items
	}
	for _, s := range sources {
		if s.Kind != tree.Object {
			flaw := s.Flaw
			if flaw == "" {
				flaw = "<< merges an object, or a list of objects, not " + s.Describe()
			}
			line, column := c.locate(y.Line, y.Column)
			n.Fields = append(n.Fields, tree.Field{Name: "<<", Value: s, Flaw: flaw, Line: line, Column: column})
			continue
		}
		for _, f := range s.Fields {
			if _, ok := first[f.Name]; !ok {
				first[f.Name] = f.Line
				n.Fields = append(n.Fields, f)
			}
		}
	}
	return nil
}

// yamlError says where yaml.v3 gave up. Its own line is that of the construct
// it was in, off by one at times, and it gives no column; so we parse again,
// handing out one character at a time, and look how far it came.
func yamlError(data []byte, cause error) error {
	r := &slowReader{data: data}
	dec := yaml.NewDecoder(r)
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
	line, column := position(data, r.pos)
	if strings.Contains(detail, "did not find expected key") || strings.Contains(detail, "did not find expected '-'") {
		// The first word of the line is wrong, not the last.
		text := data[lineStart(data, line):]
		column = 1 + len(text) - len(bytes.TrimLeft(text, " \t"))
	}
	return tree.Malformed("malformed_yaml", "This is not valid YAML", detail, line, column)
}

// lineStart is the offset at which a line begins.
func lineStart(data []byte, line int) int {
	offset := 0
	for range line - 1 {
		offset += bytes.IndexByte(data[offset:], '\n') + 1
	}
	return offset
}

// slowReader hands out one character at a time.
type slowReader struct {
	data []byte
	pos  int
}

func (r *slowReader) Read(p []byte) (int, error) {
	if r.pos >= len(r.data) {
		return 0, io.EOF
	}
	_, size := utf8.DecodeRune(r.data[r.pos:])
	n := copy(p, r.data[r.pos:r.pos+size])
	r.pos += n
	return n, nil
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

func trimBOM(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\uFEFF")) }

// checkText refuses what is no text in UTF-8, or has characters that no editor
// shows.
func checkText(data []byte) error {
	if err := tree.CheckUTF8("This file", data); err != nil {
		return err
	}
	line, start := 1, 0
	for i, c := range data {
		switch {
		case c == '\n':
			line, start = line+1, i+1
		case c < ' ' && c != '\t' && c != '\r' || c == 0x7F:
			return tree.Malformed("control_character", "This file contains a control character",
				fmt.Sprintf("the character U+%04X can't stand in a file; remove it or write it as an escape", c),
				line, 1+utf8.RuneCount(data[start:i]))
		}
	}
	return nil
}
