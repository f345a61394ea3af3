package transfer

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"orgmodes/internal/fault"
	"orgmodes/internal/humanize"
	"orgmodes/internal/imports"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/resource"
)

// Choices holds an admin's decisions about an import, in the API's format for its kind:
// ModeChoices or TemplateChoices.
type Choices interface {
	// policy returns the choices as a policy for the entries of files. The error is a
	// *fault.Error (Invalid) with a pointer to each invalid choice.
	policy(kind resource.Kind, entries []imports.Entry) (imports.ConflictPolicy, error)
}

// ModeChoices are the choices of an import of modes. The zero value selects all valid
// modes, and overwrites existing ones.
type ModeChoices struct {
	// Collision is overwrite, skip or keep_both, for slugs that are not in BySlug. Empty
	// means overwrite.
	Collision string `json:"collision,omitempty"`
	// BySlug holds decisions by the slug in the file, in any letter case.
	BySlug map[string]string `json:"by_slug,omitempty"`
	// Slugs and Indexes select modes by slug and by index. If both are empty, all modes
	// are selected. Of two modes with one slug, the second can be selected only by index.
	Slugs   []string `json:"slugs,omitempty"`
	Indexes []int    `json:"indexes,omitempty"`
}

func (c ModeChoices) policy(kind resource.Kind, entries []imports.Entry) (imports.ConflictPolicy, error) {
	r := choiceReader{
		kind: kind, entries: entries, files: "this file", have: "it has", decisionNames: []string{"overwrite", "skip", "keep_both"},
		decisions: []imports.Decision{imports.Replace, imports.Skip, imports.KeepBoth},
	}
	p := imports.ConflictPolicy{Default: r.decision("/collision", cmp.Or(c.Collision, "overwrite")), ByName: r.byName("/by_slug", c.BySlug)}
	for i, slug := range c.Slugs {
		r.checkName("/slugs/"+strconv.Itoa(i), slug)
	}
	r.checkIndexes("/indexes", c.Indexes)
	if len(c.Slugs)+len(c.Indexes) > 0 {
		p.Names, p.Indexes = c.Slugs, c.Indexes
	}
	return p, r.err
}

// TemplateChoices are the choices of an import of permission templates. The zero value
// selects all valid templates, and leaves conflicts undecided.
type TemplateChoices struct {
	// OnConflict is skip, replace or rename, for conflicts without another decision. Empty
	// leaves them undecided.
	OnConflict string `json:"on_conflict,omitempty"`
	// ByName holds decisions by the name in the files, in any letter case. ByIndex holds
	// decisions by index, which take precedence.
	ByName  map[string]string `json:"by_name,omitempty"`
	ByIndex map[int]string    `json:"by_index,omitempty"`
	// Only selects templates by index; nil selects all.
	Only []int `json:"only,omitempty"`
}

func (c TemplateChoices) policy(kind resource.Kind, entries []imports.Entry) (imports.ConflictPolicy, error) {
	r := choiceReader{
		kind: kind, entries: entries, files: "these files", have: "they have", decisionNames: []string{"skip", "replace", "rename"},
		decisions: []imports.Decision{imports.Skip, imports.Replace, imports.KeepBoth},
	}
	p := imports.ConflictPolicy{Indexes: c.Only, ByIndex: map[int]imports.Decision{}}
	if c.OnConflict != "" {
		p.Default = r.decision("/on_conflict", c.OnConflict)
	}
	p.ByName = r.byName("/by_name", c.ByName)
	for _, i := range slices.Sorted(maps.Keys(c.ByIndex)) {
		at := "/by_index/" + strconv.Itoa(i)
		p.ByIndex[i] = r.decision(at, c.ByIndex[i])
		r.checkIndex(at, i)
	}
	r.checkIndexes("/only", c.Only)
	return p, r.err
}

// choiceReader checks choices against the entries of files. It stops at the first
// error.
type choiceReader struct {
	kind    resource.Kind
	entries []imports.Entry
	// files and have refer to the files in error messages.
	files, have string
	// decisionNames are the names of the decisions, in the order in which messages list them.
	decisionNames []string
	decisions     []imports.Decision
	err           error
}

func (r *choiceReader) refuse(pointer, format string, args ...any) {
	if r.err == nil {
		r.err = fault.New(fault.Invalid, "invalid_choice", "The choices are invalid.").
			With(fault.Field{Pointer: pointer, Detail: fmt.Sprintf(format, args...)})
	}
}

func (r *choiceReader) decision(pointer, word string) imports.Decision {
	i := slices.Index(r.decisionNames, word)
	if i < 0 {
		r.refuse(pointer, "%s is not one of %s", quoted(word), strings.Join(r.decisionNames, ", "))
		return imports.Undecided
	}
	return r.decisions[i]
}

func (r *choiceReader) byName(pointer string, words map[string]string) map[string]imports.Decision {
	out := map[string]imports.Decision{}
	for _, name := range slices.Sorted(maps.Keys(words)) {
		at := pointer + jsonast.EscapeToken(name)
		out[name] = r.decision(at, words[name])
		r.checkName(at, name)
	}
	return out
}

func (r *choiceReader) checkName(pointer, name string) {
	key := r.kind.NameKey(name)
	if !slices.ContainsFunc(r.entries, func(e imports.Entry) bool { return r.kind.NameKey(e.Spec.ObjectName()) == key }) {
		n := r.kind.Names()
		r.refuse(pointer, "there is no %s with the %s %s in %s", n.Singular, n.NameField, quoted(name), r.files)
	}
}

func (r *choiceReader) checkIndexes(pointer string, indexes []int) {
	for n, i := range indexes {
		r.checkIndex(pointer+"/"+strconv.Itoa(n), i)
	}
}

func (r *choiceReader) checkIndex(pointer string, i int) {
	if i < 0 || i >= len(r.entries) {
		r.refuse(pointer, "there is no %s %d in %s; %s %d, counted from 0", r.kind.Names().Singular, i, r.files, r.have, len(r.entries))
	}
}

func quoted(s string) string { return strconv.Quote(humanize.Truncate(s, 60)) }
