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

// Mode configures an editor for a kind of work: the model's role, the tools and files that it
// can use, and how it should behave.
type Mode struct {
	// Slug identifies the mode within an organization, ignoring case.
	Slug string
	// Name is the display name.
	Name   string
	Config Config
}

// Config holds the remaining fields of a mode; it is stored as jsonb.
type Config struct {
	RoleDefinition     string
	WhenToUse          string
	Description        string
	CustomInstructions string
	// PermissionTemplate is the name of the permission template for agents of this mode, if
	// any. It is one of the organization's.
	PermissionTemplate string
	// Groups are the tool groups that the mode is allowed to use. Nil means that the field was
	// absent, which is invalid. Empty means no tools, which is valid.
	Groups []Group
	// Extra holds unknown fields as JSON values (nil, bool, string, json.Number, []any,
	// map[string]any), so that new fields of editors work without a new release.
	Extra map[string]any
}

// Group is a set of tools, optionally restricted to some files.
type Group struct {
	Name        string
	Restriction *Restriction
}

// Restriction narrows a group. In a file it is the second element of a pair.
type Restriction struct {
	// FileRegex is an ECMAScript regular expression for paths.
	FileRegex string
	// Description explains in words which files FileRegex matches.
	Description string
	// Extra holds unknown options as JSON values.
	Extra map[string]any
}

// OrganizationMode is a mode that is stored in an organization.
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
	// Position is the mode's position in the order that an admin chose.
	Position int
	// PermissionTemplateID is the ID of Config.PermissionTemplate, zero for none. The reference
	// is by ID, so that a template can be renamed.
	PermissionTemplateID uuid.UUID
}

// Equal reports whether m and o have the same content. Numbers in Extra must be in canonical
// form, as decoding and Normalized leave them.
func (m Mode) Equal(o Mode) bool {
	if m.Slug != o.Slug || m.Name != o.Name || (m.Config.Groups == nil) != (o.Config.Groups == nil) {
		return false
	}
	a, errA := m.Config.MarshalJSON()
	b, errB := o.Config.MarshalJSON()
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// Size returns the size that counts towards MaxModeBytes: the bytes of slug, name and
// configuration as JSON in the form in which Postgres stores and returns it. Its jsonb has a
// blank after each comma and colon. It has no exponents: 1e300 becomes a one with 300 zeros.
func (m Mode) Size() int {
	config, ok := storedLength(m.Config.fields())
	if !ok {
		return 0 // Validate reports values that can't be encoded
	}
	return len(m.Slug) + len(m.Name) + config
}

// Sort sorts modes in publication order: by position, then by name (ignoring case), then by
// slug.
func Sort(ms []OrganizationMode) {
	SortBy(ms, func(m OrganizationMode) (int, string, string) { return m.Position, m.Name, m.Slug })
}

// SortBy is Sort for other types; keys returns the sort keys of an element.
func SortBy[T any](all []T, keys func(T) (position int, name, slug string)) {
	slices.SortStableFunc(all, func(a, b T) int {
		aPosition, aName, aSlug := keys(a)
		bPosition, bName, bSlug := keys(b)
		return cmp.Or(
			cmp.Compare(aPosition, bPosition),
			cmp.Compare(strings.ToLower(aName), strings.ToLower(bName)),
			cmp.Compare(aName, bName),
			cmp.Compare(aSlug, bSlug),
		)
	})
}

// Merge returns the effective modes. The built-in modes come first, in their order, each
// replaced as a whole by the organization's mode of the same slug, if any. The organization's
// other modes follow in the order given. Slugs are compared ignoring case, as they are unique
// that way within an organization.
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

// SlugKey returns the slug in lower case. Slugs with the same key count as the same.
func SlugKey(slug string) string { return strings.ToLower(slug) }

// MarshalJSON writes the configuration as it is stored and published. roleDefinition and groups
// are always present; optional texts are omitted if empty. Known fields come first, then the
// others by name.
func (c Config) MarshalJSON() ([]byte, error) { return jsonast.Marshal(c.fields()) }

// MarshalJSON writes "read", or ["edit", {"fileRegex": ...}].
func (g Group) MarshalJSON() ([]byte, error) { return jsonast.Marshal(g.value()) }

// UnmarshalJSON decodes the output of MarshalJSON. It checks types, not rules.
func (c *Config) UnmarshalJSON(data []byte) error {
	root, err := parseJSON(data, storedBudget())
	if err != nil {
		return err
	}
	var d decoder
	config := d.config(root)
	if err := d.err(); err != nil {
		return err
	}
	*c = config
	return nil
}

// UnmarshalJSON decodes the output of MarshalJSON. It checks types, not rules.
func (g *Group) UnmarshalJSON(data []byte) error {
	root, err := parseJSON(data, storedBudget())
	if err != nil {
		return err
	}
	var d decoder
	group := d.group(root, "")
	if err := d.err(); err != nil {
		return err
	}
	*g = group
	return nil
}

// fields returns the configuration in the order in which it is written.
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

// value returns the group as a JSON value.
func (g Group) value() any {
	if g.Restriction == nil {
		return g.Name
	}
	m := jsonast.Map{}.WithText("fileRegex", g.Restriction.FileRegex).WithText("description", g.Restriction.Description)
	return []any{g.Name, m.With(g.Restriction.Extra)}
}

// file returns the mode in the file format, with everything on one level.
func (m Mode) file() jsonast.Map {
	return append(jsonast.Map{{Name: "slug", Value: m.Slug}, {Name: "name", Value: m.Name}}, m.Config.fields()...)
}
