package modes

import (
	"context"
	"fmt"
	"strings"

	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/resource"
	"orgmodes/internal/upload"
)

// Entry is the verdict on one mode of a file.
type Entry struct {
	// Mode is what could be read, normalized; use it only where there are no
	// Problems.
	Mode Mode
	// FileEntry has the pointers of Validate. The last of its Problems is its Conflict.
	resource.FileEntry

	node *jsonast.Node
	// content is set where positions are those within a text of the file.
	content *jsonast.Node
	inAPI   bool
}

// File is what a file of modes holds.
type File struct {
	Entries []Entry
	// Notices concern the file as a whole.
	Notices []resource.Notice
	// Format is FormatYAML or FormatJSON: what it was read as.
	Format string
	// Form is the shape in which it has its modes.
	Form Form
}

// The formats of a file. FormatMarketplace is one to write: what it is written
// in is YAML.
const (
	FormatYAML        = "yaml"
	FormatJSON        = "json"
	FormatMarketplace = "marketplace"
)

// Modes returns the modes without problems, in the order of the file.
func (f File) Modes() []Mode {
	var ms []Mode
	for _, e := range f.Entries {
		if len(e.Problems) == 0 {
			ms = append(ms, e.Mode)
		}
	}
	return ms
}

// Position is where in the text to look for a pointer in the API's form of the
// mode, or for what is closest around it.
func (e Entry) Position(pointer string) (line, column int) {
	if e.node == nil || e.content != nil {
		return e.Line, e.Column
	}
	if !e.inAPI {
		pointer = strings.TrimPrefix(pointer, "/config")
	}
	return e.node.Position(pointer)
}

// ReadFile reads a file of modes in YAML or JSON, in any of the forms. One bad
// mode never spoils the others; the error is a *fault.Error (Malformed, Invalid,
// TooLarge) where the file as a whole can't be used, or that of a context that is done.
func ReadFile(ctx context.Context, data []byte) (File, error) {
	if err := upload.CheckUpload(data); err != nil {
		return File{}, err
	}
	f, err := readFile(data, newBudget(ctx))
	if err != nil {
		return File{}, err
	}
	judgeTogether(f.Entries)
	if err := CheckTotals(f.Modes()); err != nil {
		return File{}, err
	}
	return f, nil
}

// readFile judges each mode for itself.
func readFile(data []byte, b *jsonast.Budget) (File, error) {
	data = jsonast.TrimBOM(data)
	root, format, notices, err := parseAny(data, b)
	if err != nil {
		return File{}, err
	}
	r := fileReader{data: data, budget: b, saidOf: map[string]bool{}, notices: notices}
	found, form, err := r.modesOf(root)
	if err != nil {
		return File{}, err
	}
	entries := make([]Entry, len(found))
	for i, p := range found {
		if err := b.CheckTime(); err != nil {
			return File{}, err
		}
		entries[i] = readEntry(p, i)
	}
	return File{Entries: entries, Notices: r.notices, Format: format, Form: form}, nil
}

// readEntry judges one mode.
func readEntry(p placed, index int) Entry {
	n := p.node
	e := Entry{node: n, content: p.content}
	e.Place = resource.Place{Index: index, Pointer: p.pointer, Line: n.Line, Column: n.Column}
	var d decoder
	switch {
	case p.problem != nil:
		d.problems = []fault.Field{*p.problem}
	case n.Get("roleDefinition") == nil && n.Get("config") != nil && n.Get("config").Kind == jsonast.Object:
		// What our own API gives, and what readers publish.
		e.inAPI = true
		e.Mode = d.apiMode(n)
	default:
		e.Mode = d.flatMode(n)
	}
	e.Problems, e.Notices = d.problems, d.notices
	if p.content != nil {
		e.sayWhereWithin(p.content)
	}
	return e
}

