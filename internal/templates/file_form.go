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

// located holds the template nodes of a file and their location.
type located struct {
	nodes []*jsonast.Node
	// base is the pointer to the template, or to the list of templates.
	base string
	// isList is set if the format can hold several templates.
	isList bool
}

func (p located) pointer(i int) string {
	if p.isList {
		return fmt.Sprintf("%s/%d", p.base, i)
	}
	return p.base
}

// findTemplates finds the templates of a file. It returns problems if the file holds none.
func findTemplates(root *jsonast.Node) (located, []problem) {
	switch {
	case root.Kind == jsonast.Array:
		return located{nodes: root.Items, isList: true}, nil
	case root.Kind != jsonast.Object:
		var d decoder
		d.addProblem("", root.Line, root.Column, "a file of templates holds a template, a list of them or an envelope around them; this is %s", root.Describe())
		return located{}, d.problems
	case root.Get("template") != nil || root.Get("templates") != nil:
		return envelope(root)
	default:
		return located{nodes: []*jsonast.Node{root}}, nil
	}
}

func envelope(root *jsonast.Node) (located, []problem) {
	var d decoder
	d.object(root, "an envelope", envelopeFields, func(f jsonast.Field, at string) bool {
		n := f.Value
		switch {
		case f.Name == "version" && (n.Kind != jsonast.Number || n.Text != envelopeVersion):
			d.addProblem(at, n.Line, n.Column, "this is not version %s, the only supported version", envelopeVersion)
		case f.Name == "exported_at" && n.Kind != jsonast.String && n.Kind != jsonast.Null:
			d.addProblem(at, n.Line, n.Column, "must be text, not %s", n.Describe())
		case f.Name == "templates" && n.Kind != jsonast.Array:
			d.addProblem(at, n.Line, n.Column, "must be a list of templates, not %s", n.Describe())
		}
		return slices.Contains(envelopeFields, f.Name)
	})
	one, several := root.Get("template"), root.Get("templates")
	if one != nil && several != nil {
		d.addProblem("/templates", several.Line, several.Column, "an envelope has template or templates, not both")
	}
	if len(d.problems) > 0 {
		return located{}, d.problems
	}
	if one != nil {
		return located{nodes: []*jsonast.Node{one}, base: "/template"}, nil
	}
	return located{nodes: several.Items, base: "/templates", isList: true}, nil
}
