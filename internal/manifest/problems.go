package manifest

import (
	"fmt"

	"orgmodes/internal/fault"
)

// maxProblems bounds the problems that are reported.
const maxProblems = 50

// problems collects the problems of manifests.
type problems struct{ list []fault.Field }

func (p *problems) add(f fault.Field) { p.list = append(p.list, f) }

// merge adds the problems of an error; locate sets the position of each.
func (p *problems) merge(err error, locate func(fault.Field) fault.Field) {
	f, ok := fault.As(err)
	switch {
	case !ok:
		p.add(locate(fault.Field{Detail: err.Error()}))
	case len(f.Fields) == 0:
		p.add(locate(fault.Field{Detail: f.Message}))
	default:
		for _, field := range f.Fields {
			p.add(locate(field))
		}
	}
}

// err returns an error with the problems, or nil if there are none.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	list := p.list
	if more := len(list) - maxProblems; more > 1 {
		list = append(list[:maxProblems:maxProblems], fault.Field{Detail: fmt.Sprintf("and %d more problems", more)})
	}
	return fault.New(fault.Invalid, "invalid_manifest", "Nothing was applied: these manifests are invalid").With(list...)
}
