package modes

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"orgmodes/internal/fault"
	"orgmodes/internal/humanize"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/suggest"
)

// GroupNames returns the tool groups that editors know.
func GroupNames() []string { return []string{"read", "edit", "browser", "command", "mcp", "modes"} }

var (
	slugPattern = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
	// placeholder matches a text that consists of one template placeholder.
	placeholder = regexp.MustCompile(`^\s*(\{\{[^{}]*\}\}|\$\{[^{}]*\}|<%[^%]*%>)\s*$`)
)

// Validate returns nil, or a *fault.Error (Invalid, "invalid_mode") that lists each problem.
// Pointers refer to the API's format of a mode: "/slug", "/config/groups/1/1/fileRegex". m must
// be normalized.
func (m Mode) Validate() error {
	if problems, more := m.problems(); len(problems) > 0 {
		return invalidMode(problems, more)
	}
	return nil
}

// validator collects problems, in the order in which a mode is written.
type validator struct {
	fields []fault.Field
	// more counts the problems beyond maxCollected.
	more int
}

func (v *validator) add(pointer, format string, args ...any) {
	if len(v.fields) >= maxCollected {
		v.more++
		return
	}
	v.fields = append(v.fields, fault.Field{Pointer: pointer, Detail: fmt.Sprintf(format, args...)})
}

func (v *validator) addAt(at *jsonast.Path, format string, args ...any) {
	if len(v.fields) >= maxCollected {
		v.more++
		return
	}
	v.add(at.String(), format, args...)
}

func (m Mode) problems() (found []fault.Field, more int) {
	var v validator
	v.slug(m.Slug)
	v.name(m.Name)
	c := m.Config
	v.text("/config/roleDefinition", c.RoleDefinition)
	if strings.TrimSpace(c.RoleDefinition) == "" {
		v.add("/config/roleDefinition", "Role definition is required")
	}
	v.text("/config/whenToUse", c.WhenToUse)
	v.text("/config/description", c.Description)
	v.groups(c.Groups)
	v.text("/config/customInstructions", c.CustomInstructions)
	v.text("/config/permissionTemplate", c.PermissionTemplate)
	v.extra("/config", c.Extra, "slug", "name", "source", "roleDefinition", "whenToUse", "description", "groups", "customInstructions", "permissionTemplate")
	v.rulesFiles(c.Extra["rulesFiles"])
	if size := m.Size(); size > MaxModeBytes {
		v.add("", "this mode is %s; a mode can have at most %s. Shorten its instructions, or split it in two",
			humanize.Bytes(size), humanize.Bytes(MaxModeBytes))
	}
	return v.fields, v.more
}

func (v *validator) slug(slug string) {
	switch {
	case slug == "":
		v.add("/slug", "Mode slug is required")
	case placeholder.MatchString(slug):
		v.add("/slug", "%s is a template placeholder; replace it with a value", slug)
	case !slugPattern.MatchString(slug):
		v.add("/slug", "Mode slug must contain only letters, numbers, and hyphens")
	case len(slug) > MaxSlugLength:
		v.add("/slug", "Mode slug can have at most %d characters; this one has %d", MaxSlugLength, len(slug))
	}
}

func (v *validator) name(name string) {
	length := utf8.RuneCountInString(strings.TrimSpace(name))
	problem := jsonast.TextProblem(name)
	switch {
	case length == 0:
		v.add("/name", "Mode name is required")
	case problem != "":
		v.add("/name", "%s", problem)
	case placeholder.MatchString(name):
		v.add("/name", "%s is a template placeholder; replace it with a value", strings.TrimSpace(name))
	case strings.ContainsFunc(name, humanize.IsControl):
		v.add("/name", "Mode name must be a single line, without tabs or other control characters")
	case length > MaxNameLength:
		v.add("/name", "Mode name can have at most %d characters; this one has %d", MaxNameLength, length)
	}
}

func (v *validator) text(pointer, s string) {
	if problem := jsonast.TextProblem(s); problem != "" {
		v.add(pointer, "%s", problem)
	}
}

