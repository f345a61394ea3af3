package modes

import (
	"cmp"
	"strings"

	"orgmodes/internal/fault"
	"orgmodes/internal/humanize"
	"orgmodes/internal/jsonast"
)

// marketplaceItem reads the mode in an item's `content`. An unreadable content is a problem of
// the item, not of the file.
func (r *fileReader) marketplaceItem(n *jsonast.Node, pointer string) ([]located, error) {
	if kind := n.Get("type"); kind != nil && kind.Kind == jsonast.String && kind.Text != "mode" {
		r.notice(pointer, "this item is not a mode but of the type "+humanize.Truncate(kind.Text, 40)+"; it is skipped", n.Line, n.Column)
		return nil, nil
	}
	invalidItem := func(at *jsonast.Node, detail string, line, column int) ([]located, error) {
		return []located{{node: at, pointer: pointer, problem: &fault.Field{Detail: detail, Line: line, Column: column}}}, nil
	}
	var content *jsonast.Node
	for _, f := range n.Fields {
		if f.Name != "content" {
			continue
		}
		if problem := cmp.Or(f.Problem, f.Value.Problem); problem != "" {
			return invalidItem(n, problem, f.Line, f.Column)
		}
		content = f.Value
	}
	pointer += "/content"
	switch {
	case content == nil:
		return invalidItem(n, "this item has no content, which holds the mode of a marketplace item, as YAML", n.Line, n.Column)
	case content.Kind == jsonast.Object:
		r.noteDropped(n, pointer)
		return []located{{node: content, pointer: pointer}}, nil
	case content.Kind != jsonast.String:
		return invalidItem(n, "content must be text that holds a mode as YAML, not "+content.Describe(), content.Line, content.Column)
	}
	r.noteDropped(n, pointer)
	return r.readContent(content, pointer)
}

func (r *fileReader) noteDropped(n *jsonast.Node, pointer string) {
	var names []string
	for _, f := range n.Fields {
		if f.Name != "content" && f.Name != "type" {
			names = append(names, "`"+humanize.Truncate(f.Name, 30)+"`")
		}
	}
	if len(names) > 6 {
		names = append(names[:6], "…")
	}
	if len(names) > 0 {
		r.noticeOnce("marketplace", strings.TrimSuffix(pointer, "/content"),
			"of a marketplace item only its content is stored, not "+strings.Join(names, ", "), n.Line, n.Column)
	}
}

// readContent reads the modes in a text within a file. Positions refer to the file if they can be
// determined exactly.
func (r *fileReader) readContent(content *jsonast.Node, pointer string) ([]located, error) {
	locate, exact := r.locator(content)
	outer := content
	if exact {
		outer = nil
	}
	root, err := parseYAML([]byte(content.Text), r.budget, locate)
	if err != nil {
		f, ok := fault.As(err)
		if !ok || f.Kind == fault.TooLarge {
			return nil, err
		}
		problem := fault.Field{Detail: f.Message, Line: content.Line, Column: content.Column}
		if len(f.Fields) > 0 {
			problem = f.Fields[0]
			problem.Detail = "the content of this item can't be read as YAML: " + problem.Detail
			if problem.Line > 0 && exact && f.Code != "too_deep" {
				problem.Line, problem.Column = locate(problem.Line, problem.Column)
			}
		}
		return []located{{node: content, pointer: pointer, content: outer, problem: &problem}}, nil
	}
	values := []*jsonast.Node{root}
	if list := root.Get("customModes"); list != nil && list.Kind == jsonast.Array {
		values = list.Items
	} else if root.Kind == jsonast.Array {
		values = root.Items
	}
	if root.Kind == jsonast.String { // YAML reads any prose as a string
		problem := fault.Field{
			Detail: "the content of this item is not a mode: found " + describeFound(root),
			Line:   root.Line, Column: root.Column,
		}
		return []located{{node: content, pointer: pointer, content: outer, problem: &problem}}, nil
	}
	found := make([]located, len(values))
	for i, v := range values {
		found[i] = located{node: v, pointer: pointer, content: outer}
	}
	return found, nil
}
