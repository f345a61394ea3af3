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

// Entry is the result for one mode of a file.
type Entry struct {
	// Mode is the decoded mode, normalized. Use it only if there are no Problems.
	Mode Mode
	// FileEntry has pointers as in Validate. If there is a Conflict, it is also the last of the
	// Problems.
	resource.FileEntry

	node *jsonast.Node
	// content is set if positions are relative to a text within the file.
	content     *jsonast.Node
	inAPIFormat bool
}

// File is the content of a modes file.
type File struct {
	Entries []Entry
	// Notices concern the file as a whole.
	Notices []resource.Notice
	// Format is the format of the file: FormatYAML or FormatJSON.
	Format string
	// Form is the form of the file.
	Form Form
}

// The formats of a file. FormatMarketplace is for writing only; such files are YAML.
const (
	FormatYAML        = "yaml"
	FormatJSON        = "json"
	FormatMarketplace = "marketplace"
)

// Modes returns the modes without problems, in file order.
func (f File) Modes() []Mode {
	var ms []Mode
	for _, e := range f.Entries {
		if len(e.Problems) == 0 {
			ms = append(ms, e.Mode)
		}
	}
	return ms
}

// Position returns the text position for a pointer in the API's format of the mode, or of its
// closest ancestor that exists.
func (e Entry) Position(pointer string) (line, column int) {
	if e.node == nil || e.content != nil {
		return e.Line, e.Column
	}
	if !e.inAPIFormat {
		pointer = strings.TrimPrefix(pointer, "/config")
	}
	return e.node.Position(pointer)
}

// ReadFile reads a modes file in YAML or JSON, in any form. An invalid mode doesn't affect the
// others. The error is a *fault.Error (Malformed, Invalid, TooLarge) if the file as a whole
// can't be used, or the error of ctx.
func ReadFile(ctx context.Context, data []byte) (File, error) {
	if err := upload.CheckSize(data); err != nil {
		return File{}, err
	}
	f, err := readFile(data, newBudget(ctx))
	if err != nil {
		return File{}, err
	}
	markDuplicates(f.Entries)
	if err := CheckTotals(f.Modes()); err != nil {
		return File{}, err
	}
	return f, nil
}

// readFile decodes and validates each mode separately.
func readFile(data []byte, b *jsonast.Budget) (File, error) {
	data = jsonast.TrimBOM(data)
	root, format, notices, err := parseAny(data, b)
	if err != nil {
		return File{}, err
	}
	r := fileReader{data: data, budget: b, noticed: map[string]bool{}, notices: notices}
	found, form, err := r.findModes(root)
	if err != nil {
		return File{}, err
	}
	entries := make([]Entry, len(found))
	for i, p := range found {
		if err := b.CheckContext(); err != nil {
			return File{}, err
		}
		entries[i] = readEntry(p, i)
	}
	return File{Entries: entries, Notices: r.notices, Format: format, Form: form}, nil
}

// readEntry decodes and validates one mode.
func readEntry(p located, index int) Entry {
	n := p.node
	e := Entry{node: n, content: p.content}
	e.Location = resource.Location{Index: index, Pointer: p.pointer, Line: n.Line, Column: n.Column}
	var d decoder
	switch {
	case p.problem != nil:
		d.problems = []fault.Field{*p.problem}
	case n.Get("roleDefinition") == nil && n.Get("config") != nil && n.Get("config").Kind == jsonast.Object:
		// The format of our own API and of the published documents.
		e.inAPIFormat = true
		e.Mode = d.apiMode(n)
	default:
		e.Mode = d.flatMode(n)
	}
	e.Problems, e.Notices = d.problems, d.notices
	if p.content != nil {
		e.relocate(p.content)
	}
	return e
}

// relocate changes positions within content to the position of content itself. The
// original line goes into the message.
func (e *Entry) relocate(content *jsonast.Node) {
	lineSuffix := func(line int) string {
		if line == 0 {
			return ""
		}
		return fmt.Sprintf(" (on line %d of the content)", line)
	}
	for i, p := range e.Problems {
		p.Detail += lineSuffix(p.Line)
		p.Line, p.Column = content.Line, content.Column
		e.Problems[i] = p
	}
	for i, n := range e.Notices {
		n.Detail += lineSuffix(n.Line)
		n.Line, n.Column = content.Line, content.Column
		e.Notices[i] = n
	}
	e.Line, e.Column = content.Line, content.Column
}

// markDuplicates marks modes whose slug repeats that of an earlier mode.
func markDuplicates(entries []Entry) {
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

// parseAny parses JSON as JSON and everything else as YAML. Text that looks like JSON but isn't
// can still be YAML in flow style. If it is neither, the JSON error is returned, as it is more
// helpful.
//
// A comma before a closing bracket is accepted with a notice. YAML allows it, so editors, which
// read both formats with a YAML parser, accept such files. A JavaScript comment is refused even
// if YAML would read it as something else, such as the beginning of a field name.
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
	j := jsonast.JSON{Budget: b, SuggestYAML: true, Lenient: true}
	root, err = j.Parse(data)
	if err == nil || j.FailedAtComment || !notJSON(err) {
		return root, FormatJSON, commaNotices(j), err
	}
	*b = before
	if root, yamlErr := parseYAML(data, b, nil); yamlErr == nil {
		return root, FormatYAML, nil, nil
	}
	if timeErr := b.CheckContext(); timeErr != nil {
		return nil, "", nil, timeErr
	}
	return nil, "", nil, err
}

// parseJSON parses text that must be JSON.
func parseJSON(data []byte, b *jsonast.Budget) (*jsonast.Node, error) {
	if err := jsonast.CheckText(b.InputName, jsonast.TrimBOM(data)); err != nil {
		return nil, err
	}
	return (&jsonast.JSON{Budget: b, SuggestYAML: true}).Parse(data)
}

// notJSON reports whether err means that a text isn't JSON at all, rather than JSON that is
// refused.
func notJSON(err error) bool {
	e, ok := fault.As(err)
	return ok && e.Code == "malformed_json"
}

// commaNotices returns one notice about ignored trailing commas, with their number.
func commaNotices(j jsonast.JSON) []resource.Notice {
	if j.TrailingCommas == 0 {
		return nil
	}
	n := resource.Notice{
		Detail: j.FirstTrailingComma.String() + ": editors ignore it, and so do we, but other programs reject such a file; remove it, or save the file as YAML",
		Line:   j.FirstTrailingComma.Line, Column: j.FirstTrailingComma.Column,
	}
	if j.TrailingCommas > 1 {
		n.Detail += fmt.Sprintf(" (there are %d of them)", j.TrailingCommas)
	}
	return []resource.Notice{n}
}
