package imports

import (
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"orgmodes/internal/diff"
	"orgmodes/internal/resource"
)

// NewPlan plans the import of entries into a library with the existing objects of the kind.
// An entry with the id of an existing object stands for that object, whatever its name. One
// with the name of another object is in conflict with it, unless they are equal. Names are
// compared with the current ones of the library, even if an update frees one, so the plan
// is correct in whatever order it is applied.
func NewPlan(kind Kind, existing []resource.Object, entries []Entry, policy ConflictPolicy) Plan {
	p := planner{
		kind: kind, policy: policy, byName: map[string]*resource.Object{}, byID: map[uuid.UUID]*resource.Object{},
		taken: map[string]bool{}, selected: map[string]bool{}, assigned: map[string]int{}, items: make([]Item, 0, len(entries)),
	}
	for i := range existing {
		o := &existing[i]
		key := kind.NameKey(o.Spec.ObjectName())
		p.byName[key], p.byID[o.ID], p.taken[key] = o, o, true
	}
	// The names in the files are taken too, so that no entry gets the name of a later one.
	for _, e := range entries {
		p.taken[kind.NameKey(e.Spec.ObjectName())] = true
	}
	for _, e := range entries {
		p.items = append(p.items, p.planEntry(e))
	}
	return Plan{Items: p.items, LimitError: p.checkLimits(existing)}
}

type planner struct {
	kind   Kind
	policy ConflictPolicy
	byName map[string]*resource.Object
	byID   map[uuid.UUID]*resource.Object
	// taken holds the keys of the names that are not free.
	taken map[string]bool
	// selected holds the name keys of the valid, selected entries so far.
	selected map[string]bool
	// assigned maps a name or an id to the index of the item that has it; see nameKey and
	// idKey.
	assigned map[string]int
	items    []Item
}

func (p *planner) nameKey(name string) string { return "name " + p.kind.NameKey(name) }
func idKey(id uuid.UUID) string               { return "id " + id.String() }

func (p *planner) planEntry(e Entry) Item {
	name := p.kind.NameKey(e.Spec.ObjectName())
	target, named := p.byID[e.ID], p.byName[name]
	item := Item{
		Entry: e, Selected: p.policy.selects(e, p.kind.NameKey), Existing: target,
		Object: resource.Object{Kind: p.kind.Names().Singular, Spec: e.Spec, Meta: resource.Meta{ID: e.ID, CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt}},
	}
	if target == nil {
		item.Existing = named
	}
	item.Notices = slices.Clip(item.Notices)
	own := len(e.Problems)
	if e.ConflictIsProblem {
		own--
	}
	switch {
	case own > 0:
		item.Action = resource.ActionInvalid
		return item
	case !item.Selected:
		item.Action = resource.ActionSkip
		return item
	case e.ConflictIsProblem && (p.selected[name] || len(p.policy.Indexes) == 0):
		item.Action = resource.ActionConflict
		return item
	}
	item.Problems = nil // the conflicting entry, if any, was not selected
	p.selected[name] = true
	if target == nil && named != nil && len(p.diff(named, e.Spec)) == 0 {
		// An equal object, such as one from another organization or a copy of this one, is no
		// conflict.
		target = named
		if e.ID != uuid.Nil {
			item.addNotices(p.idNotice("the organization has an identical %s under another id, which is kept"))
		}
	}
	if c := p.findConflict(item, target); c != nil {
		p.resolve(&item, target, c)
	} else {
		p.assign(&item, target)
	}
	return item
}

func (p *planner) diff(before *resource.Object, after resource.Spec) []diff.Change {
	return p.kind.Diff(before.Spec, after)
}

// none is the index of no item.
const none = -1

// conflict describes what an entry conflicts with.
type conflict struct {
	// item is the index of the earlier item that it conflicts with, or none.
	item int
	// existing is the object that Replace would replace; nil if that is not stored yet.
	existing *resource.Object
	reason   string
}

// findConflict returns what prevents the item from becoming target, or nil. A nil target
// means a new object.
func (p *planner) findConflict(item Item, target *resource.Object) *conflict {
	names := p.kind.Names()
	name := item.Spec.ObjectName()
	keys := []string{p.nameKey(name)}
	reasons := []string{"has the same " + names.NameField}
	if item.ID != uuid.Nil {
		keys, reasons = append(keys, idKey(item.ID)), append(reasons, "has the same "+names.Singular+"_id")
	}
	if target != nil && target.ID != item.ID {
		keys, reasons = append(keys, idKey(target.ID)), append(reasons, fmt.Sprintf("changes '%s', as this one does", target.Spec.ObjectName()))
	}
	for i, key := range keys {
		if j, ok := p.assigned[key]; ok {
			other := p.items[j]
			return &conflict{j, other.target(), fmt.Sprintf("%s %d of the files%s %s", names.Singular, j, locationSuffix(other), reasons[i])}
		}
	}
	if named := p.byName[p.kind.NameKey(name)]; named != nil && named != target {
		return &conflict{none, named, fmt.Sprintf("the organization has a %s '%s' with another id", names.Singular, named.Spec.ObjectName())}
	}
	return nil
}

