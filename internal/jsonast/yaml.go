package jsonast

import (
	"errors"
	"fmt"
	"io"

	"gopkg.in/yaml.v3"
)

// YAML parses one YAML document into nodes. All YAML from requests and files is parsed here.
// yaml.v3 does the scanning and the structure. Scalars are interpreted here, according to YAML
// 1.2, because that is how editors read them.
type YAML struct {
	// Budget bounds the cost of parsing. It is checked before yaml.v3 builds its tree, and
	// again while aliases are expanded.
	Budget *Budget
	// Empty is the error for a text without a value.
	Empty error
	// MultipleAdvice is the advice in the error for a text with several documents.
	MultipleAdvice string
	// Locate maps each position to the one to record; nil records it unchanged.
	Locate func(line, column int) (int, int)
}

// Parse parses a text, with or without a byte order mark. The error is a *fault.Error
// (Malformed, "malformed_yaml", "several_documents", "not_utf8" or "control_character") with a
// position, Empty, or that of the Budget or its Context.
func (r YAML) Parse(data []byte) (*Node, error) {
	if err := r.Budget.CheckContext(); err != nil {
		return nil, err
	}
	data = TrimBOM(data)
	if err := CheckText(r.Budget.InputName, data); err != nil {
		return nil, err
	}
	if err := r.Budget.spendYAML(data); err != nil {
		return nil, err
	}
	data = blankComments(data)
	source := &yamlSource{data: data, budget: r.Budget, chunk: len(data)}
	var doc yaml.Node
	dec := yaml.NewDecoder(source)
	switch err := decodeYAML(dec, &doc); {
	case errors.Is(err, io.EOF):
		return nil, r.Empty
	case err != nil:
		return nil, source.syntaxError(err)
	}
	var second yaml.Node
	if err := decodeYAML(dec, &second); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, source.syntaxError(err)
		}
		return nil, Malformed("several_documents", "This is more than one YAML document",
			"a second document starts here, after a --- line; "+r.MultipleAdvice, second.Line, max(second.Column, 1))
	}
	if len(doc.Content) != 1 {
		return nil, r.Empty
	}
	locate := r.Locate
	if locate == nil {
		locate = func(line, column int) (int, int) { return line, column }
	}
	c := yamlConverter{budget: r.Budget, enclosing: map[*yaml.Node]bool{}, locate: locate}
	return c.convert(detach(&doc, 0), 0)
}

// decodeYAML recovers from panics of yaml.v3, which occur for some odd input.
func decodeYAML(dec *yaml.Decoder, into *yaml.Node) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("yaml: %v", p)
		}
	}()
	return dec.Decode(into)
}

type yamlConverter struct {
	budget *Budget
	// enclosing holds the anchored nodes that enclose the current one.
	enclosing map[*yaml.Node]bool
	locate    func(line, column int) (int, int)
}

func (c *yamlConverter) convert(y *yaml.Node, depth int) (*Node, error) {
	line, column := c.locate(y.Line, y.Column)
	if err := c.budget.CheckDepth(depth, line, column); err != nil {
		return nil, err
	}
	if err := c.budget.Spend(1, len(y.Value)); err != nil {
		return nil, err
	}
	n := &Node{Line: line, Column: column}
	var err error
	switch y.Kind {
	case yaml.AliasNode:
		return c.alias(y, depth)
	case yaml.SequenceNode:
		if hasCollectionTag(n, y, "!!seq") {
			n.Kind = Array
			err = c.items(n, y, depth)
		}
	case yaml.MappingNode:
		if hasCollectionTag(n, y, "!!map") {
			n.Kind = Object
			err = c.fields(n, y, depth)
		}
	default:
		scalar(n, y)
	}
	return n, err
}

// hasCollectionTag reports whether y has no tag or the wanted one. It rejects sets, ordered
// maps and custom tags.
func hasCollectionTag(n *Node, y *yaml.Node, want string) bool {
	if y.Style&yaml.TaggedStyle == 0 || y.Tag == want {
		return true
	}
	n.Kind, n.Problem = Invalid, "the YAML tag "+y.Tag+" means nothing to editors; remove it"
	return false
}

