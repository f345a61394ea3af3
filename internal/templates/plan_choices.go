package templates

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
)

// Choice says what to do with a template whose name, or whose place, is another
// one's.
type Choice string

// The ways out of a conflict.
const (
	// Skip leaves what is there as it is.
	Skip Choice = "skip"
	// Replace puts the template in the place of the other, whose id stays.
	Replace Choice = "replace"
	// Rename makes the template under a free name: "Reviewer (2)".
	Rename Choice = "rename"
)

// Choices are what an admin decided about an import. The zero value takes all
// that is valid, and leaves conflicts to be decided.
type Choices struct {
	// OnConflict is for conflicts that nothing else names; empty leaves them open.
	OnConflict Choice `json:"on_conflict,omitempty"`
	// ByName is per name in the files, ByIndex per Entry.Index, which wins. Capitals
	// make no difference in names.
	ByName  map[string]Choice `json:"by_name,omitempty"`
	ByIndex map[int]Choice    `json:"by_index,omitempty"`
	// Only are the entries to take, by Entry.Index; nil takes all.
	Only []int `json:"only,omitempty"`
}

// check returns a *fault.Error (Invalid) about choices that make no sense.
func (c Choices) check(entries []Entry) error {
	invalid := func(pointer, format string, args ...any) error {
		return fault.New(fault.Invalid, "invalid_choice", "What to import can't be chosen like this.").
			With(fault.Field{Pointer: pointer, Detail: fmt.Sprintf(format, args...)})
	}
	ways := []Choice{Skip, Replace, Rename}
	none := func(pointer string, way Choice) error {
		return invalid(pointer, "%s is none of skip, replace, rename", quoted(string(way)))
	}
	if c.OnConflict != "" && !slices.Contains(ways, c.OnConflict) {
		return none("/on_conflict", c.OnConflict)
	}
	for _, name := range slices.Sorted(maps.Keys(c.ByName)) {
		at := "/by_name" + jsonast.Step(name)
		if way := c.ByName[name]; !slices.Contains(ways, way) {
			return none(at, way)
		}
		if !slices.ContainsFunc(entries, func(e Entry) bool { return NameKey(e.Template.Name) == NameKey(name) }) {
			return invalid(at, "there is no template with the name %s in these files", quoted(name))
		}
	}
	for _, i := range slices.Sorted(maps.Keys(c.ByIndex)) {
		at := "/by_index/" + strconv.Itoa(i)
		if way := c.ByIndex[i]; !slices.Contains(ways, way) {
			return none(at, way)
		}
		if i < 0 || i >= len(entries) {
			return invalid(at, "there is no template %d in these files; they have %d, counted from 0", i, len(entries))
		}
	}
	for n, i := range c.Only {
		if i < 0 || i >= len(entries) {
			return invalid("/only/"+strconv.Itoa(n), "there is no template %d in these files; they have %d, counted from 0", i, len(entries))
		}
	}
	return nil
}

func (c Choices) wants(e Entry) bool { return c.Only == nil || slices.Contains(c.Only, e.Index) }

func (c Choices) of(e Entry) Choice {
	if way, ok := c.ByIndex[e.Index]; ok {
		return way
	}
	for _, name := range slices.Sorted(maps.Keys(c.ByName)) {
		if NameKey(name) == NameKey(e.Template.Name) {
			return c.ByName[name]
		}
	}
	return c.OnConflict
}
