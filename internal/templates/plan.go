package templates

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"orgmodes/internal/diff"
	"orgmodes/internal/resource"
)

// Planned is what becomes of one template of a file.
type Planned struct {
	Entry
	Action resource.Action
	// Template is what will be kept; under another name than the Entry's where it
	// is renamed.
	Template Template
	// ID is the id that it will have: the existing one's for an update; for a new
	// one the file's, where it is free in the organization, otherwise none, and the
	// store makes one.
	ID uuid.UUID
	// Existing is the template that it is, or that has its name; nil if there is none.
	Existing *OrganizationTemplate
	// Changes are what an update changes, field by field. With a conflict, they are
	// what Replace would change.
	Changes []diff.Change
	// FreeName is what Rename would call it, where there is a conflict.
	FreeName string
	// Reason says in a sentence why it is in conflict; empty where it isn't.
	Reason string
}

// ImportPlan is what an import will do.
type ImportPlan struct {
	Templates []Planned
	Notices   []resource.Notice
	// TooMuch is a *fault.Error where the organization would outgrow its limits with
	// all this; nil where it wouldn't.
	TooMuch error
}

// Count is how many templates have an action.
func (p ImportPlan) Count(a resource.Action) int {
	n := 0
	for _, t := range p.Templates {
		if t.Action == a {
			n++
		}
	}
	return n
}

// Wanted returns the templates to create and to update, in the order of the
// files: what to hand to the store, all in one transaction.
func (p ImportPlan) Wanted() []OrganizationTemplate {
	var all []OrganizationTemplate
	for _, t := range p.Templates {
		switch t.Action {
		case resource.ActionCreate: // it goes on being as old as it is
			all = append(all, OrganizationTemplate{
				Template: t.Template, ID: t.ID, CreatedAt: t.Entry.CreatedAt, UpdatedAt: t.Entry.UpdatedAt,
			})
		case resource.ActionUpdate:
			all = append(all, OrganizationTemplate{Template: t.Template, ID: t.ID})
		}
	}
	return all
}

// PlanImport says what importing files into an organization would do, template by
// template. One with the id of an existing template is that one, whatever its
// name; one whose name an existing one has under another id is in conflict with
// it, unless both say the same. Names are compared with those that the
// organization has now, also where an update frees one: the plan is right in
// whatever order it is applied. The error is a *fault.Error (Invalid) about
// choices that make no sense.
func PlanImport(existing []OrganizationTemplate, f Files, c Choices) (ImportPlan, error) {
	if err := c.check(f.Entries); err != nil {
		return ImportPlan{}, err
	}
	p := planner{
		choices: c, existing: existing, byName: map[string]*OrganizationTemplate{}, byID: map[uuid.UUID]*OrganizationTemplate{},
		taken: map[string]bool{}, holder: map[string]int{},
	}
	for i := range existing {
		t := &existing[i]
		p.byName[NameKey(t.Name)], p.byID[t.ID] = t, t
		p.taken[NameKey(t.Name)] = true
	}
	// A name of the files is taken too, so that nothing is called what comes up
	// further down.
	for _, e := range f.Entries {
		p.taken[NameKey(e.Template.Name)] = true
	}
	for _, e := range f.Entries {
		p.planned = append(p.planned, p.plan(e))
	}
	return ImportPlan{Templates: p.planned, Notices: f.Notices, TooMuch: p.tooMuch()}, nil
}

type planner struct {
	choices  Choices
	existing []OrganizationTemplate
	byName   map[string]*OrganizationTemplate
	byID     map[uuid.UUID]*OrganizationTemplate
	// taken are the names that are no longer free.
	taken map[string]bool
	// holder is, by name and by id, the planned template that has it.
	holder  map[string]int
	planned []Planned
}

func (p *planner) plan(e Entry) Planned {
	t := Planned{Entry: e, Template: e.Template, ID: e.ID}
	t.Notices = slices.Clip(t.Notices)
	switch {
	case len(e.Problems) > 0:
		t.Action, t.ID = resource.ActionInvalid, uuid.Nil
		return t
	case !p.choices.wants(e):
		t.Action = resource.ActionSkip
		return t
	}
	target := p.byID[e.ID]
	named := p.byName[NameKey(e.Template.Name)]
	if target == nil && named != nil && named.Template.Equal(e.Template) {
		// Another organization, or a copy of this one, made the same template: there
		// is nothing to decide.
		target = named
		if e.ID != uuid.Nil {
			t.notice("/template_id", "the organization has this very template under another id, which stays")
		}
	}
	if in := p.inTheWay(t, target); in != nil {
		p.conflict(&t, target, in)
		return t
	}
	p.settle(&t, target)
	return t
}

// nobody is no planned template.
const nobody = -1

// obstacle is what stands in the way of a template.
type obstacle struct {
	// planned is a template of the files before it, or nobody.
	planned int
	// existing is the template that Replace would replace; nil where that would be
	// created.
	existing *OrganizationTemplate
	reason   string
}

