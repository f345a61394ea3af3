package manifest

import (
	"fmt"

	"orgmodes/internal/fault"
	"orgmodes/internal/resource"
)

// Sort returns the documents in an order in which they can be applied: each after the documents
// that it requires, otherwise in the original order. The error is a *fault.Error (Invalid,
// "invalid_manifest") for objects that require each other.
func Sort(kinds []resource.Kind, documents []Document) ([]Document, error) {
	s := sorter{kinds: map[string]resource.Kind{}, index: map[string]int{}, state: make([]state, len(documents)), documents: documents}
	for _, k := range kinds {
		s.kinds[k.Names().Singular] = k
	}
	for i, d := range documents {
		s.index[s.key(d.Kind.Names().Singular, d.Name())] = i
	}
	for i := range documents {
		if s.state[i] == unvisited {
			s.visit(i)
		}
	}
	return s.sorted, s.err()
}

type state uint8

const (
	unvisited state = iota
	visiting
	visited
)

type sorter struct {
	problems
	kinds     map[string]resource.Kind
	index     map[string]int
	state     []state
	documents []Document
	sorted    []Document
}

func (s *sorter) key(singular, name string) string {
	if k := s.kinds[singular]; k != nil {
		name = k.NameKey(name)
	}
	return singular + " " + name
}

func (s *sorter) visit(i int) {
	s.state[i] = visiting
	d := s.documents[i]
	for _, ref := range d.Spec.References() {
		target, ok := s.index[s.key(ref.Kind, ref.Name)]
		switch {
		case !ok || !ref.Required:
		case s.state[target] == unvisited:
			s.visit(target)
		case s.state[target] == visiting:
			s.add(d.SpecProblem(fault.Field{
				Pointer: ref.Path, Detail: fmt.Sprintf("%q requires %q in turn; remove one of the references", ref.Name, d.Name()),
			}))
		}
	}
	s.state[i] = visited
	s.sorted = append(s.sorted, d)
}
