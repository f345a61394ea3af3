package modes

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/jsonast"
)

// Mode is what an editor knows about a way of working: who the model is, what
// it may touch and how it should behave.
type Mode struct {
	// Slug names the mode within an organization, without regard to case.
	Slug string
	// Name is what people see.
	Name   string
	Config Config
}

// Config is everything else about a mode; it is stored as jsonb.
type Config struct {
	RoleDefinition     string
	WhenToUse          string
	Description        string
	CustomInstructions string
	// PermissionTemplate is the name of the organization's permission template that
	// agents of this mode are given; empty for none.
	PermissionTemplate string
	// Groups are the tools that the mode may use. Nil means that nobody said,
	// which is invalid; empty means none, which is fine.
	Groups []Group
	// Extra holds the fields that we don't know, in JSON shapes (nil, bool,
	// string, json.Number, []any, map[string]any), so that newer editors need
	// no release of ours.
	Extra map[string]any
}

// Group is a set of tools, perhaps restricted to some files.
type Group struct {
	Name        string
	Restriction *Restriction
}

// Restriction narrows a group: in a file it is the second element of a pair.
type Restriction struct {
	// FileRegex is an ECMAScript regular expression on paths.
	FileRegex string
	// Description says in words what FileRegex allows.
	Description string
	// Extra holds unknown options, in JSON shapes.
	Extra map[string]any
}

// OrganizationMode is a mode as an organization keeps it.
type OrganizationMode struct {
	ID             uuid.UUID
	OrganizationID uuid.UUID
	Mode
	CreatedBy string
	UpdatedBy string
	CreatedAt time.Time
	UpdatedAt time.Time
	// Version counts the changes of this mode, from 1.
	Version int64
	// Position is the place that an admin gave it among its siblings.
	Position int
	// PermissionTemplateID is that of Config.PermissionTemplate, zero for none: the
	// reference itself, so that a template can be renamed.
	PermissionTemplateID uuid.UUID
}

// Equal reports whether both say the same. Where Extra holds numbers they must
// be in canonical form, as every way in leaves them.
func (m Mode) Equal(o Mode) bool {
	if m.Slug != o.Slug || m.Name != o.Name || (m.Config.Groups == nil) != (o.Config.Groups == nil) {
		return false
	}
	a, errA := m.Config.MarshalJSON()
	b, errB := o.Config.MarshalJSON()
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// Size is what the mode weighs against MaxModeBytes: the bytes of its slug, name and
// configuration in JSON as Postgres stores it and gives it back. Its jsonb has a blank
// behind each comma and colon, and knows no exponents: 1e300 is a one with 300 zeros
// there.
func (m Mode) Size() int {
	config, ok := storedLength(m.Config.fields())
	if !ok {
		return 0 // Validate says what can't be written
	}
	return len(m.Slug) + len(m.Name) + config
}

// Sort puts modes in the order in which they are published: by position, then
// by name (capitals make no difference), then by slug.
func Sort(ms []OrganizationMode) {
	SortBy(ms, func(m OrganizationMode) (int, string, string) { return m.Position, m.Name, m.Slug })
}

// SortBy is Sort for what stands for modes; of returns what the order is made by.
func SortBy[T any](all []T, of func(T) (position int, name, slug string)) {
	slices.SortStableFunc(all, func(a, b T) int {
		aPosition, aName, aSlug := of(a)
		bPosition, bName, bSlug := of(b)
		return cmp.Or(
			cmp.Compare(aPosition, bPosition),
			cmp.Compare(strings.ToLower(aName), strings.ToLower(bName)),
			cmp.Compare(aName, bName),
			cmp.Compare(aSlug, bSlug),
		)
	})
}

// Merge is the effective view: the built-in modes in their order, each replaced
// whole by the organization's mode of the same slug, then the organization's
// others in the order given. Slugs are compared without regard to case, as they
// are unique that way within an organization.
func Merge(builtin, own []Mode) []Mode {
	overrides := make(map[string]int, len(own))
	for i, m := range own {
		overrides[SlugKey(m.Slug)] = i
	}
	merged := make([]Mode, 0, len(builtin)+len(own))
	used := make(map[int]bool, len(builtin))
	for _, b := range builtin {
		i, ok := overrides[SlugKey(b.Slug)]
		if !ok {
			merged = append(merged, b)
			continue
		}
		merged = append(merged, own[i])
		used[i] = true
	}
	for i, m := range own {
		if !used[i] {
			merged = append(merged, m)
		}
	}
	return merged
}

// SlugKey is what two slugs share when they are the same to us: the slug
// without its capitals.
func SlugKey(slug string) string { return strings.ToLower(slug) }

// MarshalJSON writes the configuration as it is stored and published:
// roleDefinition and groups always, optional texts only where there is one,
// known fields first and then the others by name.
func (c Config) MarshalJSON() ([]byte, error) { return jsonast.Marshal(c.fields()) }

// MarshalJSON writes "read", or ["edit", {"fileRegex": ...}].
func (g Group) MarshalJSON() ([]byte, error) { return jsonast.Marshal(g.value()) }

// UnmarshalJSON reads what MarshalJSON writes. It checks types, not rules.
func (c *Config) UnmarshalJSON(data []byte) error {
	root, err := parseJSON(data, storedBudget())
	if err != nil {
		return err
	}
	var d decoder
	config := d.config(root)
	if err := d.failure(); err != nil {
		return err
	}
	*c = config
	return nil
}

// UnmarshalJSON reads what MarshalJSON writes. It checks types, not rules.
func (g *Group) UnmarshalJSON(data []byte) error {
	root, err := parseJSON(data, storedBudget())
	if err != nil {
		return err
	}
	var d decoder
	group := d.group(root, "")
	if err := d.failure(); err != nil {
		return err
	}
	*g = group
	return nil
}

// fields lists the configuration in the order in which it is written.
func (c Config) fields() jsonast.Map {
	groups := make([]any, len(c.Groups))
	for i, g := range c.Groups {
		groups[i] = g.value()
	}
	m := jsonast.Map{{Name: "roleDefinition", Value: c.RoleDefinition}}
	m = m.WithText("whenToUse", c.WhenToUse).WithText("description", c.Description)
	m = append(m, jsonast.Pair{Name: "groups", Value: groups})
	m = m.WithText("customInstructions", c.CustomInstructions).WithText("permissionTemplate", c.PermissionTemplate)
	return m.With(c.Extra)
}

// value is the group in JSON shapes.
func (g Group) value() any {
	if g.Restriction == nil {
		return g.Name
	}
	m := jsonast.Map{}.WithText("fileRegex", g.Restriction.FileRegex).WithText("description", g.Restriction.Description)
	return []any{g.Name, m.With(g.Restriction.Extra)}
}

// file lists a mode as files have it: everything on one level.
func (m Mode) file() jsonast.Map {
	return append(jsonast.Map{{Name: "slug", Value: m.Slug}, {Name: "name", Value: m.Name}}, m.Config.fields()...)
}