func (c *yamlConverter) alias(y *yaml.Node, depth int) (*Node, error) {
	line, column := c.locate(y.Line, y.Column)
	if y.Alias == nil || c.enclosing[y.Alias] {
		return &Node{
			Kind: Invalid, Line: line, Column: column,
			Problem: "the alias *" + y.Value + " is inside of the value that it refers to",
		}, nil
	}
	n, err := c.convert(y.Alias, depth+1)
	if n != nil {
		n.Line, n.Column, n.Style = line, column, 0 // problems point to the alias
	}
	return n, err
}

func (c *yamlConverter) enter(y *yaml.Node) func() {
	if y.Anchor == "" {
		return func() {}
	}
	c.enclosing[y] = true
	return func() { delete(c.enclosing, y) }
}

// takeChild returns an item, key or value of a collection. It removes the child from the tree, so
// that the memory of converted nodes can be reused. It doesn't if an alias could lead to the
// collection again.
func (c *yamlConverter) takeChild(y *yaml.Node, i int) *yaml.Node {
	if len(c.enclosing) > 0 {
		return y.Content[i]
	}
	return detach(y, i)
}

// detach removes a child from its parent.
func detach(y *yaml.Node, i int) *yaml.Node {
	child := y.Content[i]
	y.Content[i] = nil
	return child
}

func (c *yamlConverter) items(n *Node, y *yaml.Node, depth int) error {
	defer c.enter(y)()
	n.Items = make([]*Node, 0, len(y.Content))
	for i := range y.Content {
		item, err := c.convert(c.takeChild(y, i), depth+1)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
	}
	return nil
}

func (c *yamlConverter) fields(n *Node, y *yaml.Node, depth int) error {
	defer c.enter(y)()
	first := make(map[string]int, len(y.Content)/2)
	n.Fields = make([]Field, 0, len(y.Content)/2)
	var merges []*yaml.Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := c.takeChild(y, i), c.takeChild(y, i+1)
		var f Field
		f.Line, f.Column = c.locate(key.Line, key.Column)
		isMerge := key.Kind == yaml.ScalarNode && key.Tag == "!!merge"
		if isMerge {
			f.Name = "<<"
		} else if err := c.key(&f, n, key); err != nil {
			return err
		}
		if line, ok := first[f.Name]; ok {
			f.Problem = DuplicateField(f.Name, line)
		}
		first[f.Name] = f.Line
		if isMerge && f.Problem == "" {
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

// key decodes the name of a field. Other scalars become the text to which JavaScript converts
// them.
func (c *yamlConverter) key(f *Field, owner *Node, key *yaml.Node) error {
	for key.Kind == yaml.AliasNode && key.Alias != nil {
		key = key.Alias
	}
	if key.Kind != yaml.ScalarNode {
		f.Name = key.Value
		f.Problem = "the name of a field must be text; is a pair of quotes missing?"
		owner.IsPlaceholder = owner.IsPlaceholder || key.Kind == yaml.MappingNode
		return nil
	}
	var n Node
	scalar(&n, key)
	f.Problem = n.Problem
	switch n.Kind {
	case String, Number:
		f.Name = n.Text
	case Invalid:
		f.Name = key.Value
	default:
		f.Name = n.Describe()
	}
	return c.budget.Spend(0, len(f.Name))
}

// merge adds the fields of a `<<` merge that don't exist yet.
func (c *yamlConverter) merge(n *Node, first map[string]int, y *yaml.Node, depth int) error {
	source, err := c.convert(y, depth+1)
	if err != nil {
		return err
	}
	sources := []*Node{source}
	if source.Kind == Array {
		sources = source.Items
	}
	for _, s := range sources {
		if s.Kind != Object {
			problem := s.Problem
			if problem == "" {
				problem = "<< merges an object, or a list of objects, not " + s.Describe()
			}
			line, column := c.locate(y.Line, y.Column)
			n.Fields = append(n.Fields, Field{Name: "<<", Value: s, Problem: problem, Line: line, Column: column})
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
