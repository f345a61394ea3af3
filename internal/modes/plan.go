package modes

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"orgmodes/internal/diff"
	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/resource"
)

// Collision says what to do with a mode whose slug the organization has.
type Collision string

// The ways out of a collision.
const (
	Overwrite Collision = "overwrite"
	Skip      Collision = "skip"
	// KeepBoth creates the mode beside the other, under a free slug.
	KeepBoth Collision = "keep_both"
)

// Choices are what an admin decided about an import. The zero value takes all
// that is valid, and overwrites.
type Choices struct {
	// Collision is for slugs that BySlug doesn't name; empty is Overwrite.
	Collision Collision `json:"collision,omitempty"`
	// BySlug is per slug of the file; capitals make no difference.
	BySlug map[string]Collision `json:"by_slug,omitempty"`
	// Slugs and Indexes are the modes to take, by slug and by Entry.Index; with
	// neither, all are taken. Only by index can the second of two modes with one
	// slug be chosen instead of the first.
	Slugs   []string `json:"slugs,omitempty"`
	Indexes []int    `json:"indexes,omitempty"`
}

// PlannedMode is what becomes of one mode of a file.
type PlannedMode struct {
	Entry
	Action resource.Action
	// Mode is what will be kept; under another slug than the Entry's where both
	// are kept.
	Mode Mode
	// Existing is the organization's mode of the slug, if there is one.
	Existing *OrganizationMode
	// Changes are what an update changes, field by field.
	Changes []diff.Change
	// FreeSlug is the slug for keeping both, where there is an Existing.
	FreeSlug string
}

// ImportPlan is what an import will do.
type ImportPlan struct {
	Modes   []PlannedMode
	Notices []resource.Notice
	// TooMuch is a *fault.Error where the library would outgrow its limits with
	// all this; nil where it wouldn't.
	TooMuch error
}

// Count is how many modes have an action.
func (p ImportPlan) Count(a resource.Action) int {
	n := 0
	for _, m := range p.Modes {
		if m.Action == a {
			n++
		}
	}
	return n
}

// Wanted returns the modes to create and to update, in the order of the file.
// By slug they are what to hand to the store, all in one transaction.
func (p ImportPlan) Wanted() []Mode {
	var ms []Mode
	for _, m := range p.Modes {
		if m.Action == resource.ActionCreate || m.Action == resource.ActionUpdate {
			ms = append(ms, m.Mode)
		}
	}
	return ms
}

// PlanImport says what importing a file into a library would do, mode by mode.
// The error is a *fault.Error (Invalid) about choices that make no sense.
func PlanImport(existing []OrganizationMode, f File, c Choices) (ImportPlan, error) {
	if err := c.check(f); err != nil {
		return ImportPlan{}, err
	}
	p := planner{choices: c, existing: map[string]*OrganizationMode{}, taken: map[string]bool{}, chosen: map[string]int{}}
	for i := range existing {
		key := SlugKey(existing[i].Slug)
		p.existing[key], p.taken[key] = &existing[i], true
	}
	// A slug of the file is taken too, so that nothing is kept under a slug that
	// comes up further down.
	for _, e := range f.Entries {
		p.taken[SlugKey(e.Mode.Slug)] = true
	}
	plan := ImportPlan{Notices: f.Notices, Modes: make([]PlannedMode, len(f.Entries))}
	for i, e := range f.Entries {
		plan.Modes[i] = p.plan(e)
	}
	plan.TooMuch = checkOutcome(existing, plan)
	return plan, nil
}

func (c Choices) check(f File) error {
	invalid := func(pointer, format string, args ...any) error {
		return fault.New(fault.Invalid, "invalid_choice", "What to import can't be chosen like this.").
			With(fault.Field{Pointer: pointer, Detail: fmt.Sprintf(format, args...)})
	}
	known := func(slug string) bool {
		return slices.ContainsFunc(f.Entries, func(e Entry) bool { return SlugKey(e.Mode.Slug) == SlugKey(slug) })
	}
	ways := []Collision{"", Overwrite, Skip, KeepBoth}
	if !slices.Contains(ways, c.Collision) {
		return invalid("/collision", "%q is none of overwrite, skip, keep_both", c.Collision)
	}
	for slug, way := range c.BySlug {
		if !slices.Contains(ways[1:], way) {
			return invalid("/by_slug"+jsonast.Step(slug), "%q is none of overwrite, skip, keep_both", way)
		}
		if !known(slug) {
			return invalid("/by_slug"+jsonast.Step(slug), "there is no mode with the slug %q in this file", slug)
		}
	}
	for i, slug := range c.Slugs {
		if !known(slug) {
			return invalid("/slugs/"+strconv.Itoa(i), "there is no mode with the slug %q in this file", slug)
		}
	}
	for i, index := range c.Indexes {
		if index < 0 || index >= len(f.Entries) {
			return invalid("/indexes/"+strconv.Itoa(i), "there is no mode %d in this file; it has %d, counted from 0", index, len(f.Entries))
		}
	}
	return nil
}