// inTheWay finds what stands in the way of t, should it become target (nil: a new
// template).
func (p *planner) inTheWay(t Planned, target *OrganizationTemplate) *obstacle {
	keys := t.keys()
	if target != nil {
		keys = append(keys, idKey(target.ID))
	}
	for i, key := range keys {
		j, held := p.holder[key]
		if !held {
			continue
		}
		what := "has the same template_id"
		if i == 0 {
			what = "has the same name"
		} else if target != nil && target.ID != t.ID {
			what = fmt.Sprintf("changes '%s', which this is too", target.Name)
		}
		return &obstacle{j, p.planned[j].Existing, fmt.Sprintf("template %d of the files%s %s", j, p.planned[j].where(), what)}
	}
	if named := p.byName[NameKey(t.Template.Name)]; named != nil && named != target {
		return &obstacle{nobody, named, fmt.Sprintf("the organization has a template '%s' with another id", named.Name)}
	}
	return nil
}

func (e Entry) where() string {
	if e.File == "" {
		return fmt.Sprintf(" (line %d)", e.Line)
	}
	return fmt.Sprintf(" (%s, line %d)", e.File, e.Line)
}

// conflict decides what becomes of t where something stands in its way.
func (p *planner) conflict(t *Planned, target *OrganizationTemplate, in *obstacle) {
	t.Reason, t.Existing = in.reason, in.existing
	t.FreeName = t.Template.Name // where it is only the id that is another one's
	if _, held := p.holder[nameKey(t.FreeName)]; held || p.byName[NameKey(t.FreeName)] != nil {
		t.FreeName = p.freeName(t.FreeName)
	}
	if in.existing != nil {
		t.Changes = Diff(in.existing.Template, t.Template)
	}
	t.Action = resource.ActionConflict
	switch p.choices.of(t.Entry) {
	case Skip:
		t.Action = resource.ActionSkip
	case Replace:
		p.replace(t, in)
	case Rename:
		p.rename(t, target)
	}
}

// replace puts t in the place of what stands in its way. Where that place has
// another owner by now, the conflict stays.
func (p *planner) replace(t *Planned, in *obstacle) {
	mine := func(key string) bool {
		i, held := p.holder[key]
		return !held || i == in.planned
	}
	named := p.byName[NameKey(t.Template.Name)]
	if !mine(nameKey(t.Template.Name)) || named != nil && named != in.existing || in.existing != nil && !mine(idKey(in.existing.ID)) {
		t.Reason += "; it can't be replaced, as that place is another template's by now"
		return
	}
	if in.planned != nobody {
		loser := &p.planned[in.planned]
		t.ID = loser.ID
		loser.Action, loser.Changes = resource.ActionSkip, nil
		loser.notice("", "replaced by template %d of the files%s", t.Index, t.where())
		maps.DeleteFunc(p.holder, func(_ string, i int) bool { return i == in.planned })
	}
	p.settle(t, in.existing)
}

// rename makes t under a free name: the template that it is by its id, or a new
// one.
func (p *planner) rename(t *Planned, target *OrganizationTemplate) {
	if target != nil && target.ID != t.Entry.ID {
		target = nil // only the name made it that one
	}
	if _, held := p.holder[idKey(t.Entry.ID)]; held {
		target, t.ID = nil, uuid.Nil
	}
	if t.FreeName != t.Template.Name {
		t.notice("/name", "called '%s', as the name is taken", t.FreeName)
		t.Template.Name = t.FreeName
	}
	if target == nil && t.ID != t.Entry.ID {
		t.notice("/template_id", "made as a new template, as the id is another one's")
	}
	p.settle(t, target)
}

// settle makes t an update of target, or a new template, and keeps its name and
// its place from everything further down.
func (p *planner) settle(t *Planned, target *OrganizationTemplate) {
	t.Existing, t.Changes = target, nil
	t.Action = resource.ActionCreate
	if target != nil {
		t.ID, t.Changes = target.ID, Diff(target.Template, t.Template)
		t.Action = resource.ActionUpdate
		if len(t.Changes) == 0 {
			t.Action = resource.ActionUnchanged
		}
	}
	p.taken[NameKey(t.Template.Name)] = true
	p.holder[nameKey(t.Template.Name)] = t.Index
	if t.ID != uuid.Nil {
		p.holder[idKey(t.ID)] = t.Index
	}
}

func (t *Planned) notice(pointer, format string, args ...any) {
	line, column := t.Position(pointer)
	t.Notices = append(t.Notices, resource.Notice{File: t.File, Pointer: pointer, Detail: fmt.Sprintf(format, args...), Line: line, Column: column})
}

// numbered matches a name that has a number of ours already.
var numbered = regexp.MustCompile(`^(.*\S) \([0-9]{1,6}\)$`)

// freeName appends the first number that makes a name free: "Reviewer (2)".
func (p *planner) freeName(name string) string {
	if m := numbered.FindStringSubmatch(name); m != nil {
		name = m[1]
	}
	runes := []rune(name)
	for i := 2; ; i++ {
		number := fmt.Sprintf(" (%d)", i)
		free := strings.TrimSpace(string(runes[:min(len(runes), MaxNameLength-len(number))])) + number
		if !p.taken[NameKey(free)] {
			return free
		}
	}
}

// tooMuch holds the organization as it would be against its limits.
func (p *planner) tooMuch() error {
	after := map[uuid.UUID]int{}
	count, total := 0, 0
	for _, t := range p.existing {
		after[t.ID] = t.Size()
	}
	for _, t := range p.planned {
		switch t.Action {
		case resource.ActionUpdate:
			after[t.ID] = t.Template.Size()
		case resource.ActionCreate:
			count, total = count+1, total+t.Template.Size()
		}
	}
	for _, size := range after {
		count, total = count+1, total+size
	}
	return CheckLibrary(count, total)
}
