package templates

import (
	"fmt"
	"slices"

	"orgmodes/internal/jsonast"
)

// The file formats of templates:
//
//	{"name": ...}                                          a template
//	[{"name": ...}, ...]                                   a list of them
//	{"version": 1, "exported_at": ..., "template": {...}}   an envelope
//	{"version": 1, "exported_at": ..., "templates": [...]}  an envelope of several
//	{"templates": [...]}                                   the published document

// envelopeVersion is the only supported version.
const envelopeVersion = "1"

var envelopeFields = []string{"version", "exported_at", "template", "templates"}

// placed holds the template nodes of a file and their location.
type placed struct {
	nodes []*jsonast.Node
	// below is the pointer to the template, or to the list of templates.
	below string
	// several is set if the format can hold several templates.
	several bool
}

func (p placed) pointer(i int) string {
	if p.several {
		return fmt.Sprintf("%s/%d", p.below, i)
	}
	return p.below
}

// formOf finds the templates of a file. It returns problems if the file holds none.
func formOf(root *jsonast.Node) (placed, []problem) {
	switch {
	case root.Kind == jsonast.List:
		return placed{nodes: root.Items, several: true}, nil
	case root.Kind != jsonast.Object:
		var d decoder
		d.blame("", root.Line, root.Column, "a file of templates holds a template, a list of them or an envelope around them; this is %s", root.Describe())
		return placed{}, d.problems
	case root.Get("template") != nil || root.Get("templates") != nil:
		return envelope(root)
	default:
		return placed{nodes: []*jsonast.Node{root}}, nil
	}
}

func envelope(root *jsonast.Node) (placed, []problem) {
	var d decoder
	d.object(root, "an envelope", envelopeFields, func(f jsonast.Field, at string) bool {
		n := f.Value
		switch {
		case f.Name == "version" && (n.Kind != jsonast.Number || n.Text != envelopeVersion):
			d.blame(at, n.Line, n.Column, "this is not version %s, the only supported version", envelopeVersion)
		case f.Name == "exported_at" && n.Kind != jsonast.Text && n.Kind != jsonast.Null:
			d.blame(at, n.Line, n.Column, "must be text, not %s", n.Describe())
		case f.Name == "templates" && n.Kind != jsonast.List:
			d.blame(at, n.Line, n.Column, "must be a list of templates, not %s", n.Describe())
		}
		return slices.Contains(envelopeFields, f.Name)
	})
	one, several := root.Get("template"), root.Get("templates")
	if one != nil && several != nil {
		d.blame("/templates", several.Line, several.Column, "an envelope has template or templates, not both")
	}
	if len(d.problems) > 0 {
		return placed{}, d.problems
	}
	if one != nil {
		return placed{nodes: []*jsonast.Node{one}, below: "/template"}, nil
	}
	return placed{nodes: several.Items, below: "/templates", several: true}, nil
}