// locationSuffix returns the item's place in the files, in parentheses.
func locationSuffix(i Item) string {
	if i.File == "" {
		return fmt.Sprintf(" (line %d)", i.Line)
	}
	return fmt.Sprintf(" (%s, line %d)", i.File, i.Line)
}

// resolve applies the policy to an item in conflict.
func (p *planner) resolve(item *Item, target *resource.Object, c *conflict) {
	item.Reason, item.Existing = c.reason, c.existing
	item.FreeName = item.Spec.ObjectName() // stays if only the id is taken
	if _, ok := p.assigned[p.nameKey(item.FreeName)]; ok || p.byName[p.kind.NameKey(item.FreeName)] != nil {
		item.FreeName = p.freeName(item.FreeName)
	}
	if c.existing != nil {
		item.Changes = p.diff(c.existing, item.Spec)
	}
	item.Action = resource.ActionConflict
	switch p.policy.decide(item.Entry, p.kind.NameKey) {
	case Undecided:
	case Skip:
		item.Action = resource.ActionSkip
	case Replace:
		p.replace(item, c)
	case KeepBoth:
		p.keepBoth(item, target)
	}
}

// freeName returns the first numbered variant of name that is not taken.
func (p *planner) freeName(name string) string {
	for n := 2; ; n++ {
		free := p.kind.NumberedName(name, n)
		if !p.taken[p.kind.NameKey(free)] {
			return free
		}
	}
}

// replace lets the item take the place of what it conflicts with. The conflict remains if
// another item has taken that place already.
func (p *planner) replace(item *Item, c *conflict) {
	free := func(key string) bool {
		i, ok := p.assigned[key]
		return !ok || i == c.item
	}
	name := item.Spec.ObjectName()
	named := p.byName[p.kind.NameKey(name)]
	if !free(p.nameKey(name)) || named != nil && named != c.existing || c.existing != nil && !free(idKey(c.existing.ID)) {
		item.Reason += fmt.Sprintf("; it can't be replaced, as another %s has taken its place", p.kind.Names().Singular)
		return
	}
	if c.item != none {
		loser := &p.items[c.item]
		item.Object.ID = loser.Object.ID
		loser.Action, loser.Existing, loser.Changes = resource.ActionSkip, c.existing, nil
		loser.addNotices(resource.Notice{Detail: fmt.Sprintf("replaced by %s %d of the files%s", p.kind.Names().Singular, item.Index, locationSuffix(*item))})
		maps.DeleteFunc(p.assigned, func(_ string, i int) bool { return i == c.item })
	}
	p.assign(item, c.existing)
	if item.Action == resource.ActionUpdate {
		item.addNotices(p.kind.ReplaceNotices(item.Spec, item.Existing.Spec)...)
	}
}

// keepBoth stores the item under a free name. It updates the object with the item's id, if
// any, and else creates a new one.
func (p *planner) keepBoth(item *Item, target *resource.Object) {
	if target != nil && target.ID != item.ID {
		target = nil // it was matched by name only
	}
	if _, ok := p.assigned[idKey(item.ID)]; ok {
		target, item.Object.ID = nil, uuid.Nil
	}
	if item.FreeName != item.Spec.ObjectName() {
		var existing resource.Spec
		if item.Existing != nil {
			existing = item.Existing.Spec
		}
		var notices []resource.Notice
		item.Object.Spec, notices = p.kind.KeepBoth(item.Spec, item.FreeName, existing)
		item.addNotices(notices...)
	}
	if target == nil && item.Object.ID != item.ID {
		item.addNotices(p.idNotice("created as a new %s, as the id belongs to another one"))
	}
	p.assign(item, target)
}

// idNotice returns a notice about the id in a file. format takes the singular of the kind.
func (p *planner) idNotice(format string) resource.Notice {
	singular := p.kind.Names().Singular
	return resource.Notice{Pointer: "/" + singular + "_id", Detail: fmt.Sprintf(format, singular)}
}

// assign makes the item an update of target, or a new object if target is nil. It reserves
// the item's name and id against later entries.
func (p *planner) assign(item *Item, target *resource.Object) {
	item.Action, item.Changes = resource.ActionCreate, nil
	if target != nil {
		item.Existing, item.Object.ID, item.Changes = target, target.ID, p.diff(target, item.Object.Spec)
		item.Action = resource.ActionUpdate
		if len(item.Changes) == 0 {
			item.Action = resource.ActionUnchanged
		}
	}
	name := item.Object.Spec.ObjectName()
	p.taken[p.kind.NameKey(name)] = true
	p.assigned[p.nameKey(name)] = len(p.items)
	if item.Object.ID != uuid.Nil {
		p.assigned[idKey(item.Object.ID)] = len(p.items)
	}
}

// checkLimits checks the library as it would be after the import against its limits.
func (p *planner) checkLimits(existing []resource.Object) error {
	count, bytes := len(existing), 0
	for _, o := range existing {
		bytes += o.Spec.Size()
	}
	for _, i := range p.items {
		switch i.Action {
		case resource.ActionCreate:
			count++
			bytes += i.Object.Spec.Size()
		case resource.ActionUpdate:
			bytes += i.Object.Spec.Size() - i.Existing.Spec.Size()
		}
	}
	return p.kind.CheckLibrary(count, bytes)
}
