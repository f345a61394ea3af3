package modes

import (
	"cmp"
	"strings"

	"orgmodes/internal/fault"
)

// marketplaceItem reads the mode that an item holds in its `content`. What
// can't be read there is the item's own problem, not the file's.
func (r *fileReader) marketplaceItem(n *node, pointer string) ([]placed, error) {
	if kind := n.get("type"); kind != nil && kind.kind == text && kind.text != "mode" {
		r.notice(pointer, "this item is no mode but of the type "+shortened(kind.text, 40)+"; it is left out", n.line, n.column)
		return nil, nil
	}
	broken := func(at *node, detail string, line, column int) ([]placed, error) {
		return []placed{{node: at, pointer: pointer, problem: &fault.Field{Detail: detail, Line: line, Column: column}}}, nil
	}
	var content *node
	for _, f := range n.fields {
		if f.name != "content" {
			continue
		}
		if flaw := cmp.Or(f.flaw, f.value.flaw); flaw != "" {
			return broken(n, flaw, f.line, f.column)
		}
		content = f.value
	}
	pointer += "/content"
	switch {
	case content == nil:
		return broken(n, "this item has no content: that is where the mode of a marketplace item stands, as YAML", n.line, n.column)
	case content.kind == mapping:
		r.sayWhatIsDropped(n, pointer)
		return []placed{{node: content, pointer: pointer}}, nil
	case content.kind != text:
		return broken(n, "content must be text that holds a mode as YAML, not "+content.describe(), content.line, content.column)
	}
	r.sayWhatIsDropped(n, pointer)
	return r.contentOf(content, pointer)
}

func (r *fileReader) sayWhatIsDropped(n *node, pointer string) {
	var names []string
	for _, f := range n.fields {
		if f.name != "content" && f.name != "type" {
			names = append(names, "`"+shortened(f.name, 30)+"`")
		}
	}
	if len(names) > 6 {
		names = append(names[:6], "…")
	}
	if len(names) > 0 {
		r.noticeOnce("marketplace", strings.TrimSuffix(pointer, "/content"),
			"of a marketplace item only its content is kept, not "+strings.Join(names, ", "), n.line, n.column)
	}
}

// contentOf reads the mode, or the modes, of a text within a file. Positions
// become those of the file where they can be told exactly.
func (r *fileReader) contentOf(content *node, pointer string) ([]placed, error) {
	locate, exact := r.locator(content)
	outer := content
	if exact {
		outer = nil
	}
	root, err := parseYAML([]byte(content.text), r.budget, locate)
	if err != nil {
		f, ok := fault.As(err)
		if !ok || f.Kind == fault.TooLarge {
			return nil, err
		}
		problem := fault.Field{Detail: f.Message, Line: content.line, Column: content.column}
		if len(f.Fields) > 0 {
			problem = f.Fields[0]
			problem.Detail = "the content of this item can't be read as YAML: " + problem.Detail
			if problem.Line > 0 && exact && f.Code != "too_deep" {
				problem.Line, problem.Column = locate(problem.Line, problem.Column)
			}
		}
		return []placed{{node: content, pointer: pointer, content: outer, problem: &problem}}, nil
	}
	values := []*node{root}
	if below := root.get("customModes"); below != nil && below.kind == list {
		values = below.items
	} else if root.kind == list {
		values = root.items
	}
	if root.kind == text { // YAML takes any prose for a text
		problem := fault.Field{
			Detail: "the content of this item is no mode: found " + foundInstead(root),
			Line:   root.line, Column: root.column,
		}
		return []placed{{node: content, pointer: pointer, content: outer, problem: &problem}}, nil
	}
	found := make([]placed, len(values))
	for i, v := range values {
		found[i] = placed{node: v, pointer: pointer, content: outer}
	}
	return found, nil
}