// sayWhereWithin makes positions within a text those of the text, and says the
// others in words.
func (e *Entry) sayWhereWithin(content *jsonast.Node) {
	within := func(line int) string {
		if line == 0 {
			return ""
		}
		return fmt.Sprintf(" (on line %d of the content)", line)
	}
	for i, p := range e.Problems {
		p.Detail += within(p.Line)
		p.Line, p.Column = content.Line, content.Column
		e.Problems[i] = p
	}
	for i, n := range e.Notices {
		n.Detail += within(n.Line)
		n.Line, n.Column = content.Line, content.Column
		e.Notices[i] = n
	}
	e.Line, e.Column = content.Line, content.Column
}

// judgeTogether finds slugs that are there twice: the first one stays.
func judgeTogether(entries []Entry) {
	first := map[string]int{}
	for i := range entries {
		e := &entries[i]
		if e.Mode.Slug == "" {
			continue
		}
		key := SlugKey(e.Mode.Slug)
		j, ok := first[key]
		if !ok {
			first[key] = i
			continue
		}
		before := entries[j]
		e.Conflict = &resource.Conflict{Index: j, File: before.File, Line: before.Line}
		where := fmt.Sprintf("on line %d", before.Line)
		if before.File != e.File {
			where += " of " + before.File
		}
		line, column := e.Position("/slug")
		e.Problems = append(e.Problems, fault.Field{
			Pointer: "/slug",
			Detail:  fmt.Sprintf("the slug %q is already used by the mode %s", e.Mode.Slug, where),
			Line:    line, Column: column,
		})
	}
}

// parseAny reads JSON as JSON, and everything else as YAML. What looks like JSON
// and isn't may still be YAML's own notation with braces; where it is neither,
// what the JSON lacks is the more telling complaint.
//
// A comma before a closing bracket is taken with a notice: YAML has it, so that
// editors, who read both with a YAML parser, take such files. A comment of
// JavaScript's is refused even where YAML would read something else into it, the
// beginning of a field's name for one.
func parseAny(data []byte, b *jsonast.Budget) (root *jsonast.Node, format string, notices []resource.Notice, err error) {
	data = jsonast.TrimBOM(data)
	if !jsonast.LooksLikeJSON(data) {
		root, err = parseYAML(data, b, nil)
		return root, FormatYAML, nil, err
	}
	if err := jsonast.CheckText("This file", data); err != nil {
		return nil, "", nil, err
	}
	before := *b
	j := jsonast.JSON{Budget: b, OrYAML: true, Lenient: true}
	root, err = j.Parse(data)
	if err == nil || j.Commented || !notJSON(err) {
		return root, FormatJSON, commaNotices(j), err
	}
	*b = before
	if root, yamlErr := parseYAML(data, b, nil); yamlErr == nil {
		return root, FormatYAML, nil, nil
	}
	if timeErr := b.CheckTime(); timeErr != nil {
		return nil, "", nil, timeErr
	}
	return nil, "", nil, err
}

// parseJSON reads what may be nothing but JSON.
func parseJSON(data []byte, b *jsonast.Budget) (*jsonast.Node, error) {
	if err := jsonast.CheckText(b.What, jsonast.TrimBOM(data)); err != nil {
		return nil, err
	}
	return (&jsonast.JSON{Budget: b, OrYAML: true}).Parse(data)
}

// notJSON reports whether err means that a text is not JSON at all, rather than
// JSON that we don't take.
func notJSON(err error) bool {
	e, ok := fault.As(err)
	return ok && e.Code == "malformed_json"
}

// commaNotices says once, and how often, what was passed over.
func commaNotices(j jsonast.JSON) []resource.Notice {
	if j.Commas == 0 {
		return nil
	}
	n := resource.Notice{
		Detail: j.FirstComma.String() + ": editors pass over it, and so do we, but other programs refuse such a file; remove it, or save the file as YAML",
		Line:   j.FirstComma.Line, Column: j.FirstComma.Column,
	}
	if j.Commas > 1 {
		n.Detail += fmt.Sprintf(" (there are %d of them)", j.Commas)
	}
	return []resource.Notice{n}
}