func (v *validator) groups(groups []Group) {
	if groups == nil {
		v.add("/config/groups", "groups is required: list what the mode may use, such as [read, edit], or write [] for no tools")
	}
	first := map[string]int{}
	for i, g := range groups {
		at := fmt.Sprintf("/config/groups/%d", i)
		name := at
		if g.Restriction != nil {
			name += "/0"
		}
		if !slices.Contains(GroupNames(), g.Name) {
			v.add(name, "unknown group %s; the groups are %s", strconv.Quote(g.Name), strings.Join(suggest.Ranked(g.Name, GroupNames()), ", "))
		} else if n, ok := first[g.Name]; ok {
			v.add(name, "the group %s appears twice (already at position %d); keep one", g.Name, n+1)
		} else {
			first[g.Name] = i
		}
		v.restriction(at+"/1", g.Restriction)
	}
}

func (v *validator) restriction(at string, r *Restriction) {
	if r == nil {
		return
	}
	v.text(at+"/description", r.Description)
	v.extra(at, r.Extra, "fileRegex", "description")
	if problem := jsonast.TextProblem(r.FileRegex); problem != "" {
		v.add(at+"/fileRegex", "%s", problem)
		return
	}
	if err := CheckFileRegex(r.FileRegex); err != nil {
		v.add(at+"/fileRegex", "editors can't use this regular expression: %s", err)
	}
}

// extra checks unknown fields; reserved are names that are known fields elsewhere.
func (v *validator) extra(pointer string, extra map[string]any, reserved ...string) {
	parent := jsonast.NewPath(pointer)
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		at := parent.Field(name)
		if slices.Contains(reserved, name) {
			v.addAt(&at, "%s can't be an additional field: it is one of the mode's standard fields", name)
			continue
		}
		v.field(&at, name, extra[name], 2)
	}
}

// field checks a field of an unknown object, and the values below it.
func (v *validator) field(at *jsonast.Path, name string, value any, depth int) {
	v.fieldName(at, name)
	v.value(at, value, depth)
}

func (v *validator) fieldName(at *jsonast.Path, name string) {
	length := utf8.RuneCountInString(name)
	if problem := jsonast.TextProblem(name); problem != "" {
		v.addAt(at, "in the name of this field: %s", problem)
	} else if length > MaxFieldNameLength {
		v.addAt(at, "the name of a field can have at most %d characters; this one has %d", MaxFieldNameLength, length)
	} else if name == "__proto__" {
		v.addAt(at, "__proto__ can't be the name of a field: it has a special meaning in JavaScript")
	}
}

// value checks a value of an unknown field.
func (v *validator) value(at *jsonast.Path, value any, depth int) {
	if depth > MaxDepth {
		v.addAt(at, "nested deeper than %d levels", MaxDepth)
		return
	}
	switch value := value.(type) {
	case nil, bool:
	case string:
		if problem := jsonast.TextProblem(value); problem != "" {
			v.addAt(at, "%s", problem)
		}
	case json.Number:
		if n, ok := jsonast.CanonicalNumber(value.String()); !ok || n != value {
			v.addAt(at, "%s", jsonast.InexactNumber(value.String()))
		}
	case []any:
		for i, item := range value {
			child := at.Item(i)
			v.value(&child, item, depth+1)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			child := at.Field(name)
			v.field(&child, name, value[name], depth+1)
		}
	default:
		v.addAt(at, "this value can't be represented in JSON")
	}
}

// rulesFiles checks the rules files that an export includes. Editors write them below a
// dedicated folder, so no path is allowed to lead out of it. Unknown shapes are ignored.
func (v *validator) rulesFiles(value any) {
	files, _ := value.([]any)
	for i, f := range files {
		file, _ := f.(map[string]any)
		path, _ := file["relativePath"].(string)
		steps := strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '\\' })
		absolute := strings.HasPrefix(path, "/") || strings.HasPrefix(path, `\`) || len(path) > 1 && path[1] == ':'
		if absolute || slices.Contains(steps, "..") {
			v.add(fmt.Sprintf("/config/rulesFiles/%d/relativePath", i), "the path %s leads out of the folder of rules; it must be relative, without ..", strconv.Quote(path))
		}
	}
}
