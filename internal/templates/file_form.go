package templates

import (
	"fmt"
	"slices"
)

// The shapes in which templates are in files:
//
//	{"name": ...}                                          a template
//	[{"name": ...}, ...]                                   a list of them
//	{"version": 1, "exported_at": ..., "template": {...}}   an envelope
//	{"version": 1, "exported_at": ..., "templates": [...]}  an envelope of several
//	{"templates": [...]}                                   what is published

// envelopeVersion is the only one there is.
const envelopeVersion = "1"

var envelopeFields = []string{"version", "exported_at", "template", "templates"}

// placed are the templates of a file, where they were found.
type placed struct {
	nodes []*node
	// below is the pointer to the template, or to the list of them.
	below string
	// several says that the form is one for several.
	several bool
}

func (p placed) pointer(i int) string {
	if p.several {
		return fmt.Sprintf("%s/%d", p.below, i)
	}
	return p.below
}

// formOf finds the templates of a file. The problems say why it holds none.
func formOf(root *node) (placed, []problem) {
	switch {
	case root.kind == list:
		return placed{nodes: root.items, several: true}, nil
	case root.kind != object:
		var d decoder
		d.blame("", root.line, root.column, "a file of templates holds a template, a list of them or an envelope around them; this is %s", root.describe())
		return placed{}, d.problems
	case root.get("template") != nil || root.get("templates") != nil:
		return envelope(root)
	default:
		return placed{nodes: []*node{root}}, nil
	}
}

func envelope(root *node) (placed, []problem) {
	var d decoder
	d.object(root, "an envelope", envelopeFields, func(f field, at string) bool {
		n := f.value
		switch {
		case f.name == "version" && (n.kind != number || n.text != envelopeVersion):
			d.blame(at, n.line, n.column, "this is not version %s, the only one that we can read", envelopeVersion)
		case f.name == "exported_at" && n.kind != text && n.kind != null:
			d.blame(at, n.line, n.column, "must be text, not %s", n.describe())
		case f.name == "templates" && n.kind != list:
			d.blame(at, n.line, n.column, "must be a list of templates, not %s", n.describe())
		}
		return slices.Contains(envelopeFields, f.name)
	})
	one, several := root.get("template"), root.get("templates")
	if one != nil && several != nil {
		d.blame("/templates", several.line, several.column, "an envelope has template or templates, not both")
	}
	if len(d.problems) > 0 {
		return placed{}, d.problems
	}
	if one != nil {
		return placed{nodes: []*node{one}, below: "/template"}, nil
	}
	return placed{nodes: several.items, below: "/templates", several: true}, nil
}