func (c Choices) wants(e Entry) bool {
	if len(c.Slugs) == 0 && len(c.Indexes) == 0 {
		return true
	}
	return slices.Contains(c.Indexes, e.Index) ||
		slices.ContainsFunc(c.Slugs, func(slug string) bool { return SlugKey(slug) == SlugKey(e.Mode.Slug) })
}

func (c Choices) collision(slug string) Collision {
	for _, s := range slices.Sorted(maps.Keys(c.BySlug)) {
		if SlugKey(s) == SlugKey(slug) {
			return c.BySlug[s]
		}
	}
	if c.Collision == "" {
		return Overwrite
	}
	return c.Collision
}

type planner struct {
	choices  Choices
	existing map[string]*OrganizationMode
	// taken are the slugs that are no longer free.
	taken map[string]bool
	// chosen counts, by slug, the modes that are taken.
	chosen map[string]int
}

func (p *planner) plan(e Entry) PlannedMode {
	key := SlugKey(e.Mode.Slug)
	m := PlannedMode{Entry: e, Mode: e.Mode, Existing: p.existing[key]}
	m.Notices = slices.Clip(m.Notices)
	own := e.Problems
	if e.Conflict != nil {
		own = own[:len(own)-1]
	}
	switch {
	case len(own) > 0:
		m.Action = resource.ActionInvalid
		return m
	case !p.choices.wants(e):
		m.Action = resource.ActionSkip
		return m
	case e.Conflict != nil && (p.chosen[key] > 0 || len(p.choices.Indexes) == 0):
		m.Action = resource.ActionConflict
		return m
	}
	m.Problems = nil // the other one with its slug was not chosen
	p.chosen[key]++
	if m.Existing == nil {
		m.Action = resource.ActionCreate
		return m
	}
	p.collide(&m)
	return m
}

func (p *planner) collide(m *PlannedMode) {
	m.Changes = Diff(m.Existing.Mode, m.Mode)
	if len(m.Changes) == 0 {
		m.Action = resource.ActionUnchanged
		return
	}
	m.FreeSlug = p.freeSlug(m.Mode.Slug)
	switch p.choices.collision(m.Mode.Slug) {
	case Skip:
		m.Action = resource.ActionSkip
	case KeepBoth:
		m.Action, m.Changes = resource.ActionCreate, nil
		m.notice("/slug", fmt.Sprintf("kept beside the mode %q that is there already, under the slug %q", m.Existing.Slug, m.FreeSlug))
		m.Mode.Slug = m.FreeSlug
		p.taken[SlugKey(m.FreeSlug)] = true
		if name := m.Mode.Name + " (2)"; m.Mode.Name == m.Existing.Name && utf8.RuneCountInString(name) <= MaxNameLength {
			m.Mode.Name = name
			m.notice("/name", fmt.Sprintf("called %q, so that the two can be told apart", name))
		}
	default:
		m.Action = resource.ActionUpdate
		if m.Existing.Slug != m.Mode.Slug {
			m.notice("/slug", fmt.Sprintf("differs only in capitals from the mode %q that is there already, and replaces it under the slug %q",
				m.Existing.Slug, m.Mode.Slug))
		}
	}
}

func (m *PlannedMode) notice(pointer, detail string) {
	line, column := m.Position(pointer)
	m.Notices = append(m.Notices, resource.Notice{File: m.File, Pointer: pointer, Detail: detail, Line: line, Column: column})
}

// freeSlug appends the first number that makes a slug free: docs-2.
func (p *planner) freeSlug(slug string) string {
	for i := 2; ; i++ {
		number := "-" + strconv.Itoa(i)
		free := slug[:min(len(slug), MaxSlugLength-len(number))] + number
		if !p.taken[SlugKey(free)] {
			return free
		}
	}
}

// checkOutcome holds the library as it would be against its limits.
func checkOutcome(existing []OrganizationMode, p ImportPlan) error {
	after := make(map[string]Mode, len(existing))
	for _, m := range existing {
		after[SlugKey(m.Slug)] = m.Mode
	}
	for _, m := range p.Wanted() {
		after[SlugKey(m.Slug)] = m
	}
	total := 0
	for _, m := range after {
		total += m.Size()
	}
	return CheckLibrary(len(after), total)
}
